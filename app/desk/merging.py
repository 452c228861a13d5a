"""Merging two articles: both are shown, and the person says which one stays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from app.desk.article_text import show_head, show_text
from app.desk.dialogs import show_dialog
from app.desk.language import _, counted
from app.desk.shell import did, refused, service, tried
from app.desk.texts import label
from app.desk.visitor import person
from app.schemas.articles import ArticleView
from kb.records.article import State
from models.errors import TriageError

_FOUND = 6


def offer_merge(article: ArticleView) -> None:
    """Offer to merge an article with another one that the person looks for."""
    if st.button(
        _("Merge…"), key=f"merge-with-{article.id}", help=_("Merge article {id} with another one").format(id=article.id)
    ):
        st.session_state.pop("merge_other", None)
        show_dialog(_("Merge two articles"), partial(_find_other, article), width="large")


def ask_which_stays(one: str, other: str, merge: Callable[[str, str], int | None]) -> None:
    """Show two articles in a dialog and merge them once the person said which one stays.

    `merge` is given the article that stays and the one that goes; it returns how many tickets' links moved, `None`
    where that is not known.
    """
    show_dialog(_("Merge two articles"), partial(_choose, one, other, merge), width="large")


def _find_other(article: ArticleView) -> None:
    text = st.text_input(_("The other article"), article.title, key="merge_text", live="400ms", max_chars=300)
    try:
        found = service().articles(q=text, limit=_FOUND).articles if text.strip() else []
    except TriageError as error:
        refused(error)
        return
    titles = {one.id: one.title for one in found if one.id != article.id and one.state is not State.ARCHIVED}
    if not titles:
        st.caption(_("No other article matches."))
        return
    other = st.radio(
        _("Merge with"), list(titles), format_func=lambda key: label(f"{key} · {titles[key]}", 120), key="merge_other"
    )
    if other:
        _choose(article.id, other, _merge)


def _merge(kept: str, gone: str) -> int:
    return service().merge_article(gone, kept, by=person()).relinked


def _choose(one: str, other: str, merge: Callable[[str, str], int | None]) -> None:
    try:
        articles = [service().article(key) for key in (one, other)]
    except TriageError as error:
        refused(error)
        return
    kept = st.radio(
        _("Which article stays?"),
        [one, other],
        index=None,
        format_func=lambda key: _("Keep {id}").format(id=key),
        horizontal=True,
        key=f"stays-{one}-{other}",
    )
    gone = None if kept is None else (other if kept == one else one)
    if gone is not None:
        told = _("{gone} is archived and leads to {kept}. Its tickets move to {kept}: that cannot be taken back.")
        st.caption(label(told.format(gone=gone, kept=kept), 300))
    words = _("Merge into {id}").format(id=kept) if kept else _("Choose the article that stays")
    if st.button(words, type="primary", disabled=kept is None, key=f"do-merge-{one}-{other}") and kept and gone:
        moved: list[int | None] = []
        if tried(lambda: moved.append(merge(kept, gone))):
            told = _("Merged {gone} into {kept}.").format(gone=gone, kept=kept)
            if moved[0]:
                told += " " + counted(moved[0], "{count} ticket moved along.", "{count} tickets moved along.")
            did(told)
            st.rerun()
    for column, article in zip(st.columns(2, gap="medium"), articles, strict=True):
        with column:
            show_head(article)
            show_text(article)
