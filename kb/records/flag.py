"""Flag: what somebody found wrong with an article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """What is wrong, or that somebody asks for an article to be validated or published."""

    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    UNCLEAR = "unclear"
    OUTDATED = "outdated"
    DUPLICATE = "duplicate"
    BROKEN_LINK = "broken_link"
    APPROVAL = "approval"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Flag:
    """What is wrong with an article, found at a ticket where `number` names one; open until somebody closes it."""

    article: str
    reason: Reason
    comment: str
    at: datetime
    number: str | None = None
    by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    id: int = 0
