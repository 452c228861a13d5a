"""Act: what a person did to an incident, kept so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kb.records.board import Excess
from kb.records.errors import EditConflictError


class ActKind(StrEnum):
    """What a person can do to an incident, and undo; the last three add something to a major one."""

    ACCEPT = "accept"
    SET = "set"
    RESOLVE = "resolve"
    MOVE = "move"
    LOG = "log"
    TASK = "task"
    ACTION = "action"
    LINK = "link"


class ActStatus(StrEnum):
    """What became of an act.

    It was done; it was refused as it is; it was superseded by what somebody else did; or nobody knows the incident.
    """

    DONE = "done"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


class ActObstacle(StrEnum):
    """What keeps an act from being done.

    The incident or the article does not exist; the field has another value by now; nothing, or another value, is
    suggested for it by now; the field does not have the value; or the incident is no longer open.
    """

    UNKNOWN_INCIDENT = "unknown_incident"
    UNKNOWN_ARTICLE = "unknown_article"
    VALUE_CHANGED = "value_changed"
    NO_SUGGESTION = "no_suggestion"
    OTHER_SUGGESTION = "other_suggestion"
    UNKNOWN_VALUE = "unknown_value"
    NOT_OPEN = "not_open"


class UndoObstacle(StrEnum):
    """What keeps an act from being undone: somebody undid it already, or changed a field since."""

    UNDONE_ALREADY = "undone_already"
    CHANGED_SINCE = "changed_since"


@dataclass(frozen=True, slots=True)
class RefusedAct:
    """What keeps an act from being done, and the field and the value (or article, or state) that it is about."""

    obstacle: ActObstacle
    field: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedUndo:
    """What keeps an act from being undone, the field that was changed, and by whom and when, as far as is known."""

    obstacle: UndoObstacle
    field: str | None = None
    by: str | None = None
    at: datetime | None = None


class SupersededError(EditConflictError):
    """Somebody changed what this was about meanwhile; of an act in the queue, `refusal` says what, as values."""

    def __init__(self, message: str, refusal: RefusedAct | None = None) -> None:
        super().__init__(message)
        self.refusal = refusal


class UndoError(EditConflictError):
    """Somebody undid an act already, or changed since what it changed; `refusal` says so as values."""

    def __init__(self, message: str, refusal: RefusedUndo) -> None:
        super().__init__(message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class WantedAct:
    """What a person wants to do to an incident.

    `fields` are the values to set, `None` takes one away; for an acceptance the fields to accept, all that are shown
    where there are none. `expected` are the suggestions that the person saw. `resolution` and `article` say how a
    resolved one was solved, `override` why it may go beyond a limit of the board.
    """

    number: str
    kind: ActKind
    fields: Mapping[str, str | None] = field(default_factory=dict)
    expected: Mapping[str, str | None] = field(default_factory=dict)
    resolution: str | None = None
    article: str | None = None
    override: str | None = None


@dataclass(frozen=True, slots=True)
class ActResult:
    """What became of an act.

    `fields` are the values that it gave, `undo` is the id by which it can be undone, and `excesses` are the limits of
    the board that it goes beyond, or for which it was refused. `refusal` says as values what `reason` says in words.
    """

    number: str
    status: ActStatus
    reason: str | None = None
    fields: Mapping[str, str | None] = field(default_factory=dict)
    undo: int | None = None
    excesses: tuple[Excess, ...] = ()
    refusal: RefusedAct | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What was done to an incident: what it changed, by name, `before` and `after` it in a form that JSON can hold."""

    id: int
    number: str
    kind: ActKind
    by: str | None
    at: datetime
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    undone_at: datetime | None = None
    undone_by: str | None = None
