"""Feedback: what a person decided where a value was suggested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

SIMILAR_INCIDENTS = "similar_incidents"
ARTICLES = "articles"
"""Fields of a decision that refuses what was found: an incident by its number, an article by its id."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One decision on one field: `chosen` equal to `suggested` accepts, another value corrects, none refuses.

    It concerns an incident by `number`, or a `ticket` that was not stored. `act` is the act that it was part of.
    """

    field: str
    chosen: str | None
    at: datetime
    number: str | None = None
    ticket: Mapping[str, str] | None = None
    suggested: str | None = None
    by: str | None = None
    act: int | None = None


@dataclass(frozen=True, slots=True)
class WithdrawnFeedback:
    """A decision that was taken back; `before` is the value of the field before it, under `value`, where it is known.

    `left` is what the decisions that still hold say of the field, `is_last` that no other one teaches.
    """

    id: int
    field: str
    number: str | None
    chosen: str | None
    before: Mapping[str, str | None] | None
    left: str | None
    is_last: bool
