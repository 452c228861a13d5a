"""Room of a major incident: what opens when one is accepted, from its roles to its review."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from kb.records.wording import Wording
from models.errors import ConflictError


class RoomState(StrEnum):
    """Where a major incident stands; `DEMOTED` means that it turned out to be none."""

    OPEN = "open"
    RESTORED = "restored"
    RESOLVED = "resolved"
    REVIEWED = "reviewed"
    CLOSED = "closed"
    DEMOTED = "demoted"

    @property
    def is_active(self) -> bool:
        """Return whether work on it goes on, so that alike reports join it."""
        return self in {RoomState.OPEN, RoomState.RESTORED}


_MOVES: Mapping[RoomState, tuple[RoomState, ...]] = {
    RoomState.OPEN: (RoomState.RESTORED, RoomState.RESOLVED, RoomState.DEMOTED),
    RoomState.RESTORED: (RoomState.RESOLVED, RoomState.OPEN, RoomState.DEMOTED),
    RoomState.RESOLVED: (RoomState.REVIEWED, RoomState.OPEN),
    RoomState.REVIEWED: (RoomState.CLOSED, RoomState.OPEN),
    RoomState.CLOSED: (RoomState.REVIEWED,),
    RoomState.DEMOTED: (RoomState.OPEN,),
}


class RoomStateError(ConflictError):
    """A major incident cannot go from one state to another; the message says where it can go."""


def room_moves(state: RoomState) -> tuple[RoomState, ...]:
    """Return the states to which a major incident may go, the usual one first."""
    return _MOVES[state]


def check_room_move(lead: str, before: RoomState, to: RoomState) -> None:
    """Raise RoomStateError unless a major incident may go from one state to another."""
    if to not in _MOVES[before]:
        raise RoomStateError(
            Wording(
                "major incident {number} is {state} and cannot become {to}; from here it goes to {states}",
                {"number": lead, "state": before.value, "to": to.value, "states": " or ".join(_MOVES[before])},
            )
        )


def _version(*parts: object) -> int:
    """Return a number that tells texts apart, and is exact in JavaScript too."""
    digest = hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6])


class JoinedHow(StrEnum):
    """How an incident became a child of a major one: with its proposal, by hand, or since it is alike."""

    PROPOSAL = "proposal"
    HAND = "hand"
    ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class ReviewText:
    """What a review found, in the words of those who wrote it."""

    summary: str = ""
    cause: str = ""
    went_well: str = ""
    went_badly: str = ""

    @property
    def version(self) -> int:
        """Return the version of these texts; the same texts are the same version."""
        return _version(self.summary, self.cause, self.went_well, self.went_badly)


@dataclass(frozen=True, slots=True)
class Room:
    """A major incident that was accepted, with the elements of its model that are texts.

    `lead` is the number of its first incident and its id. `since` is when the first report came, `proposed_at` when it
    was proposed or declared, `opened_at` when it was accepted. `next_update_at` is when people expect to hear again.
    """

    lead: str
    subject: str
    opened_at: datetime
    proposed_at: datetime
    since: datetime | None = None
    opened_by: str | None = None
    state: RoomState = RoomState.OPEN
    criteria: tuple[str, ...] = ()
    resources: str = ""
    investigation: str = ""
    workaround: str = ""
    article: str | None = None
    resolution: str = ""
    restored_at: datetime | None = None
    resolved_at: datetime | None = None
    reviewed_at: datetime | None = None
    closed_at: datetime | None = None
    next_update_at: datetime | None = None
    reminded_of: datetime | None = None
    review: ReviewText = field(default_factory=ReviewText)
    handed_over_at: datetime | None = None
    handed_over_by: str | None = None
    handed_over_to: str | None = None

    @property
    def version(self) -> int:
        """Return the version of the elements that people write; the same elements are the same version."""
        texts = (self.subject, self.resources, self.investigation, self.workaround, self.article)
        return _version(*texts, *self.criteria)

    def update_is_overdue(self, now: datetime) -> bool:
        """Return whether people wait for an update that was due."""
        return self.state.is_active and self.next_update_at is not None and self.next_update_at <= now


@dataclass(frozen=True, slots=True)
class RoleHolding:
    """Who held a role from when to when; `until` is `None` for who holds it now."""

    role: str
    person: str
    since: datetime
    until: datetime | None = None
    by: str | None = None
    note: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class RoomTask:
    """A task of a major incident; one without an owner is done by whoever holds its role."""

    title: str
    role: str | None = None
    owner: str | None = None
    due_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class RoomMessage:
    """A message that was sent, word for word."""

    audience: str
    subject: str
    text: str
    sent_at: datetime
    by: str | None = None
    next_update_at: datetime | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Child:
    """An incident that belongs to a major one, or once did."""

    number: str
    how: JoinedHow
    joined_at: datetime
    joined_by: str | None = None
    left_at: datetime | None = None
    left_by: str | None = None


class RoomEventKind(StrEnum):
    """What can happen in the room of a major incident."""

    ACCEPTED = "accepted"
    STATE = "state"
    ROLE = "role"
    TASK = "task"
    MESSAGE = "message"
    CHILD = "child"
    ELEMENT = "element"
    ENTRY = "entry"
    ACTION = "action"
    REVIEW = "review"
    CONTINUITY = "continuity"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """One thing that happened in a room, said in a sentence; it is never changed."""

    kind: RoomEventKind
    text: str
    at: datetime
    recorded_at: datetime
    by: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A line of the timeline: an event of the room, of its first incident, or of a child (`number`).

    `id` names it to pin or hide it; nothing is deleted.
    """

    id: str
    text: str
    at: datetime
    kind: str
    by: str | None = None
    number: str | None = None
    pinned: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ReviewAction:
    """Something to do after a major incident; `check_days` after it is done, alike incidents are counted.

    `before` and `after` are how many there were in as many days before the major incident and after the action.
    """

    what: str
    owner: str | None = None
    due_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    check_days: int = 30
    before: int | None = None
    after: int | None = None
    checked_at: datetime | None = None
    id: int = 0

    @property
    def helped(self) -> bool | None:
        """Return whether alike incidents became fewer, `None` where that is not known yet."""
        if self.before is None or self.after is None:
            return None
        return self.after < self.before

    @property
    def check_due_at(self) -> datetime | None:
        """Return when alike incidents can be counted, `None` while it is not done."""
        return None if self.done_at is None else self.done_at + timedelta(days=self.check_days)


@dataclass(frozen=True, slots=True)
class RoomTimes:
    """How long it took to detect, from there to accept, and from the first report to restore."""

    to_detect: timedelta | None
    to_accept: timedelta
    to_restore: timedelta | None


def room_times(room: Room) -> RoomTimes:
    """Return the times of a major incident, as far as they are known."""
    since = room.since or room.proposed_at
    ended = room.restored_at or room.resolved_at
    return RoomTimes(
        None if room.since is None else max(timedelta(0), room.proposed_at - room.since),
        max(timedelta(0), room.opened_at - room.proposed_at),
        None if ended is None else max(timedelta(0), ended - since),
    )


@dataclass(frozen=True, slots=True)
class KnownMajor:
    """The active major incident that a ticket reports; `is_child` says that the ticket belongs to it already."""

    room: Room
    is_child: bool
