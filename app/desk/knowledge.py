"""Page: search, read and edit articles."""

from __future__ import annotations

import streamlit as st

from app.client import EditedMeanwhileError, ServiceError
from app.desk.drafts import changed
from app.desk.parts import page, service
from app.desk.texts import article_html, label, plain
from app.knowledge_views import ArticleView
from kb.articles import KCS_SECTIONS, Audience, State

_PAGE = 20


def show() -> None:
    """Lay out the page."""
    page("Knowledge", "Search, read and improve articles.")
    try:
        listing, reading = st.columns([2, 3], gap="large")
        with listing:
            _listing()
        with reading:
            chosen = st.session_state.get("article")
            if chosen is None:
                st.info("Choose an article.")
            else:
                _article(service().article(chosen))
    except ServiceError as error:
        st.error(label(str(error), 300))


def _listing() -> None:
    text = st.text_input("Search", placeholder="what the caller would say", max_chars=1000)
    state = st.selectbox("State", list(State), index=None, format_func=_words, placeholder="any state")
    if text.strip():
        found = service().search(text, kind="articles", limit=_PAGE).results
        entries = [
            (entry.id, entry.title, entry.state, entry.excerpt) for entry in found if state in (None, entry.state)
        ]
    else:
        listed = service().articles(limit=200, state=state)
        entries = [(entry.id, entry.title, entry.state, "") for entry in listed.articles]
    st.caption(f"{len(entries)} articles")
    with st.container(height=560, border=False):
        for key, title, entry_state, excerpt in entries:
            if st.button(label(title), key=f"open-{key}", width="stretch"):
                st.session_state["article"] = key
                st.session_state.pop("saved", None)
            st.html(f"<div class='t-note'>{plain(_words(entry_state))} {plain(excerpt[:120])}</div>")


def _article(article: ArticleView) -> None:
    st.html(
        f"<span class='t-head' style='font-size:1.3rem'>{plain(article.title)}</span>"
        f"<div class='t-note'>{plain(article.id)} · {_words(article.state)} · {_words(article.audience)} · "
        f"version {article.version} · {article.updated_at:%d %b %Y}</div>"
    )
    read, edit, history = st.tabs(["Read", "Edit", "History"])
    with read:
        for name in KCS_SECTIONS:
            if getattr(article, name):
                st.html(f"<h4>{name.capitalize()}</h4>{article_html(getattr(article, name))}")
        for section in article.sections:
            st.html(f"<h4>{plain(section.heading)}</h4>{article_html(section.text)}")
    with edit:
        _editor(article)
    with history:
        for entry in reversed(article.history):
            facts = (
                f"version {entry.version}",
                f"{entry.at:%d %b %Y %H:%M}",
                entry.by or "unknown",
                _words(entry.state),
            )
            st.html(f"<div class='t-note'>{plain(' · '.join(facts))}</div>")


def _editor(article: ArticleView) -> None:
    with st.form(f"edit-{article.id}-{article.version}"):
        edited = {"title": st.text_input("Title", article.title, max_chars=500)}
        for name in KCS_SECTIONS:
            edited[name] = st.text_area(name.capitalize(), getattr(article, name), height=100)
        states, audiences = list(State), list(Audience)
        edited["state"] = st.selectbox("State", states, states.index(article.state), format_func=_words)
        edited["audience"] = st.selectbox("Audience", audiences, audiences.index(article.audience), format_func=_words)
        by = st.text_input("Your name")
        if st.form_submit_button("Save", type="primary"):
            _save(article, changed(article.model_dump(), edited), by)
    if st.session_state.pop("saved", None) == article.id:
        st.success("Saved.")


def _save(article: ArticleView, changes: dict[str, object], by: str) -> None:
    if not changes:
        st.info("Nothing was changed.")
        return
    try:
        service().patch_article(article.id, {**changes, "by": by or None}, version=article.version)
    except EditedMeanwhileError:
        st.error("Somebody saved this article meanwhile. Copy your text, open the article again and repeat the change.")
        return
    st.session_state["saved"] = article.id
    st.rerun()


def _words(value: str) -> str:
    return value.replace("_", " ").capitalize()
