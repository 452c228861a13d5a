"""Record kind: which records a search looks through."""

from __future__ import annotations

from enum import StrEnum


class RecordKind(StrEnum):
    """What can be searched for."""

    INCIDENTS = "incidents"
    ARTICLES = "articles"
