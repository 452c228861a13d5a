"""The queue's detail: the opened ticket, and the acts on it by one key."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import streamlit as st

from app.desk.acts import set_fields
from app.desk.assignment import show_assignment
from app.desk.field_form import first_open, word_of
from app.desk.language import _
from app.desk.moves import move
from app.desk.service_desk import service_desk
from app.desk.shell import link, refused, service, tried
from app.desk.texts import label, title_of
from app.desk.ticket import workspace
from app.desk.ticket_draft import TicketDraft, draft_of, hand_in_fields
from app.schemas.incidents import IncidentView
from app.schemas.queue import QueueView
from app.schemas.suggestions import FieldView
from kb.vocabulary.stage import FINISHED, Stage
from models.errors import TriageError


def show_detail(found: QueueView, opened: str) -> None:
    """Show the opened ticket, the acts on it by one key first."""
    one = next(entry for entry in found.incidents if entry.incident.number == opened)
    try:
        incident = service().incident(opened)
    except TriageError as error:
        refused(error)
        return
    draft = draft_of(incident)
    fields = _suggested(draft, incident)
    head = st.container()
    _quick_acts(found, draft, incident, fields)  # first, so that the keys work once the ticket is seen
    with head:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(label(incident.short_description or incident.description, 100), anchor=False)
            link("ticket", opened, number=opened)
        st.caption(label(_(one.reason), 200))
    if incident.stage.is_open:
        show_assignment(incident, place="queue")
    workspace(incident, place="queue", is_compact=True)


def _quick_acts(found: QueueView, draft: TicketDraft, incident: IncidentView, fields: Mapping[str, FieldView]) -> None:
    """Offer the acts by one key; each belongs to what is seen, so that a key hits no ticket that is not shown yet."""
    number = incident.number
    waiting = first_open(draft, fields)
    with st.container(horizontal=True, gap="small"):
        pending = draft.pending(fields)
        if st.button(_("Accept and next"), key=f"accept-{number}", shortcut="a", type="primary", disabled=not pending):
            _set(found, draft, pending)
        desk = service_desk()
        if desk is not None and incident.assignment_group != desk:
            words = _("Send to {group}").format(group=label(desk, 40))
            if st.button(words, key=f"send-{number}", shortcut="s"):
                _set(found, draft, {**draft.pending({}), "assignment_group": desk})
        if any(word_of(draft, name, view) == "choose" for name, view in fields.items()):
            _ways_out(incident)
    if waiting is not None:
        st.caption(_("{field}: press 1, 2 or 3.").format(field=title_of(waiting)))
        with st.container(horizontal=True, gap="small"):
            for place, entry in enumerate(fields[waiting].alternatives[:3], start=1):
                if st.button(label(entry.value, 40), key=f"pick-{number}-{waiting}-{entry.value}", shortcut=str(place)):
                    draft.choose(waiting, entry.value)
                    st.rerun()


def _suggested(draft: TicketDraft, incident: IncidentView) -> Mapping[str, FieldView]:
    """Return what the form below shows as suggested."""
    if incident.stage in FINISHED:
        return {}
    with suppress(TriageError):  # the form says so
        draft.ask(service())
    return draft.answer.fields if draft.answer is not None else {}


def _ways_out(incident: IncidentView) -> None:
    """Offer what to do with a ticket that does not say enough, besides choosing its values."""
    ways = {
        Stage.WAITING: (_("Wait for the caller"), _("When you have asked the caller to say more.")),
        Stage.CANCELLED: (_("Not a ticket"), _("Cancels it. It can be made new again.")),
    }
    for stage, (words, help_) in ways.items():
        if stage in incident.moves and st.button(words, key=f"way-{stage.value}-{incident.number}", help=help_):
            move(incident.number, incident.stage, stage)


def _set(found: QueueView, draft: TicketDraft, fields: Mapping[str, str | None]) -> None:
    """Set fields of a ticket and go on to the next one."""
    number = draft.number
    values = ", ".join(value or _("empty") for value in fields.values())
    words = _("{number}: {values}.").format(number=number, values=values)

    def done() -> None:
        hand_in_fields(draft)
        st.session_state.setdefault("queue_done", set()).add(number)
        numbers = [entry.incident.number for entry in found.incidents]
        st.query_params["ticket"] = numbers[min(numbers.index(number) + 1, len(numbers) - 1)]

    tried(lambda: set_fields(number, fields, draft.stored, words, done=done))
