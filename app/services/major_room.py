"""Rooms of major incidents at work: opened by acceptance, with roles that are handed over, tasks and a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from app.composition import Services
from app.presenters.incident_life import sentence
from kb.practice.extent import extent_of, met_criteria
from kb.records.act import ActKind
from kb.records.errors import EditConflictError, UnknownRecordError
from kb.records.incident_event import EventKind
from kb.records.major_incident import MajorDecision, MajorIncidentProposal
from kb.records.major_room import (
    JoinedHow,
    ReviewAction,
    Room,
    RoomEventKind,
    RoomState,
    RoomStateError,
    RoomTask,
    TimelineEntry,
    check_room_move,
)
from kb.records.webhook import Event
from kb.records.wording import Wording
from kb.service.whole_room import WholeRoom
from models.errors import InvalidError

_OF_CHILDREN = frozenset({EventKind.REGISTERED, EventKind.RESOLVED, EventKind.REOPENED, EventKind.CLOSED})
_TOLD = {
    RoomState.RESTORED: Event.MAJOR_INCIDENT_RESTORED,
    RoomState.RESOLVED: Event.MAJOR_INCIDENT_RESOLVED,
    RoomState.CLOSED: Event.MAJOR_INCIDENT_CLOSED,
}
_SAID = {
    RoomState.OPEN: "Work on it goes on again",
    RoomState.RESTORED: "The service is restored",
    RoomState.RESOLVED: "Resolved",
    RoomState.REVIEWED: "Reviewed",
    RoomState.CLOSED: "Closed",
    RoomState.DEMOTED: "It is no longer a major incident",
}


def open_room(
    services: Services, lead: str, *, by: str | None, at: datetime | None = None, note_text: str | None = None
) -> Room:
    """Open the room of a major incident with what the practice gives it.

    One that was demoted goes on where it was; one that is resolved or closed stays so. While it is worked on, its other
    reports become its children. Raises UnknownRecordError.
    """
    moment, rooms = at or datetime.now(UTC), services.major_rooms
    model = services.practice.practice().major_incidents
    with services.store.database.writing():
        proposal = services.major_proposals.get(lead)
        room = rooms.find(lead)
        if room is None:
            room = Room(
                lead,
                proposal.subject or lead,
                moment,
                proposal.proposed_at,
                proposal.since,
                by,
                resources=model.resources,
                investigation=model.investigation,
            )
            rooms.add(room)
            for task in model.tasks:
                due = None if task.due is None else moment + task.due
                services.major_work.add_task(lead, RoomTask(task.title, task.role, due_at=due))
            note(services, lead, RoomEventKind.ACCEPTED, "Confirmed as a major incident", by=by, at=moment)
        elif room.state is RoomState.DEMOTED:
            state = RoomState.OPEN if room.restored_at is None else RoomState.RESTORED
            said = _SAID[RoomState.OPEN] + (f": {note_text}" if note_text else "")
            note(services, lead, RoomEventKind.STATE, said, by=by, at=moment)
            room = rooms.change(lead, state=state)
        numbers = proposal.numbers if room.state.is_active else ()
        joined = rooms.join(lead, numbers, JoinedHow.PROPOSAL, by=by, at=moment)
        if joined:
            note(services, lead, RoomEventKind.CHILD, _reports_joined(len(joined), "its proposal"), by=by, at=moment)
        return room


def demote_room(services: Services, lead: str, *, by: str | None, note_text: str | None = None) -> None:
    """Note on the room of a major incident that is worked on that it is none any more; others stay as they are."""
    with services.store.database.writing():
        room = services.major_rooms.find(lead)
        if room is not None and room.state.is_active:
            _moved(services, room, RoomState.DEMOTED, by=by, at=datetime.now(UTC), note_text=note_text)


def merge_rooms(services: Services, lead: str, into: str, *, by: str | None, at: datetime) -> None:
    """Let the reports of a major incident that was merged into another join that one, where it was accepted.

    Raises RoomStateError where work on this one goes on and on the other one does not.
    """
    with services.store.database.writing():
        room, target = services.major_rooms.find(lead), services.major_rooms.find(into)
        if room is not None and room.state.is_active and (target is None or not target.state.is_active):
            if target is None:
                words = (
                    "{number} is worked on and {into} has no room: merge {into} into {number}, or accept {into} "
                    "again first"
                )
            else:
                words = (
                    "{number} is worked on and {into} is {state}: merge {into} into {number}, or open {into} "
                    "again first"
                )
            state = "" if target is None else target.state.value
            raise RoomStateError(Wording(words, {"number": lead, "into": into, "state": state}))
        numbers = _reports(services, services.major_proposals.get(lead))
        demote_room(services, lead, by=by, note_text=f"merged into {into}")
        if target is not None and target.state.is_active:
            parted = services.major_proposals.parted_at(lead, into)
            joined = services.major_rooms.join(into, numbers, JoinedHow.PROPOSAL, by=by, at=at, left_at=parted)
            text = _reports_joined(len(joined), f"the major incident {lead}")
            note(services, into, RoomEventKind.CHILD, text, by=by, at=at)


def part_rooms(
    services: Services,
    parted: MajorIncidentProposal,
    merges: Sequence[tuple[str, datetime]],
    *,
    by: str | None,
    at: datetime,
) -> None:
    """Let a major incident leave what it was merged into: each report is where it was before, and so is its room.

    `merges` are what it was merged into, one into the other, each with its moment.
    """
    rooms = services.major_rooms
    with services.store.database.writing():
        own = set(_reports(services, parted))
        for parent, merged_at in merges:
            if rooms.find(parent) is None:
                continue
            gone = [one.number for one in rooms.children(parent) if one.number in own and one.joined_at >= merged_at]
            for number in gone:
                rooms.leave(parent, number, by=by, at=at)
            left = f"{len(gone)} report{'' if len(gone) == 1 else 's'} left with the major incident {parted.lead}"
            note(services, parent, RoomEventKind.CHILD, left, by=by, at=at)
        if parted.decision is MajorDecision.ACCEPTED:
            open_room(services, parted.lead, by=by, at=at, note_text=f"parted from {merges[-1][0]}")


def _reports(services: Services, proposal: MajorIncidentProposal) -> list[str]:
    """Return the reports of a major incident: those of its proposal, and the children of its room."""
    children = (child.number for child in services.major_rooms.children(proposal.lead))
    return list(dict.fromkeys((proposal.lead, *children, *proposal.numbers)))


def move_room(services: Services, lead: str, to: RoomState, *, by: str | None, note_text: str | None) -> Room:
    """Take a major incident to another state in one act; raises UnknownRecordError and RoomStateError."""
    with services.store.database.writing():
        room = services.major_rooms.get(lead)
        return _moved(services, room, to, by=by, at=datetime.now(UTC), note_text=masked(services, note_text))


def describe_room(
    services: Services, lead: str, changes: dict[str, Any], *, by: str | None, version: int | None = None
) -> Room:
    """Change elements of a major incident that are texts: criteria, resources, investigation, workaround, article.

    Raises UnknownRecordError, and EditConflictError where `version` is not that of the record any more.
    """
    at = datetime.now(UTC)
    with services.store.database.writing():
        before = services.major_rooms.get(lead)
        check_version("record", lead, before.version, version)
        if changes.get("article"):
            changes["article"] = services.store.articles.surviving(changes["article"])
        texts = {name: masked(services, value) if isinstance(value, str) else value for name, value in changes.items()}
        changed = {name: value for name, value in texts.items() if getattr(before, name) != value}
        for name, value in changed.items():
            said = ", ".join(value) if isinstance(value, tuple) else value
            text = f"{name.capitalize()}: {said}" if said else f"{name.capitalize()} taken away"
            note(services, lead, RoomEventKind.ELEMENT, text, by=by, at=at)
        return services.major_rooms.change(lead, **changed)


def hand_over_role(
    services: Services, lead: str, role: str, person: str | None, *, expected: str | None, by: str | None, why: str
) -> None:
    """Hand a role over to a person in one act; raises SupersededError where another one than `expected` holds it."""
    at = datetime.now(UTC)
    why = masked(services, why) or ""
    with services.store.database.writing():
        services.major_rooms.get(lead)
        services.major_work.hand_over(lead, role, person, expected=expected, by=by, note=why, at=at)
        came = f" from {expected}" if expected else ""
        text = f"{role.capitalize()}: {person or 'nobody'}{came}{f' ({why})' if why else ''}"
        note(services, lead, RoomEventKind.ROLE, text, by=by, at=at)
        told = {"lead": lead, "role": role, "person": person, "before": expected, "by": by}
        services.webhooks.announce(Event.MAJOR_INCIDENT_ROLE, told)


def add_room_task(services: Services, lead: str, task: RoomTask, *, by: str | None) -> tuple[RoomTask, int]:
    """Add a task to a major incident; returns it and the id of the act, and raises UnknownRecordError."""
    with services.store.database.writing():
        services.major_rooms.get(lead)
        added = services.major_work.add_task(lead, replace(task, title=masked(services, task.title) or ""))
        note(services, lead, RoomEventKind.TASK, f"New task: {added.title}", by=by)
        values = work_values(added)
        return added, services.store.acts.begin(lead, ActKind.TASK, by=by, at=datetime.now(UTC), after=values)


def change_room_task(
    services: Services, lead: str, key: int, changes: dict[str, Any], *, done: bool | None, by: str | None
) -> RoomTask:
    """Change a task of a major incident, or mark it as done or not done; raises UnknownRecordError."""
    at = datetime.now(UTC)
    if done is not None:
        changes |= {"done_at": at if done else None, "done_by": by if done else None}
    if "title" in changes:
        changes["title"] = masked(services, changes["title"])
    with services.store.database.writing():
        services.major_rooms.get(lead)
        task = services.major_work.change_task(lead, key, **changes)
        did = "changed" if done is None else "done" if done else "not done after all"
        note(services, lead, RoomEventKind.TASK, f"Task {did}: {task.title}", by=by, at=at)
        return task


def add_entry(
    services: Services, lead: str, text: str, *, by: str | None, at: datetime | None, pinned: bool
) -> TimelineEntry:
    """Add an entry to the timeline, of now or of an earlier moment, and return it.

    Raises UnknownRecordError, and InvalidError for a moment of the future.
    """
    now = datetime.now(UTC)
    if at is not None and at > now:
        raise InvalidError(Wording("at: lies in the future; an entry says what has happened"), field="at")
    with services.store.database.writing():
        services.major_rooms.get(lead)
        note(services, lead, RoomEventKind.ENTRY, masked(services, text) or "", by=by, at=at or now)
        event = services.major_rooms.events(lead)[-1]
        entry = TimelineEntry(f"r{event.id}", event.text, event.at, event.kind.value, by, pinned=pinned)
        if pinned:
            services.major_rooms.mark(lead, entry.id, pinned=True, hidden=False, by=by, at=now)
        return entry


def mark_entry(
    services: Services, lead: str, entry: str, *, pinned: bool | None, hidden: bool | None, by: str | None
) -> TimelineEntry:
    """Pin or hide an entry of a timeline, or take that back; raises UnknownRecordError where there is none."""
    with services.store.database.writing():
        known = {one.id: one for one in room_timeline(services, lead)}
        if entry not in known:
            raise UnknownRecordError(
                Wording("the timeline of {number} has no entry {entry}", {"number": lead, "entry": entry})
            )
        before = known[entry]
        is_pinned = before.pinned if pinned is None else pinned
        is_hidden = before.hidden if hidden is None else hidden
        services.major_rooms.mark(lead, entry, pinned=is_pinned, hidden=is_hidden, by=by, at=datetime.now(UTC))
        return replace(before, pinned=is_pinned, hidden=is_hidden)


def room_timeline(services: Services, lead: str) -> list[TimelineEntry]:
    """Return what happened in a room, to its first incident and to its children, the earliest first.

    Of a child it says when it was registered, resolved, reopened or closed. Raises UnknownRecordError.
    """
    rooms = services.major_rooms
    with services.store.database.snapshot():
        rooms.get(lead)
        marks = rooms.marks(lead)
        events = services.store.events.of_each([lead, *(child.number for child in rooms.children(lead))])
        room_events = rooms.events(lead)
    entries = [TimelineEntry(f"r{one.id}", one.text, one.at, one.kind.value, one.by) for one in room_events]
    for number, happened in events.items():
        entries += [
            TimelineEntry(f"i{one.id}", f"{number}: {sentence(one)}", one.happened_at, one.kind.value, one.by, number)
            for one in happened
            if number == lead or one.kind in _OF_CHILDREN
        ]
    nothing = (False, False)
    marked = [
        replace(one, pinned=pinned, hidden=hidden) for one in entries for pinned, hidden in [marks.get(one.id, nothing)]
    ]
    return sorted(marked, key=lambda one: (one.at, one.id[0], int(one.id[1:])))


def whole_room(services: Services, lead: str) -> WholeRoom:
    """Return a room with everything that belongs to it; raises UnknownRecordError."""
    rooms, work = services.major_rooms, services.major_work
    with services.store.database.snapshot():
        room, children = rooms.get(lead), rooms.children(lead)
        extent = extent_of(services.store.incidents_of([lead, *(child.number for child in children)]))
        practice = services.practice.practice()
        return WholeRoom(
            room,
            work.roles(lead),
            work.tasks(lead),
            work.messages(lead),
            work.actions(lead),
            children,
            extent,
            practice.major_incidents,
            practice.continuity,
            met_criteria(practice.continuity, extent),
            is_merged=bool(services.major_proposals.merged_into(lead)),
        )


def note(
    services: Services, lead: str, kind: RoomEventKind, text: str, *, by: str | None, at: datetime | None = None
) -> None:
    """Append to the timeline of a room what happened, at a moment or now."""
    now = datetime.now(UTC)
    services.major_rooms.note(lead, kind, text, by=by, at=at or now, now=now)


def work_values(work: RoomTask | ReviewAction) -> dict[str, Any]:
    """Return a task or an action in a form that JSON can hold."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(work).items()}


