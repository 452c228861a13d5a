"""Search: results of searching incidents and articles."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from kb.records.article import Audience


class Found(BaseModel):
    """One search result."""

    kind: Literal["incident", "article"]
    id: str
    title: str
    score: float
    excerpt: str
    source: str | None
    section: str | None = None
    state: str
    workaround: bool | None = None
    audience: Audience | None = None
    service: str | None = None


class SearchView(BaseModel):
    """Search results, best first."""

    results: list[Found]
