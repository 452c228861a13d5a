"""Suggestions: for each field a value with its confidence, and the evidence it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kb.search import ArticleHit, IncidentHit


class Decision(StrEnum):
    """What the evidence allows: fill it in, offer it, or say that it is unclear."""

    AUTOMATIC = "automatic"
    SUGGESTED = "suggested"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible value with its calibrated probability."""

    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class FieldSuggestion:
    """What one field should be.

    `value` is `None` where the decision is unsure; `confidence` is then that of the best guess, which stands
    first among the alternatives.
    """

    value: str | None
    confidence: float
    decision: Decision
    alternatives: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answered."""

    version: str
    trained_at: str | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The answer to a ticket: fields, known workarounds and resolved incidents like it."""

    fields: Mapping[str, FieldSuggestion]
    articles: tuple[ArticleHit, ...]
    similar_incidents: tuple[IncidentHit, ...]
    model: ModelInfo
    took_ms: float
