"""Worklist item: one thing to do for a knowledge manager, with its evidence, and the decision on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ItemKind(StrEnum):
    """Why something is on the worklist."""

    GAP = "gap"
    DUPLICATE = "duplicate"
    STALE = "stale"
    READY = "ready"
    FLAG = "flag"
    QUALITY = "quality"


class Action(StrEnum):
    """The one thing to do about an item."""

    DRAFT = "draft"
    MERGE = "merge"
    ARCHIVE = "archive"
    VALIDATE = "validate"
    PUBLISH = "publish"
    EDIT = "edit"


WORK_MINUTES: Mapping[Action, float] = {
    Action.DRAFT: 60,
    Action.MERGE: 3,
    Action.ARCHIVE: 2,
    Action.VALIDATE: 3,
    Action.PUBLISH: 10,
    Action.EDIT: 15,
}
"""What an action takes a person; assumed."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: `hours` a year are at stake, assumed and counted as `why` says.

    `articles` are those concerned, the one to act on first; `incidents` are numbers that show it; `facts` what else
    is known, by kind.
    """

    id: str
    kind: ItemKind
    title: str
    why: str
    action: Action
    hours: float
    articles: Sequence[str] = ()
    incidents: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def worth(self) -> float:
        """Hours a year at stake by minute of work: the shortest way to most comes first."""
        return self.hours / WORK_MINUTES[self.action]


def item_id(kind: ItemKind, *keys: str) -> str:
    """Return the id of an item about these records; it is the same in every run."""
    return f"{kind.value}-{hashlib.sha256('|'.join(keys).encode()).hexdigest()[:10]}"


class Verdict(StrEnum):
    """What was decided: it is none and never comes back, it was done, or it is open again."""

    IGNORED = "ignored"
    DONE = "done"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class ItemDecision:
    """The decision on an item, and the name that it was given, `None` where it keeps its own."""

    item: str
    verdict: Verdict
    at: datetime
    name: str | None = None
    note: str = ""
    by: str | None = None
