"""The life of a ticket: its clocks, where it may go next, who did what when, and who was notified."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.desk.clock_words import clock_title, clock_words, stretch_words
from app.desk.dialogs import show_dialog
from app.desk.entry import entry_field, hand_in_entry, times_handed_in
from app.desk.event_sentences import event_sentence
from app.desk.language import _, date_and_time
from app.desk.last_answers import last_answer
from app.desk.moves import move
from app.desk.notifications import event_words, state_words
from app.desk.shell import did, link, refused, service, tried
from app.desk.stage_words import stage_name
from app.desk.texts import label, plain
from app.desk.visitor import person
from app.desk.watching import watch
from app.schemas.clocks import ClockView
from app.schemas.incidents import IncidentView
from kb.records.incident_event import EventKind
from kb.vocabulary.stage import FINISHED, Stage
from models.errors import ForbiddenError, TriageError


def show_life(incident: IncidentView) -> None:
    """Show clocks, moves, timeline and notifications of a ticket that is kept."""
    st.header(_("Progress"), anchor=False)
    _clocks(incident)
    _moves(incident)
    with st.expander(_("Who did what, and when")):
        _timeline(incident.number)
    _notifications(incident.number)


def _clocks(incident: IncidentView) -> None:
    try:
        found = last_answer(f"clocks {incident.number}", lambda: service().clocks(incident.number)).value
    except TriageError as error:
        refused(error)
        return
    show_clocks(found.clocks)
    if found.clocks:
        return
    is_future = incident.opened_at is not None and incident.opened_at > found.at
    st.caption(_("Its clocks begin when it is logged.") if is_future else _("No target matches this ticket."))


def show_clocks(clocks: Sequence[ClockView]) -> None:
    """Show where clocks stand, and why."""
    for clock in clocks:
        colour = "bad" if clock.breached else "fine"
        title, words = clock_title(clock), clock_words(clock)
        st.html(f"<div class='t-note t-{colour}'><b>{plain(title)}</b>: {plain(words)}</div>")
    if clocks:
        with st.expander(_("Why the clocks stand there")):
            for clock in clocks:
                _explanation(clock)


def _explanation(clock: ClockView) -> None:
    st.html(f"<div class='t-head'>{plain(clock_title(clock))}</div>")
    for stretch in clock.explanation:
        span = _("{start} to {end}").format(start=date_and_time(stretch.start), end=date_and_time(stretch.end))
        st.html(f"<div class='t-note'><b>{plain(span)}</b> {plain(stretch_words(stretch))}</div>")


def _moves(incident: IncidentView) -> None:
    """Offer the moves that are legal now; a ticket is resolved where its resolution is written."""
    moves = [stage for stage in incident.moves if stage is not Stage.RESOLVED]
    with st.container(horizontal=True, gap="small"):
        for stage in moves:
            words = _("Reopen as “{state}”") if incident.stage in FINISHED else _("To “{state}”")
            if stage is Stage.CLOSED:
                words = _("Close ticket")
            words = words.format(state=stage_name(stage))
            if st.button(words, key=f"move-{incident.number}-{stage.value}"):
                move(incident.number, incident.stage, stage)


def _timeline(number: str) -> None:
    try:
        found = last_answer(f"timeline {number}", lambda: service().timeline(number)).value
    except TriageError as error:
        refused(error)
        return
    for event in found.events:
        who = f" · {event.by}" if event.by else ""
        line = f"<b>{plain(date_and_time(event.happened_at))}</b> {plain(event_sentence(event))}{plain(who)}"
        st.html(f"<div class='t-note'>{line}</div>")
    if found.hops:
        st.caption(label(_("It went from group to group {count} times.").format(count=found.hops)))
    watch(lambda: service().timeline(number), found)
    _addition(number)


def _addition(number: str) -> None:
    """Let the person add what changes no field of the ticket."""
    kinds = {
        EventKind.NOTED: _("Note"),
        EventKind.RESPONDED: _("The caller got an answer"),
        EventKind.WORKED_ON: _("Worked on"),
        EventKind.ESCALATED: _("Escalated"),
    }
    kept = f"{number}-event"
    text, submitted = entry_field(_("New entry"), kept=kept, rows=2, limit=10_000)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = st.selectbox(
            _("What happened"),
            list(kinds),
            format_func=kinds.__getitem__,
            key=f"event-kind-{number}-{times_handed_in(kept)}",
            width=240,
            label_visibility="collapsed",
        )
        is_empty = kind is EventKind.NOTED and not text.strip()
        pressed = st.button(_("Add entry"), key=f"event-add-{number}", disabled=is_empty)
    if not (pressed or submitted) or is_empty:
        return
    if kind is EventKind.NOTED:
        _add(number, kind, text.strip(), kept)
    else:
        show_dialog(kinds[kind], partial(_ask, number, kind, text.strip(), kept))


def _ask(number: str, kind: EventKind, text: str, kept: str) -> None:
    """Ask once for an entry that clocks and notifications follow."""
    st.write(_("Clocks and notifications follow this entry. It cannot be taken back."))
    if st.button(_("Add entry"), key="event-now", type="primary"):
        _add(number, kind, text, kept)


def _add(number: str, kind: EventKind, text: str, kept: str) -> None:
    """Add an entry; Undo adds to a note that it is taken back, since a timeline is kept as it was written."""
    taken_back = _("Taken back: {note}").format(note=text)
    undo = partial(service().note_event, number, kind, by=person(), note=taken_back)
    if tried(lambda: service().note_event(number, kind, by=person(), note=text or None)):
        hand_in_entry(kept)
        did(
            _("Added to the timeline."),
            undo=undo if kind is EventKind.NOTED else None,
            number=number,
            undone=_("Undone: the timeline says that the note is taken back. Nothing on it is deleted."),
        )
        st.rerun()


def _notifications(number: str) -> None:
    """Show who was notified of what, the earliest first; a desk whose own key may not read that shows nothing."""
    try:
        asked = partial(service().notifications, number=number)
        found = last_answer(f"notifications {number}", asked).value.notifications
    except ForbiddenError:
        return
    except TriageError as error:
        refused(error)
        return
    if not found:
        return
    events, states = event_words(), state_words()
    with st.expander(_("Who was notified")):
        for one in reversed(found):
            words = _("{event}: {name}, {state}").format(
                event=events[one.event], name=one.name, state=states[one.state]
            )
            when = date_and_time(one.sent_at or one.created_at)
            st.html(f"<div class='t-note'><b>{plain(when)}</b> {plain(words)}</div>")
        link("notifications", _("Why, and what failed"), number=number)
