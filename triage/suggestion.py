"""Suggestions: for each field a value with its confidence, and the evidence it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.records.decision import Decision
from kb.records.mode import Mode
from kb.retrieval.article_index import ArticleHit
from kb.retrieval.incident_index import IncidentHit
from triage.explanation import Explanation
from triage.hierarchy import Parent
from triage.question import Question


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible value with its calibrated probability."""

    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class FieldSuggestion:
    """What one field should be.

    `value` is `None` where the decision is unsure; `confidence` is then that of the best guess, which stands first
    among the alternatives, below what a value needs to be suggested, and `reason` says why. `prediction_set` is the
    smallest set of values that holds the right one nine times in ten, `parent` what is clear one level up,
    `explanation` is present where it was asked for, `automatic_from` the confidence from which a value is automatic,
    `None` where none is. `held_back` says why it is only recommended although its field is automatic.
    """

    value: str | None
    confidence: float
    decision: Decision
    alternatives: tuple[Candidate, ...]
    reason: str | None = None
    prediction_set: tuple[str, ...] = ()
    parent: Parent | None = None
    explanation: Explanation | None = None
    mode: Mode = Mode.RECOMMEND
    automatic_from: float | None = None
    held_back: str | None = None

    @property
    def best(self) -> Candidate | None:
        """Return the best guess, also where it is unsure."""
        return Candidate(self.value, self.confidence) if self.value is not None else next(iter(self.alternatives), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """The fields of one ticket, and how familiar it is: from 0, unlike anything known, to 1."""

    fields: Mapping[str, FieldSuggestion]
    known: float


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answered."""

    version: str
    trained_at: str | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The answer to a ticket: fields, known workarounds, resolved incidents like it, and what to ask the caller."""

    fields: Mapping[str, FieldSuggestion]
    known: float
    articles: tuple[ArticleHit, ...]
    similar_incidents: tuple[IncidentHit, ...]
    model: ModelInfo
    took_ms: float
    questions: tuple[Question, ...] = ()
