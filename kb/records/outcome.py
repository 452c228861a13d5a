"""Outcome: what became of an incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OutcomeKind(StrEnum):
    """What can become of an incident."""

    CLOSED = "closed"
    REASSIGNED = "reassigned"
    REOPENED = "reopened"
    ARTICLE_LINKED = "article_linked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an incident; `value` is the new group, the linked article, or the resolution of a closing."""

    number: str
    kind: OutcomeKind
    at: datetime
    value: str | None = None
    by: str | None = None
