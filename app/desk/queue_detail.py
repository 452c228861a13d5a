"""The queue's detail: the opened ticket, the acts on it by one key, and acts on many tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

import streamlit as st

from app.desk.acts import accept, set_fields
from app.desk.dialogs import show_dialog
from app.desk.field_form import first_open, values_of, word_of
from app.desk.language import _, counted
from app.desk.moves import move
from app.desk.shell import link, refused, service, tried
from app.desk.texts import label, plain, title_of
from app.desk.ticket import workspace
from app.desk.ticket_draft import TicketDraft, draft_of, hand_in
from app.schemas.incidents import IncidentView
from app.schemas.queue import QueuedIncidentView, QueueView
from app.schemas.suggestions import FieldView
from kb.vocabulary.stage import FINISHED, Stage
from models.errors import TriageError

_NAMED = 20
# The group that takes what no other is known to own; offered where tickets carry it.
_SERVICE_DESK = "Service Desk"


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
    workspace(incident, place="queue", is_compact=True)


def _quick_acts(found: QueueView, draft: TicketDraft, incident: IncidentView, fields: Mapping[str, FieldView]) -> None:
    waiting = first_open(draft, fields)
    with st.container(horizontal=True, gap="small"):
        pending = draft.pending(fields)
        if st.button(_("Accept and next"), key="accept-next", shortcut="a", type="primary", disabled=not pending):
            _set(found, draft, pending)
        if _SERVICE_DESK in values_of("assignment_group") and incident.assignment_group != _SERVICE_DESK:
            words = _("Send to {group}").format(group=_SERVICE_DESK)
            if st.button(words, key="send", shortcut="s"):
                _set(found, draft, {**draft.pending({}), "assignment_group": _SERVICE_DESK})
        if any(word_of(draft, name, view) == "choose" for name, view in fields.items()):
            _ways_out(incident)
    if waiting is not None:
        st.caption(_("{field}: press 1, 2 or 3.").format(field=title_of(waiting)))
        with st.container(horizontal=True, gap="small"):
            for place, entry in enumerate(fields[waiting].alternatives[:3], start=1):
                if st.button(label(entry.value, 40), key=f"pick-{place}", shortcut=str(place)):
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
        if stage in incident.moves and st.button(words, key=f"way-{stage.value}", help=help_):
            move(incident.number, incident.stage, stage)


def _set(found: QueueView, draft: TicketDraft, fields: Mapping[str, str | None]) -> None:
    """Set fields of a ticket and go on to the next one."""
    number = draft.number
    values = ", ".join(value or _("empty") for value in fields.values())
    words = _("{number}: {values}.").format(number=number, values=values)

    def done() -> None:
        if draft.article is None:
            hand_in(draft)
        else:
            draft.chosen.clear()  # its resolution is still being written
        st.session_state.setdefault("queue_done", set()).add(number)
        numbers = [entry.incident.number for entry in found.incidents]
        st.query_params["ticket"] = numbers[min(numbers.index(number) + 1, len(numbers) - 1)]

    tried(lambda: set_fields(number, fields, words, done=done))


def act_on_many(found: QueueView, ticked: Sequence[str]) -> None:
    """Offer to accept what is sure on the ticked tickets."""
    if not ticked:
        return
    chosen = [one for one in found.incidents if one.incident.number in ticked]
    words = counted(len(chosen), "Accept what is sure on {count} ticket", "Accept what is sure on {count} tickets")
    if st.button(words, key="bulk", type="primary"):
        show_dialog(_("Accept suggestions"), partial(_confirm, chosen), width="large")


def _confirm(chosen: list[QueuedIncidentView]) -> None:
    """Say what accepting many suggestions would write, and do it once that is confirmed."""
    sure = {
        one.incident.number: {name: view for name, view in one.fields.items() if view.decision == "automatic"}
        for one in chosen
    }
    for one in chosen[:_NAMED]:
        values = ", ".join(f"{title_of(name)}: {view.value}" for name, view in sure[one.incident.number].items())
        st.html(
            f"<div class='t-note'><b>{plain(one.incident.number)}</b> {plain(values or _('nothing is sure'))}</div>"
        )
    if len(chosen) > _NAMED:
        st.caption(_("and {count} more").format(count=len(chosen) - _NAMED))
    if st.button(_("Accept"), type="primary", key="bulk-accept", disabled=not any(sure.values())):
        wanted = {
            number: {name: str(view.value) for name, view in fields.items()}
            for number, fields in sure.items()
            if fields
        }
        total = sum(map(len, wanted.values()))
        words = counted(total, "Accepted {count} suggestion.", "Accepted {count} suggestions.")
        if tried(lambda: accept(wanted, words)):
            st.session_state.pop("queue", None)
            st.rerun()
