"""Views: what the API gives, as pydantic models; the command line prints the same ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from kb.records.article import Audience, State
from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.mode import Mode
from kb.records.outcome import OutcomeKind
from kb.records.sensitive_data import MaskedKind
from kb.retrieval.article_index import ArticleHit
from kb.retrieval.incident_index import IncidentHit
from kb.service.major_incident_proposals import MajorIncidentProposal
from triage.review import ReviewItem
from triage.suggestion import Answer, FieldSuggestion, ModelInfo, Suggestion

EXCERPT = 300
_MASKED = "Kinds of secrets that were found in what was sent and masked before anything was kept."
_KNOWN = "How familiar the ticket is: from 0, unlike anything known, to 1."


class IncidentView(BaseModel):
    """An incident as it is kept."""

    number: str
    short_description: str
    description: str
    caller: str | None
    channel: str | None
    service: str | None
    configuration_item: str | None
    category: str | None
    subcategory: str | None
    assignment_group: str | None
    impact: str | None
    urgency: str | None
    priority: str | None
    state: str
    opened_at: datetime | None
    assigned_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    reassignment_count: int | None
    reopen_count: int | None
    resolution: str | None
    articles: list[str]
    extra: dict[str, str] = Field(description="Further fields, as they came.")
    masked: list[MaskedKind] = Field(default_factory=list, description=_MASKED)

    @classmethod
    def of(cls, incident: Incident, masked: Collection[MaskedKind] = ()) -> IncidentView:
        """The view of a record, and what was masked in it just now."""
        return cls.model_validate(
            {name: getattr(incident, name) for name in cls.model_fields if name != "masked"}
            | {"articles": list(incident.articles), "extra": dict(incident.extra), "masked": sorted(masked)}
        )


class WrittenView(BaseModel):
    """What a write changed."""

    new: int
    updated: int
    unchanged: int


class CandidateView(BaseModel):
    """A possible value."""

    value: str
    confidence: float


class ParentView(BaseModel):
    """What is clear one level up, and which values below it are not."""

    field: str
    value: str
    confidence: float
    unclear: list[str]


class WordView(BaseModel):
    """A word of the ticket and how much it moved the score."""

    text: str
    weight: float


class VoterView(BaseModel):
    """An incident that carried the value."""

    number: str
    similarity: float
    share: float


class ExplanationView(BaseModel):
    """Why a value."""

    value: str
    words_for: list[WordView]
    words_against: list[WordView]
    incidents: list[VoterView]
    articles: list[str]


class FieldView(BaseModel):
    """What one field should be; the value is null where the decision is `unsure`."""

    value: str | None
    confidence: float = Field(description="Calibrated probability of the best guess, from 0 to 1.")
    decision: Decision
    alternatives: list[CandidateView]
    reason: str | None = Field(default=None, description="Why it is unsure.")
    prediction_set: list[str] = Field(
        default_factory=list, description="Values of which the right one is one, nine times in ten; best first."
    )
    parent: ParentView | None = None
    explanation: ExplanationView | None = Field(default=None, description="With explain=true: why this value.")
    mode: Mode = Field(default=Mode.RECOMMEND, description="What the desk does with suggestions on this field.")
    automatic_from: float | None = Field(default=None, description="Confidence from which it is automatic.")
    held_back: str | None = Field(default=None, description="Why an automatic field is only recommended here.")

    @classmethod
    def of(cls, field: FieldSuggestion) -> FieldView:
        """The view of a field's suggestion."""
        return cls.model_validate(asdict(field))


class ArticleEvidence(BaseModel):
    """An article that may solve it."""

    id: str
    title: str
    score: float
    state: State
    workaround: bool = Field(description="Whether it says what to do: it has a resolution or a workaround.")
    section: str = Field(description="Section that the excerpt stands in.")
    excerpt: str
    linked: float = Field(description="How much similar incidents were solved by it: from 0 to 1.")


class IncidentEvidence(BaseModel):
    """A resolved incident like it."""

    number: str
    score: float
    short_description: str
    resolution: str | None
    category: str | None
    assignment_group: str | None
    articles: list[str]
    repeats: int = Field(description="Near-duplicates of it that fit as well and are not listed.")


class ModelView(BaseModel):
    """Which model answered."""

    version: str
    trained_at: str | None

    @classmethod
    def of(cls, info: ModelInfo) -> ModelView:
        """The view of a model."""
        return cls(version=info.version, trained_at=info.trained_at)


class SuggestionView(BaseModel):
    """The answer to a ticket."""

    fields: dict[str, FieldView]
    known: float = Field(description=_KNOWN)
    articles: list[ArticleEvidence]
    similar_incidents: list[IncidentEvidence]
    model: ModelView
    took_ms: float
    masked: list[MaskedKind] = Field(default_factory=list, description=_MASKED)

    @classmethod
    def of(cls, suggestion: Suggestion, masked: Collection[MaskedKind] = ()) -> SuggestionView:
        """The view of a suggestion."""
        return cls(
            fields={name: FieldView.of(field) for name, field in suggestion.fields.items()},
            known=suggestion.known,
            articles=[_article_evidence(hit) for hit in suggestion.articles],
            similar_incidents=[_incident_evidence(hit) for hit in suggestion.similar_incidents],
            model=ModelView.of(suggestion.model),
            took_ms=suggestion.took_ms,
            masked=sorted(masked),
        )


