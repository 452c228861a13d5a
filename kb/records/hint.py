"""Hint: what could be better in an article by the content standard."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """The content standard checklist of KCS v6."""

    UNIQUE = "unique"
    COMPLETE = "complete"
    CLEAR = "clear"
    TITLE = "title"
    LINKS = "links"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Hint:
    """What a check found wrong, where, and what to do; `part` is a section or a fact of the article."""

    check: Check
    part: str
    message: str
