"""What is said of limits of the board that are reached."""

from __future__ import annotations

from collections.abc import Iterable

from app.desk.language import _, in_sentence, number
from app.desk.stage_words import stage_name
from kb.records.board import Excess, LimitKind


def beyond_words(excesses: Iterable[Excess]) -> str:
    """Return the limits that something goes beyond, as a sentence."""
    return _("Beyond a limit: {reasons}.").format(reasons=excess_words(excesses))


def excess_words(excesses: Iterable[Excess]) -> str:
    """Return limits that are reached, in words that belong inside a sentence."""
    return "; ".join(map(_excess, excesses))


def _excess(one: Excess) -> str:
    stage = "" if one.limit.stage is None else in_sentence(stage_name(one.limit.stage))
    words = {
        LimitKind.COLUMN: _("the column {column} has {count} of at most {limit} incidents"),
        LimitKind.LANE: _("the column {column} in the lane {name} has {count} of at most {limit} incidents"),
        LimitKind.PERSON: _("the work of {name} has {count} of at most {limit} incidents"),
        LimitKind.EXPEDITE: _("the expedite lane has {count} of at most {limit} incidents"),
    }[one.limit.kind]
    return words.format(column=stage, name=one.limit.name, count=number(one.count), limit=number(one.limit.most))


def refusal_words(excesses: Iterable[Excess]) -> str:
    """Return why the board has no room, and what to do about it."""
    return _("There is no room: {reasons}. Finish something first, or say why this has to be.").format(
        reasons=excess_words(excesses)
    )
