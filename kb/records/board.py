"""Board: the lanes and columns that incidents stand in, their limits, and what is refused beyond them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb.vocabulary.stage import Stage
from models.errors import ConflictError

COLUMNS = (Stage.NEW, Stage.ASSIGNED, Stage.IN_PROGRESS, Stage.WAITING, Stage.RESOLVED)
"""The stages that are columns, in their order; of the resolved incidents only the latest are shown."""


class LaneKind(StrEnum):
    """What the lanes of a board divide incidents by."""

    NONE = "none"
    GROUP = "group"
    SERVICE = "service"


class LimitKind(StrEnum):
    """What a limit is of: a column over all lanes, a column in one lane, a person, or the expedite lane."""

    COLUMN = "column"
    LANE = "lane"
    PERSON = "person"
    EXPEDITE = "expedite"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many incidents a place on the board may hold; `name` is its lane or person, where it is of one."""

    kind: LimitKind
    most: int
    stage: Stage | None = None
    name: str | None = None

    @property
    def place(self) -> str:
        """Return the place in words, such as "in progress in the lane Network"."""
        column = "" if self.stage is None else self.stage.value.replace("_", " ")
        match self.kind:
            case LimitKind.COLUMN:
                return f"the column {column}"
            case LimitKind.LANE:
                return f"the column {column} in the lane {self.name}"
            case LimitKind.PERSON:
                return f"the work of {self.name}"
            case LimitKind.EXPEDITE:
                return "the expedite lane"


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that one more incident would exceed, and how many are there already."""

    limit: Limit
    count: int

    def __str__(self) -> str:
        return f"{self.limit.place} has {self.count} of at most {self.limit.most} incidents"


class OverLimitError(ConflictError):
    """A limit of the board is reached: finish something there first, or say why this has to go beyond it."""

    def __init__(self, message: str, excesses: Sequence[Excess] = ()) -> None:
        super().__init__(message)
        self.excesses = tuple(excesses)


def over_limit(number: str, excesses: Sequence[Excess]) -> OverLimitError:
    """Return the error that keeps an incident from going beyond limits."""
    told = "; ".join(map(str, excesses))
    return OverLimitError(
        f"{number} stays where it is: {told}. Finish something first, or say why this has to be (`override`)", excesses
    )
