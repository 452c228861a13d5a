"""Page: log a ticket with suggestions beside it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.articles import article_text, open_article
from app.desk.drafts import FormDraft
from app.desk.parts import (
    article_card,
    asked,
    field_card,
    incident_cards,
    options,
    page,
    person,
    service,
    title_of,
    why,
)
from app.desk.texts import label
from app.schemas.suggestions import FieldView, SuggestionView
from kb.records.feedback import ARTICLES, SIMILAR_INCIDENTS
from kb.records.sensitive_data import Secret
from models.errors import TriageError


def show() -> None:
    """Lay out the page."""
    page("New ticket", "Type what the caller says; suggestions follow when you leave a field.")
    draft: FormDraft = st.session_state.setdefault("draft", FormDraft())
    left, right = st.columns([5, 6], gap="large")
    with left:
        draft.short_description = st.text_input("Short description", key=f"short-{draft.number}", max_chars=500)
        draft.description = st.text_area("Description", key=f"text-{draft.number}", height=170, max_chars=100_000)
        draft.caller = st.text_input("Caller", key=f"caller-{draft.number}", max_chars=200)
        _logged()
    if not draft.says_something:
        with right:
            st.info("Suggestions appear here.")
        return
    try:
        suggestion = service().suggest(draft.ticket(), explain=True)
    except TriageError as error:
        st.error(label(str(error), 300))
        return
    with left:
        if suggestion.masked:
            kinds = " and ".join(kind.value.replace("_", " ") for kind in suggestion.masked)
            told = any(isinstance(kind, Secret) for kind in suggestion.masked)
            advice = " Have it changed: it was told." if told else ""
            st.warning(f"What looks like a {kinds} is masked before anything is kept.{advice}")
        _log_button(draft, suggestion)
        _workarounds(draft, suggestion)
    with right:
        for name, field in suggestion.fields.items():
            _field(draft, name, field)
        st.caption(f"answered in {suggestion.took_ms:.0f} ms by model {label(suggestion.model.version)}")
        st.subheader("Similar incidents")
        if not suggestion.similar_incidents:
            st.caption("Nothing like it was resolved before.")
        incident_cards(suggestion.similar_incidents, lambda number: _refuse(draft, SIMILAR_INCIDENTS, number))


def _logged() -> None:
    """The ticket that was logged last, to capture as an article while it is fresh."""
    number = st.session_state.get("logged")
    if number is None:
        return
    st.success(label(f"Logged as {number}"))
    if st.button("Capture as article", key=f"capture-{number}", icon=":material/note_add:"):
        try:
            article = service().capture(number, by=person())
        except TriageError as error:
            st.error(label(str(error), 300))
            return
        del st.session_state["logged"]
        open_article(article.id)
        st.switch_page(st.session_state["pages"]["knowledge"])


def _log_button(draft: FormDraft, suggestion: SuggestionView) -> None:
    if st.button("Log ticket", type="primary", width="stretch") and asked(
        lambda: draft.log(service(), suggestion, by=person())
    ):
        st.session_state["draft"] = FormDraft()
        st.session_state["logged"] = draft.number
        st.rerun()


def _field(draft: FormDraft, name: str, field: FieldView) -> None:
    card, buttons = st.columns([13, 10], vertical_alignment="center")
    with card:
        field_card(name, field, draft.chosen.get(name))
    if name in draft.chosen:
        return
    with buttons, st.container(horizontal=True, gap="small"):  # one above the other where they do not fit side by side
        if field.value is not None and st.button("Accept", key=f"accept-{draft.number}-{name}"):
            _choose(draft, name, field, field.value)
        _correct(draft, name, field)


def _correct(draft: FormDraft, name: str, field: FieldView) -> None:
    with st.popover("Correct, why"):
        value = st.selectbox(
            title_of(name),
            options(field),
            key=f"pick-{draft.number}-{name}",
            index=None,
            accept_new_options=True,
            placeholder="choose or type",
        )
        why(field)
        if st.button("Use it", key=f"use-{draft.number}-{name}", disabled=not value) and value:
            _choose(draft, name, field, value)
        if field.value is not None and st.button(
            label(f"Never {field.value} for such a ticket", 60), key=f"never-{draft.number}-{name}", type="tertiary"
        ):
            _refuse(draft, name, field.value)


def _choose(draft: FormDraft, name: str, field: FieldView, value: str) -> None:
    if asked(lambda: draft.choose(service(), name, field, value, by=person())):
        st.rerun()


def _refuse(draft: FormDraft, name: str, value: str) -> None:
    if asked(lambda: draft.refuse(service(), name, value, by=person())):
        st.rerun()


def _workarounds(draft: FormDraft, suggestion: SuggestionView) -> None:
    st.subheader("Known workarounds")
    if not suggestion.articles:
        st.caption("No article fits.")
    in_vain = st.button("No article helps", key=f"in-vain-{draft.number}", type="tertiary", disabled=draft.searched)
    if in_vain and asked(lambda: draft.not_found(service(), by=person())):
        st.rerun()
    for article in suggestion.articles:
        article_card(article)
        linked = article.id in draft.articles
        with st.container(horizontal=True):
            solved = st.button(
                "Solved by this" if linked else "This solved it",
                key=f"solved-{draft.number}-{article.id}",
                disabled=linked,
                icon=":material/check:" if linked else None,
            )
            read = st.toggle("Read", key=f"read-{draft.number}-{article.id}")
            no_help = not linked and st.button("No help", key=f"no-help-{draft.number}-{article.id}", type="tertiary")
        if read and asked(partial(draft.open, service(), article.id, by=person())):
            article_text(service().article(article.id))
        if solved:
            draft.solved_by(article.id)
            st.rerun()
        if no_help:
            _refuse(draft, ARTICLES, article.id)
