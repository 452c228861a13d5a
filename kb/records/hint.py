"""Hint: what could be better in an article by the content standard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """What a check found wrong, where, and what to do; `part` is a section or a fact of the article.

    `template` and `values` are the message in its parts, as those of a `Wording`.
    """

    check: Check
    part: str
    message: str
    template: str
    values: Mapping[str, str | int] = field(default_factory=dict)
