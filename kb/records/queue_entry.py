"""Queue entries: why an open incident waits for a person, and what a list of them may be narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kb.records.clock_mark import ClockMark
from kb.records.incident import Incident
from kb.vocabulary.stage import Stage


class Need(StrEnum):
    """What an open incident needs from a person, the most pressing first."""

    OWNER_NOW = "owner_now"
    GROUP = "group"
    CHOICE = "choice"
    CHECK = "check"
    CONFIRMATION = "confirmation"
    SUGGESTIONS = "suggestions"
    WORK = "work"

    @property
    def rank(self) -> int:
        """Return its place in the queue's order."""
        return _RANKS[self]


_RANKS = {need: rank for rank, need in enumerate(Need)}


class QueueFlag(StrEnum):
    """What an open incident may be marked with in the queue.

    `BREACHING` is a target that is nearly used up, `AT_RISK` one whose breach is likely by what history tells.
    """

    UNASSIGNED = "unassigned"
    BOUNCED = "bounced"
    REOPENED = "reopened"
    WAITING = "waiting"
    MAJOR = "major"
    BREACHING = "breaching"
    BREACHED = "breached"
    AT_RISK = "at_risk"


# Reassigned so often, an incident bounces: the third team seldom owns what two have passed on.
BOUNCED_FROM = 2


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a page of the queue is narrowed to; what is `None` narrows nothing."""

    group: str | None = None
    stage: Stage | None = None
    priority: str | None = None
    service: str | None = None
    flag: QueueFlag | None = None
    need: Need | None = None
    text: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """Where an open incident stands in the queue.

    `urgency` is the level of its priority, of the likeliest one where it has none, from 1; `basis` names the model and
    the modes of fields that `need` follows from, `since` when it was logged, as far as that is known.
    """

    number: str
    revision: int
    need: Need
    urgency: int
    basis: str
    since: datetime | None = None


def flags_of(incident: Incident, clock: ClockMark, now: datetime, *, is_major: bool) -> tuple[QueueFlag, ...]:
    """Return what an open incident is marked with; `is_major` says that it speaks for a proposed major incident."""
    held = {
        QueueFlag.UNASSIGNED: incident.assignment_group is None,
        QueueFlag.BOUNCED: max(incident.reassignment_count or 0, clock.hops) >= BOUNCED_FROM,
        QueueFlag.REOPENED: (incident.reopen_count or 0) >= 1,
        QueueFlag.WAITING: incident.stage is Stage.WAITING,
        QueueFlag.MAJOR: is_major,
        QueueFlag.BREACHING: clock.is_breaching(now),
        QueueFlag.BREACHED: clock.is_breached(now),
        QueueFlag.AT_RISK: clock.is_at_risk(now),
    }
    return tuple(flag for flag, holds in held.items() if holds)
