"""Moves: from which stage an incident may go to which, why not elsewhere, and what its state is called then."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from kb.vocabulary.stage import Stage


class MoveObstacle(StrEnum):
    """What keeps an incident from a stage; the names stand in the file of moves, and go over the wire."""

    ALREADY = "already"
    NEEDS_OWNER = "needs_owner"
    RESOLVE_FIRST = "resolve_first"
    IS_OVER = "is_over"
    BACK_TO_GROUP = "back_to_group"
    WAS_SOLVED = "was_solved"
    IS_CLOSED = "is_closed"
    WAS_WORKED_ON = "was_worked_on"
    WAS_CANCELLED = "was_cancelled"
    NO_STAGE = "no_stage"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an incident may not go from some stages to others."""

    obstacle: MoveObstacle
    before: frozenset[Stage]
    after: frozenset[Stage]
    reason: str


@dataclass(frozen=True, slots=True)
class Moves:
    """The legal moves by stage, the names of states by stage, and the reasons of what is refused."""

    legal: Mapping[Stage, tuple[Stage, ...]]
    names: Mapping[Stage, tuple[str, ...]]
    refusals: tuple[Refusal, ...]

    def refusal(self, before: Stage, after: Stage) -> Refusal | None:
        """Return why an incident may not go from one stage to another, `None` where it may."""
        if before is after:
            stages = frozenset({before})
            return Refusal(MoveObstacle.ALREADY, stages, stages, f"it is {words(before)} already")
        if after in self.legal[before]:
            return None
        return next(one for one in self.refusals if before in one.before and after in one.after)


@cache
def read_moves() -> Moves:
    """Return the moves as the file beside this module says them."""
    content = tomllib.loads((files("kb.vocabulary") / "moves.toml").read_text(encoding="utf-8"))
    return Moves(
        {Stage(stage): tuple(map(Stage, after)) for stage, after in content["moves"].items()},
        {Stage(stage): tuple(names) for stage, names in content["names"].items()},
        tuple(
            Refusal(
                MoveObstacle(one["name"]),
                frozenset(map(Stage, one["from"])),
                frozenset(map(Stage, one["to"])),
                one["reason"],
            )
            for one in content["refusals"]
        ),
    )


def words(stage: Stage) -> str:
    """Return a stage as people say it."""
    return stage.value.replace("_", " ")
