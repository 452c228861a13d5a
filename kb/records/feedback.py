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

    It concerns an incident by `number`, or a `ticket` that was not stored.
    """

    field: str
    chosen: str | None
    at: datetime
    number: str | None = None
    ticket: Mapping[str, str] | None = None
    suggested: str | None = None
    by: str | None = None
