"""Page: search articles, and everything about the one that is chosen."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.articles import article_tabs, open_article, words_of
from app.desk.parts import asked, page, person, service
from app.desk.texts import label, plain
from kb.records.article import State
from models.errors import TriageError

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
                article_tabs(service().article(chosen))
    except TriageError as error:
        st.error(label(str(error), 300))


def _listing() -> None:
    text = st.text_input("Search", placeholder="what the caller would say", max_chars=1000)
    state = st.selectbox("State", list(State), index=None, format_func=words_of, placeholder="any state")
    if text.strip():
        found = service().search(text, kind="articles", limit=_PAGE).results
        entries = [
            (entry.id, entry.title, entry.state, entry.excerpt) for entry in found if state in (None, entry.state)
        ]
    else:
        listed = service().articles(limit=200, state=state)
        entries = [(entry.id, entry.title, entry.state, "") for entry in listed.articles]
    st.caption(f"{len(entries)} articles")
    if (
        text.strip()
        and st.button("No article helps", type="tertiary")
        and asked(lambda: service().not_found(text, by=person()))
    ):
        st.success("Noted: that is demand for an article.")
    with st.container(height=560, border=False):
        for key, title, entry_state, excerpt in entries:
            if st.button(label(title), key=f"open-{key}", width="stretch"):
                open_article(key)
                asked(partial(service().opened, key, by=person()))
            st.html(f"<div class='t-note'>{plain(words_of(entry_state))} {plain(excerpt[:120])}</div>")
