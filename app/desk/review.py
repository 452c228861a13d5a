"""Page: open tickets, the one that most needs a person first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from app.desk.parts import asked, options, page, person, service, title_of
from app.desk.texts import label, plain
from app.schemas.incidents import MajorIncidentView
from app.schemas.suggestions import FieldView, ReviewTicket
from models.errors import TriageError

_PAGE = 15
_MAJOR_SHOWN = timedelta(hours=24)
_NUMBERS_SHOWN = 10


def show() -> None:
    """Lay out the page."""
    page("Review", "Open tickets without a decision: unsure ones first, then the least confident.")
    try:
        majors = service().major_incidents(limit=5).proposals
        tickets = service().review(limit=100).tickets
    except TriageError as error:
        st.error(label(str(error), 300))
        return
    for major in majors:
        if datetime.now(UTC) - major.proposed_at < _MAJOR_SHOWN:
            st.error(_said_of(major))
    if not tickets:
        st.success("Nothing needs a decision.")
        return
    unsure = sum(any(field.decision == "unsure" for field in ticket.fields.values()) for ticket in tickets)
    open_count, unsure_count = st.columns(2)
    open_count.metric("open tickets to decide", len(tickets))
    unsure_count.metric("with something unsure", unsure)
    for ticket in tickets[:_PAGE]:
        _ticket(ticket)
    if len(tickets) > _PAGE:
        st.caption(f"{len(tickets) - _PAGE} more follow when these are decided.")


def _said_of(major: MajorIncidentView) -> str:
    numbers = ", ".join(label(number) for number in major.incidents[:_NUMBERS_SHOWN])
    more = len(major.incidents) - _NUMBERS_SHOWN
    return (
        f"Major incident proposed at {major.proposed_at:%Y-%m-%d %H:%M} UTC: {len(major.incidents)} "
        f"incidents say the same within a short time, {numbers}{f' and {more} more' if more > 0 else ''}."
    )


def _ticket(ticket: ReviewTicket) -> None:
    incident = ticket.incident
    with st.container(border=True):
        head = incident.short_description or incident.description[:100]
        st.html(f"<span class='t-head'>{plain(head)}</span><div class='t-note'>{plain(incident.number)}</div>")
        if incident.description and incident.description != head:
            with st.expander("Description"):
                st.html(f"<div class='t-note'>{plain(incident.description)}</div>")
        st.html("".join(_line(name, field) for name, field in ticket.fields.items()))
        accept, correct = st.columns([1, 1])
        sure = {name: field for name, field in ticket.fields.items() if field.value is not None}
        words = f"Accept {len(sure)} suggestions"
        pressed = accept.button(words, key=f"accept-{incident.number}", disabled=not sure, width="stretch")
        if pressed and asked(lambda: _accept(incident.number, sure)):
            st.rerun()
        with correct.popover("Correct a field", width="stretch"):
            _correction(ticket)


def _correction(ticket: ReviewTicket) -> None:
    number = ticket.incident.number
    name = st.selectbox("Field", list(ticket.fields), key=f"field-{number}", format_func=title_of)
    field = ticket.fields[name]
    value = st.selectbox(
        "Value",
        options(field),
        key=f"value-{number}-{name}",
        index=None,
        accept_new_options=True,
        placeholder="choose or type",
    )
    if st.button("Use it", key=f"use-{number}-{name}", disabled=not value) and asked(
        lambda: _decide(number, name, field, value)
    ):
        st.rerun()


def _accept(number: str, fields: dict[str, FieldView]) -> None:
    for name, field in fields.items():
        _decide(number, name, field, field.value)


def _decide(number: str, name: str, field: FieldView, value: str | None) -> None:
    service().feedback(number=number, field=name, suggested=field.value, chosen=value, by=person())


def _line(name: str, field: FieldView) -> str:
    guesses = ", ".join(entry.value for entry in field.alternatives[:3])
    best = field.value or (f"{field.parent.value}; unclear: {guesses}" if field.parent else f"unclear: {guesses}")
    return (
        f"<div class='t-note'>{plain(title_of(name))}: <b>{plain(best)}</b> {field.confidence:.0%}"
        f"<span class='t-tag t-{field.decision}'>{field.decision}</span> {plain(field.reason or '')}</div>"
    )
