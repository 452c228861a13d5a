"""Incident history: what an incident was at any moment, by its events."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import attrgetter

from kb.records.incident import Incident
from kb.records.incident_event import EventKind, EventSource, IncidentEvent

_GROUP = "assignment_group"
_SEEN = frozenset({EventSource.API, EventSource.IMPORT})
"""Sources that bring a whole record, whatever happened to it before."""
_REREAD = frozenset({EventSource.STATE_MEANING, EventSource.UNDONE_IMPORT})
"""Sources that say anew what a record was all the time."""
_TAKING_ON = frozenset({EventKind.ACCEPTED, EventKind.RESUMED})


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value of an incident from a moment on; `event` is what gave it."""

    at: datetime
    value: str | None
    event: IncidentEvent


@dataclass(frozen=True, slots=True)
class Owner:
    """Who an incident belongs to: a group, a person, or a person of a group."""

    group: str | None
    person: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened to an incident, the earliest first, whose it is now, and how often it changed groups."""

    number: str
    events: Sequence[IncidentEvent]
    owner: Owner | None
    hops: int


def value_changes(events: Iterable[IncidentEvent], name: str) -> list[ValueChange]:
    """Return which values a field had, from when on each, the earliest first.

    `events` are those of one incident in the order in which they were recorded. What was recorded later knows better:
    from the moment at which it happened on, it takes the place of what was recorded before. The log of another system
    knows its own order alone, so its events take their places by time.
    """
    written, logged = list[ValueChange](), list[ValueChange]()
    for event in events:
        if name not in event.after:
            continue
        change = ValueChange(event.happened_at, event.after[name], event)
        if event.source is EventSource.AUDIT_LOG:
            logged.append(change)
            continue
        while written and written[-1].at > change.at:
            written.pop()
        written.append(change)
    changes = sorted([*logged, *written], key=attrgetter("at"))
    return [one for place, one in enumerate(changes) if place == 0 or changes[place - 1].value != one.value]


def is_stage_dated(incident: Incident, events: Sequence[IncidentEvent]) -> bool:
    """Return whether somebody told when an incident entered the stage in which it is.

    A record that was not known before tells when it was opened or assigned; that it is at work or waits is only seen.
    An import that brings another stage tells the moment where it says when the record was updated.
    """
    changes = value_changes(events, "stage")
    if not changes:
        return False
    event = changes[-1].event
    if event.source not in _SEEN:
        return event.source not in _REREAD
    if event.recorded_at > min(one.recorded_at for one in events):
        return event.source is EventSource.API or event.happened_at < event.recorded_at
    if event.kind is EventKind.REGISTERED:
        return event.source is EventSource.API or incident.opened_at is not None
    return event.kind is EventKind.ASSIGNED and event.happened_at == incident.assigned_at


def value_at(events: Iterable[IncidentEvent], name: str, moment: datetime) -> str | None:
    """Return the value that a field had at a moment, `None` where it had none or nobody knows."""
    changes = value_changes(events, name)
    place = bisect_right(changes, moment, key=attrgetter("at"))
    return changes[place - 1].value if place else None


def replayed(events: Sequence[IncidentEvent]) -> dict[str, str | None]:
    """Return the values that the events of an incident leave, by the names of the fields that they tell of."""
    names = {name for event in events for name in event.after}
    return {name: changes[-1].value for name in names if (changes := value_changes(events, name))}


def owner_at(events: Sequence[IncidentEvent], moment: datetime) -> Owner | None:
    """Return whose an incident was at a moment, `None` before anybody had it.

    The person is who it was assigned to, or who took it on since the group got it.
    """
    groups = [change for change in value_changes(events, _GROUP) if change.at <= moment]
    named = [change for change in value_changes(events, "assigned_to") if change.at <= moment]
    taken = [
        ValueChange(event.happened_at, event.by, event)
        for event in events
        if event.kind in _TAKING_ON and event.by and event.happened_at <= moment
        if not groups or event.happened_at >= groups[-1].at
    ]
    group = groups[-1].value if groups else None
    latest = max([*taken, *named[-1:]], key=attrgetter("at"), default=None)
    person = latest.value if latest else None
    return Owner(group, person) if group or person else None


def hops(events: Iterable[IncidentEvent]) -> int:
    """Return how often an incident went from one group to another."""
    groups = [change.value for change in value_changes(events, _GROUP) if change.value]
    return sum(before != after for before, after in pairwise(groups))


def in_order(events: Iterable[IncidentEvent]) -> list[IncidentEvent]:
    """Return events by the moments at which they happened, those of one moment as they were recorded."""
    return sorted(events, key=lambda event: (event.happened_at, event.id))
