"""Stages: where an incident stands, whatever its tool calls the state."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where an incident stands in the workflow of ITIL 4 incident management.

    `UNKNOWN` is a state whose meaning nobody has told: it is neither worked on nor learnt from.
    """

    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to work on it."""
        return self in OPEN

    @property
    def is_finished(self) -> bool:
        """Whether it was solved, so that it can teach."""
        return self in FINISHED


OPEN = frozenset({Stage.NEW, Stage.ASSIGNED, Stage.IN_PROGRESS, Stage.WAITING})
FINISHED = frozenset({Stage.RESOLVED, Stage.CLOSED})
