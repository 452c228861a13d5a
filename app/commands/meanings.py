"""Meanings of states: reads them from the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from kb.vocabulary.stage import Stage

# people's words for stages; "open" is not new, so that no field is filled in automatically
_CALLED = {"open": Stage.IN_PROGRESS, "finished": Stage.RESOLVED}

States = Annotated[
    list[str] | None,
    typer.Option("--state", help="STATE is open, finished, cancelled or another stage.", metavar="STATE=MEANING"),
]


def meanings_of(states: Iterable[str] | None) -> dict[str, Stage]:
    """Return the stage of each state, given as "Awaiting vendor=open"; raises BadParameter."""
    meanings = {}
    for entry in states or ():
        state, sign, meaning = entry.rpartition("=")
        if not sign:
            raise typer.BadParameter(f"--state {entry}: is not STATE=MEANING")
        meanings[state.strip()] = stage_called(meaning)
    return meanings


def stage_called(meaning: str) -> Stage:
    """Return the stage that a word means; raises BadParameter."""
    word = meaning.strip().casefold().replace(" ", "_")
    try:
        return _CALLED.get(word) or Stage(word)
    except ValueError:
        words = ", ".join((*_CALLED, *Stage))
        raise typer.BadParameter(f"{meaning!r} is not a meaning of a state: use one of {words}") from None