class ClassifyResult(BaseModel):
    """Fields of one ticket."""

    fields: dict[str, FieldView]
    known: float = Field(description=_KNOWN)

    @classmethod
    def of(cls, answer: Answer) -> ClassifyResult:
        """The view of an answer."""
        return cls(fields={name: FieldView.of(field) for name, field in answer.fields.items()}, known=answer.known)


class ClassifyView(BaseModel):
    """One result per ticket, in their order."""

    results: list[ClassifyResult]
    model: ModelView


class ReviewTicket(BaseModel):
    """An open ticket with the fields that nobody has set yet."""

    incident: IncidentView
    fields: dict[str, FieldView]


class ReviewView(BaseModel):
    """Open tickets, the one that most needs a person first."""

    tickets: list[ReviewTicket]

    @classmethod
    def of(cls, items: list[ReviewItem]) -> ReviewView:
        """The view of a review list."""
        return cls(
            tickets=[
                ReviewTicket(
                    incident=IncidentView.of(item.incident),
                    fields={name: FieldView.of(field) for name, field in item.fields.items()},
                )
                for item in items
            ]
        )


class OutcomesView(BaseModel):
    """How many incidents came out how."""

    counts: dict[OutcomeKind, int]


class MajorIncidentView(BaseModel):
    """A major incident that was proposed: the incidents that speak for it, of which the lead was logged first."""

    lead: str
    proposed_at: datetime
    incidents: list[str]


class MajorIncidentsView(BaseModel):
    """Major incidents that were proposed, the newest first."""

    proposals: list[MajorIncidentView]

    @classmethod
    def of(cls, proposals: Collection[MajorIncidentProposal]) -> MajorIncidentsView:
        """The view of proposals."""
        found = [
            MajorIncidentView(lead=one.lead, proposed_at=one.proposed_at, incidents=list(one.numbers))
            for one in proposals
        ]
        return cls(proposals=found)


class CatalogueView(BaseModel):
    """The values of each field that is listed; a field that is not may have any."""

    fields: dict[str, list[str]]


class FeedbackView(BaseModel):
    """The kept decision, and the incident that now teaches it."""

    id: int
    number: str


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

    @classmethod
    def article(cls, hit: ArticleHit) -> Found:
        """A found article."""
        article = hit.article
        return cls(
            kind="article",
            id=article.id,
            title=article.title,
            score=round(hit.score, 4),
            excerpt=shortened(hit.passage.text),
            source=article.source,
            section=hit.passage.section,
            state=article.state,
            workaround=article.solves,
            audience=article.audience,
            service=article.service,
        )

    @classmethod
    def incident(cls, hit: IncidentHit) -> Found:
        """A found incident."""
        incident = hit.incident
        return cls(
            kind="incident",
            id=incident.number,
            title=headline(incident),
            score=round(hit.score, 4),
            excerpt=shortened(incident.resolution or incident.description),
            source=incident.channel,
            state=incident.state,
            service=incident.service,
        )


class SearchView(BaseModel):
    """Search results, best first."""

    results: list[Found]

    @classmethod
    def of(cls, hits: list[IncidentHit | ArticleHit]) -> SearchView:
        """The view of what was found."""
        return cls(results=[Found.article(hit) if isinstance(hit, ArticleHit) else Found.incident(hit) for hit in hits])


class Health(BaseModel):
    """Whether the process runs."""

    status: Literal["ok"] = "ok"


class ReadinessView(BaseModel):
    """Whether it can answer, and from what."""

    status: Literal["ready"] = "ready"
    incidents: int
    articles: int
    model: ModelView


def headline(incident: Incident) -> str:
    """What an incident is called: its short description, or the beginning of its text."""
    return incident.short_description or shortened(incident.description, 100)


def shortened(text: str, limit: int = EXCERPT) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def _article_evidence(hit: ArticleHit) -> ArticleEvidence:
    passage = hit.answer or hit.passage
    return ArticleEvidence(
        id=hit.article.id,
        title=hit.article.title,
        score=round(hit.score, 4),
        state=hit.article.state,
        workaround=hit.article.solves,
        section=passage.section,
        excerpt=shortened(passage.text),
        linked=round(hit.linked, 4),
    )


def _incident_evidence(hit: IncidentHit) -> IncidentEvidence:
    incident = hit.incident
    return IncidentEvidence(
        number=incident.number,
        score=round(hit.score, 4),
        short_description=headline(incident),
        resolution=incident.resolution,
        category=incident.category,
        assignment_group=incident.assignment_group,
        articles=list(incident.articles),
        repeats=hit.repeats,
    )


def headline_of(incident: IncidentView) -> str:
    """What an incident is called, by its view."""
    return incident.short_description or shortened(incident.description, 100)
