"""Page: major incidents: those proposed, those being worked on, and those of the past with their reviews."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.desk.language import _, counted, date_and_time
from app.desk.major_incident import reason_words
from app.desk.major_room import state_words
from app.desk.shell import link, page, refused, service
from app.desk.texts import plain
from app.desk.watching import watch
from app.schemas.major_incidents import MajorIncidentView
from app.schemas.major_room import MajorRoomSummary
from kb.records.major_incident import MajorDecision
from kb.records.major_room import RoomState
from models.errors import TriageError

_WORKED_ON = frozenset({RoomState.OPEN, RoomState.RESTORED})
_SHOWN = 50


def show() -> None:
    """Lay out the page."""
    page(_("Major incidents"), _("Proposed where far more people report the same than is usual. A person decides."))
    try:
        proposals, rooms = _read()
    except TriageError as error:
        refused(error)
        return
    watch(_read, (proposals, rooms))
    st.header(_("Proposed"), anchor=False)
    _list_proposals([one for one in proposals if one.decision is MajorDecision.OPEN and one.still_open])
    st.header(_("Being worked on"), anchor=False)
    _list_rooms([one for one in rooms if one.state in _WORKED_ON])
    st.header(_("Past"), anchor=False)
    _list_rooms([one for one in rooms if one.state not in _WORKED_ON])


def rooms_worked_on() -> list[MajorRoomSummary]:
    """Return the rooms of the major incidents that are being worked on."""
    return [room for room in service().major_rooms(limit=_SHOWN).rooms if room.state in _WORKED_ON]


def show_worked_on(rooms: Sequence[MajorRoomSummary]) -> None:
    """Show each major incident that is being worked on as one row, for the top of another page."""
    for room in rooms:
        _room_row(room, _("Major incident"))


def _read() -> tuple[list[MajorIncidentView], list[MajorRoomSummary]]:
    return service().major_incidents(limit=_SHOWN).proposals, service().major_rooms(limit=_SHOWN).rooms


def _list_proposals(proposals: Sequence[MajorIncidentView]) -> None:
    if not proposals:
        st.caption(_("None."))
    for major in proposals:
        reports = counted(len(major.incidents), "{count} report", "{count} reports")
        since = date_and_time(major.since or major.proposed_at)
        why = reason_words(major.reason) if major.reason else ""
        _row(major.id, major.subject, f"{reports} · {since}", why)


def _list_rooms(rooms: Sequence[MajorRoomSummary]) -> None:
    if not rooms:
        st.caption(_("None."))
    for room in rooms:
        _room_row(room)


def _room_row(room: MajorRoomSummary, *before: str) -> None:
    reports = counted(room.children, "{count} report", "{count} reports")
    standing = " · ".join((*before, state_words(room.state), reports, date_and_time(room.opened_at)))
    note = ""
    if room.state in _WORKED_ON and room.next_update_at is not None:
        words = _("An update was due at {time}.") if room.overdue else _("The next update is due at {time}.")
        note = words.format(time=date_and_time(room.next_update_at))
    _row(room.id, room.subject, standing, note, is_bad=room.overdue)


def _row(key: str, subject: str, standing: str, note: str, *, is_bad: bool = False) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        told = f"<div class='t-note{' t-bad' if is_bad else ''}'>{plain(note)}</div>" if note else ""
        st.html(f"<span class='t-head'>{plain(subject)}</span><div class='t-note'>{plain(standing)}</div>{told}")
        link("major", _("Open {number}").format(number=key), id=key)
