"""Incident events: what happened to an incident, when, and by whom; together they are its life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args


class EventKind(StrEnum):
    """What can happen to an incident.

    `CHANGED` is a change of state that means none of the others, `WITHDRAWN` the end of a record whose import was
    undone.
    """

    DETECTED = "detected"
    REGISTERED = "registered"
    CLASSIFIED = "classified"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    RESUMED = "resumed"
    RETURNED = "returned"
    RESPONDED = "responded"
    WORKED_ON = "worked_on"
    REASSIGNED = "reassigned"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    LINKED = "linked"
    NOTED = "noted"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


Happening = Literal[EventKind.DETECTED, EventKind.RESPONDED, EventKind.WORKED_ON, EventKind.ESCALATED, EventKind.NOTED]
HAPPENINGS: tuple[EventKind, ...] = get_args(Happening)
"""Kinds of events that change no field, so that somebody has to tell of them."""


class EventSource(StrEnum):
    """How an event came to be known."""

    API = "api"
    IMPORT = "import"
    UNDONE_IMPORT = "undone_import"
    AUDIT_LOG = "audit_log"
    CORRECTION = "correction"
    OUTCOME = "outcome"
    MOVE = "move"
    LINK = "link"
    STATE_MEANING = "state_meaning"
    MAJOR = "major"
    NOTIFICATION = "notification"


@dataclass(frozen=True, slots=True)
class Origin:
    """What caused a change: how it came to be known, who did it, when that was where that is known, and a note."""

    source: EventSource = EventSource.API
    by: str | None = None
    at: datetime | None = None
    note: str | None = None


BY_CALL = Origin()
"""A change that the API or the code asked for, of which nothing else is known."""


class Saying(StrEnum):
    """What an event says that is told from another record: a decision on a field, or the use of an article."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    READ = "read"
    CAPTURED = "captured"


@dataclass(frozen=True, slots=True)
class Said:
    """What an event says of a value of a field, or of an article, which has no field."""

    what: Saying
    value: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One thing that happened to an incident; it is never changed, a correction is another event.

    `before` and `after` hold the values that it changed, by name: fields of an incident (`stage`, `state`,
    `assignment_group`, `priority`...), `article` and `note`. An event that says nothing of a value leaves
    it as it was; `None` says that there is none. `id` is its position in the log: of two events, the one that was
    recorded later has the larger one. Moments are in UTC. `said` has as values what the note of an event says that is
    told from another record.
    """

    number: str
    kind: EventKind
    happened_at: datetime
    recorded_at: datetime
    by: str | None = None
    before: Mapping[str, str | None] = field(default_factory=dict)
    after: Mapping[str, str | None] = field(default_factory=dict)
    source: EventSource = EventSource.API
    id: int = 0
    said: Said | None = None
