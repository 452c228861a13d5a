"""The life of an incident as views: each event with a sentence that says what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from app.presenters.exceeded import exceeded_view
from app.presenters.incidents import incident_view
from app.schemas.incident_life import EventView, MovedView, OwnerView, SaidView, TimelineView
from kb.records.board import Excess
from kb.records.incident import Incident
from kb.records.incident_changes import ARTICLE, NOTE
from kb.records.incident_event import EventKind, IncidentEvent
from kb.records.incident_history import Timeline

_PLAIN = {
    EventKind.DETECTED: "Detected",
    EventKind.REGISTERED: "Registered",
    EventKind.ACCEPTED: "Accepted for work",
    EventKind.WAITING: "Set to wait",
    EventKind.RESUMED: "Work resumed",
    EventKind.RETURNED: "Given back",
    EventKind.RESPONDED: "The caller got an answer",
    EventKind.WORKED_ON: "Worked on",
    EventKind.ESCALATED: "Escalated",
    EventKind.RESOLVED: "Resolved",
    EventKind.REOPENED: "Reopened",
    EventKind.CLOSED: "Closed",
    EventKind.CANCELLED: "Cancelled",
    EventKind.WITHDRAWN: "Withdrawn, since its import was undone",
}
_OWNERS = {EventKind.ASSIGNED, EventKind.REASSIGNED}
# what a sentence says in another way
_SAID = frozenset({"stage", "state", "assignment_group", "assigned_to", ARTICLE, NOTE})


def timeline_view(timeline: Timeline) -> TimelineView:
    """Return the view of what happened to an incident."""
    owned = timeline.owner
    owner = OwnerView(group=owned.group, person=owned.person) if owned else None
    return TimelineView(
        number=timeline.number, owner=owner, hops=timeline.hops, events=[event_view(one) for one in timeline.events]
    )


def moved_view(incident: Incident, excesses: Sequence[Excess], undo: int | None) -> MovedView:
    """Return the view of an incident after a move."""
    return MovedView(
        **incident_view(incident).model_dump(exclude={"undo"}),
        warnings=list(map(str, excesses)),
        exceeded=list(map(exceeded_view, excesses)),
        undo=None if undo is None else str(undo),
    )


def event_view(event: IncidentEvent) -> EventView:
    """Return the view of one event."""
    return EventView(
        kind=event.kind,
        text=sentence(event),
        happened_at=event.happened_at,
        recorded_at=event.recorded_at,
        by=event.by,
        source=event.source,
        before=dict(event.before),
        after=dict(event.after),
        said=None if event.said is None else SaidView(**asdict(event.said)),
    )


def sentence(event: IncidentEvent) -> str:
    """Return what happened as a sentence: "Reassigned from Service Desk to Network"."""
    note = event.after.get(NOTE)
    if event.kind is EventKind.NOTED and note:
        return f"{note[:1].upper()}{note[1:]}"
    told = _told(event)
    return f"{told}: {note}" if note else told


def _told(event: IncidentEvent) -> str:
    if event.kind is EventKind.LINKED:
        return f"Linked article {event.after.get(ARTICLE)}"
    if event.kind in _OWNERS:
        return _owner(event)
    plain = _PLAIN.get(event.kind)
    if plain is not None:
        owner = _words(event.after) if event.kind is EventKind.REGISTERED else ""
        return f"{plain} for {owner}" if owner else plain
    changes = [_change(name, event) for name in event.after if name not in _SAID]
    if event.kind is EventKind.CHANGED:
        changes += [_change(name, event) for name in event.after if name in _SAID and name != NOTE]
    return f"Changed {', '.join(changes)}" if changes else "Noted"


def _owner(event: IncidentEvent) -> str:
    before, after = _words(event.before), _words(event.after)
    if not after:
        return f"Taken from {before}" if before else "Assigned"
    came = f" from {before}" if before and event.kind is EventKind.REASSIGNED else ""
    return f"{'Reassigned' if event.kind is EventKind.REASSIGNED else 'Assigned'}{came} to {after}"


def _words(values: Mapping[str, str | None]) -> str:
    """Whose it is, as people say it: a group, a person, or a person of a group."""
    group, person = values.get("assignment_group"), values.get("assigned_to")
    return f"{person} ({group})" if group and person else group or person or ""


def _change(name: str, event: IncidentEvent) -> str:
    before, after = event.before.get(name), event.after[name]
    came = f" from {before}" if before else ""
    return f"{name.replace('_', ' ')}{came} to {after or 'nothing'}"