def check_version(what: str, lead: str, now: int, version: int | None) -> None:
    """Raise EditConflictError where a part of a room was read in another version than it has now."""
    if version not in {None, now}:
        parts = {"what": what, "lead": lead}
        raise EditConflictError(
            Wording("the {what} of the major incident {lead} was changed meanwhile: read it again", parts)
        )


def masked(services: Services, text: str | None) -> str | None:
    """Return a text that somebody wrote without the secrets in it."""
    return services.store.masking.text(text).text if text else text


def _moved(
    services: Services, room: Room, to: RoomState, *, by: str | None, at: datetime, note_text: str | None
) -> Room:
    check_room_move(room.lead, room.state, to)
    moments: dict[str, Any] = {}
    if to is RoomState.OPEN:
        moments = dict.fromkeys(("restored_at", "resolved_at", "reviewed_at", "closed_at"))
    elif to is not RoomState.DEMOTED:
        moments = {f"{to.value}_at": at}
    if to is RoomState.RESOLVED and room.restored_at is None:
        moments["restored_at"] = at
    text = f"{_SAID[to]}: {note_text}" if note_text else _SAID[to]
    note(services, room.lead, RoomEventKind.STATE, text, by=by, at=at)
    if to in _TOLD:
        services.webhooks.announce(_TOLD[to], {"lead": room.lead, "subject": room.subject, "by": by})
    return services.major_rooms.change(room.lead, state=to, **moments)


def _reports_joined(count: int, cause: str) -> str:
    return f"{count} report{'' if count == 1 else 's'} joined with {cause}"
