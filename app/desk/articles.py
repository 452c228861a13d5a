"""Articles on pages: their text, hints to the writer, flags, and their history with differences."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.drafts import changed
from app.desk.parts import asked, person, service
from app.desk.texts import article_html, label, plain
from app.schemas.articles import ArticleView
from kb.records.article import KCS_SECTIONS, Audience, Governance, State
from kb.records.errors import EditConflictError
from kb.records.flag import Reason
from models.errors import TriageError


def open_article(key: str) -> None:
    """Let the Knowledge page show an article."""
    st.session_state["article"] = key
    st.session_state.pop("saved", None)


def words_of(value: str) -> str:
    """A state, audience or reason as people say it."""
    return value.replace("_", " ").capitalize()


def article_head(article: ArticleView) -> None:
    """Title, id, state, audience and version."""
    facts = (
        article.id,
        words_of(article.state),
        words_of(article.audience),
        f"version {article.version}",
        f"{article.updated_at:%d %b %Y}",
    )
    st.html(
        f"<span class='t-head' style='font-size:1.3rem'>{plain(article.title)}</span>"
        f"<div class='t-note'>{plain(' · '.join(facts))}</div>"
    )


def article_text(article: ArticleView) -> None:
    """An article to read."""
    article_head(article)
    _body(article)


def _body(article: ArticleView) -> None:
    for name in KCS_SECTIONS:
        if getattr(article, name):
            st.html(f"<h4>{name.capitalize()}</h4>{article_html(getattr(article, name))}")
    for section in article.sections:
        st.html(f"<h4>{plain(section.heading)}</h4>{article_html(section.text)}")


def article_tabs(article: ArticleView) -> None:
    """An article to read, mend, flag, and look back on."""
    article_head(article)
    read, edit, coach, flags, history = st.tabs(["Read", "Edit", "Coach", "Flags", "History"])
    with read:
        _body(article)
    with edit:
        _editor(article)
    with coach:
        _coach(article)
    with flags:
        _flags(article)
    with history:
        _history(article)


def _editor(article: ArticleView) -> None:
    with st.form(f"edit-{article.id}-{article.version}"):
        edited = {"title": st.text_input("Title", article.title, max_chars=500)}
        for name in KCS_SECTIONS:
            edited[name] = st.text_area(name.capitalize(), getattr(article, name), height=100)
        for column, name, kind in zip(st.columns(3), _CHOICES, _CHOICES.values(), strict=True):
            values = list(kind)
            chosen = values.index(getattr(article, name))
            edited[name] = column.selectbox(name.capitalize(), values, chosen, format_func=words_of)
        if st.form_submit_button("Save", type="primary"):
            _save(article, changed(article.model_dump(), edited))
    if st.session_state.pop("saved", None) == article.id:
        st.success("Saved.")


_CHOICES: dict[str, type[State] | type[Audience] | type[Governance]] = {
    "state": State,
    "audience": Audience,
    "governance": Governance,
}


def _save(article: ArticleView, changes: dict[str, object]) -> None:
    if not changes:
        st.info("Nothing was changed.")
        return
    try:
        service().patch_article(article.id, {**changes, "by": person()}, version=article.version)
    except EditConflictError:
        st.error("Somebody saved this article meanwhile. Copy your text, open the article again and repeat the change.")
        return
    except TriageError as error:
        st.error(label(str(error), 300))
        return
    st.session_state["saved"] = article.id
    st.rerun()


def _coach(article: ArticleView) -> None:
    found = service().coaching(article.id)
    worth = found.worth
    counts = st.columns(4)
    counts[0].metric("linked", worth.linked)
    counts[1].metric("solved", worth.solved)
    counts[2].metric("opened again", worth.reopened)
    saved = "unknown" if worth.minutes_saved is None else f"{worth.minutes_saved:.0f} min"
    counts[3].metric(
        "less time with it", saved, help=f"compared: {worth.compared[0]} with, {worth.compared[1]} without"
    )
    if not found.hints:
        st.success("Meets the content standard as far as a machine can tell.")
    for hint in found.hints:
        st.html(
            f"<div class='t-card'><b>{plain(words_of(hint.check))}</b>: {plain(hint.part)} {plain(hint.message)}</div>"
        )


def _flags(article: ArticleView) -> None:
    for flag in service().flags(article.id).flags:
        state = f"closed by {flag.closed_by or 'somebody'}" if flag.closed_at else "open"
        st.html(
            f"<div class='t-card'><b>{words_of(flag.reason)}</b> {plain(flag.comment)}"
            f"<div class='t-note'>{plain(flag.by or 'somebody')} · {flag.at:%d %b %Y} · {plain(state)}</div></div>"
        )
        if (
            flag.closed_at is None
            and st.button("Settled", key=f"close-{flag.id}", type="tertiary")
            and asked(partial(service().close_flag, article.id, flag.id, by=person()))
        ):
            st.rerun()
    with st.form(f"flag-{article.id}", clear_on_submit=True):
        reason = st.selectbox("What is wrong", list(Reason), format_func=words_of)
        comment = st.text_input("Comment", max_chars=2000)
        if st.form_submit_button("Flag") and asked(
            partial(service().flag_article, article.id, reason or Reason.OTHER, comment, by=person())
        ):
            st.rerun()


def _history(article: ArticleView) -> None:
    for entry in reversed(article.history):
        facts = (f"version {entry.version}", f"{entry.at:%d %b %Y %H:%M}", entry.by or "unknown", words_of(entry.state))
        told, again = st.columns([4, 1], vertical_alignment="center")
        told.html(f"<div class='t-note'>{plain(' · '.join(facts))}</div>")
        restored = entry.version != article.version and again.button(
            "Restore", key=f"restore-{article.id}-{entry.version}"
        )
        if restored and asked(partial(service().restore_article, article.id, entry.version, by=person())):
            st.rerun()
        if entry.version > 1 and st.toggle("What changed", key=f"diff-{article.id}-{entry.version}"):
            lines = service().difference(article.id, entry.version - 1, entry.version).lines
            st.code("\n".join(lines), language="diff")
