"""Suggestions: values for the fields of a ticket with their evidence, and people's decisions."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.schemas.field_types import BATCH_LIMIT, Comment, Key, Value, requires_any_text, requires_text
from app.schemas.incidents import IncidentView
from app.schemas.major_room import KnownMajorView
from app.schemas.security import SecurityAdviceView
from app.schemas.tickets import MASKED_DESCRIPTION, TICKET_EXAMPLE, Ticket
from kb.records.article import State
from kb.records.decision import Decision
from kb.records.mode import Mode
from kb.records.question_kind import QuestionKind
from kb.records.sensitive_data import MaskedKind


class ClassifyBody(BaseModel):
    """Tickets to classify."""

    model_config = ConfigDict(json_schema_extra={"example": {"tickets": [TICKET_EXAMPLE["example"]]}})

    tickets: Annotated[list[Ticket], Field(max_length=BATCH_LIMIT)]


class FeedbackBody(BaseModel):
    """A person's decision on one field.

    With `chosen` null, the suggested value is never suggested again for similar tickets. The field `similar_incidents`
    takes the number of an incident that is not similar as `suggested`, `articles` the id of an article that did not
    help.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": "INC0010001",
                "field": "category",
                "suggested": "Hardware",
                "chosen": "Access",
                "by": "a.agent",
            },
            "allOf": [
                requires_any_text("chosen", "suggested"),
                {
                    "anyOf": [
                        requires_text("number"),
                        {"required": ["ticket"], "properties": {"ticket": {"type": "object"}}},
                    ]
                },
            ],
        }
    )

    number: Key | None = None
    ticket: Ticket | None = None
    field: Key
    suggested: Value | None = None
    chosen: Value | None = None
    by: Value | None = None
    override: Comment | None = Field(default=None, description="Reason for a value beyond a limit of the board.")

    @model_validator(mode="after")
    def _concerns_a_ticket(self) -> FeedbackBody:
        if self.number is None and self.ticket is None:
            raise ValueError("number or ticket must say what the decision is about")
        if not self.chosen and not self.suggested:
            raise ValueError("chosen must name a value, or suggested one that is never right for such a ticket")
        return self


_KNOWN = "How familiar the ticket is: from 0, unlike anything known, to 1."


class CandidateView(BaseModel):
    """A possible value."""

    value: str
    confidence: float


class ParentView(BaseModel):
    """The value that is clear one level up, and the values below it that are not."""

    field: str
    value: str
    confidence: float
    unclear: list[str]


class WordView(BaseModel):
    """A word of the ticket and how much it moved the score."""

    text: str
    weight: float


class VoterView(BaseModel):
    """An incident that has the value."""

    number: str
    similarity: float
    share: float


class ExplanationView(BaseModel):
    """Why a value is suggested: the words for and against it, similar incidents that have it, and articles."""

    value: str
    words_for: list[WordView]
    words_against: list[WordView]
    incidents: list[VoterView]
    articles: list[str]
    derived_from: dict[str, str] = Field(
        default_factory=dict, description="Impact and urgency of a priority that the matrix derives from them."
    )


class FieldView(BaseModel):
    """The suggestion for one field; the value is null if the decision is `unsure`."""

    value: str | None
    confidence: float = Field(description="Calibrated probability of the best guess, from 0 to 1.")
    decision: Decision
    alternatives: list[CandidateView]
    reason: str | None = Field(default=None, description="Why it is unsure.")
    prediction_set: list[str] = Field(
        default_factory=list, description="Values that contain the right one nine times in ten, best first."
    )
    parent: ParentView | None = None
    explanation: ExplanationView | None = Field(default=None, description="With explain=true, why this value.")
    mode: Mode = Field(default=Mode.RECOMMEND, description="What the organisation does with suggestions on this field.")
    automatic_from: float | None = Field(default=None, description="Confidence from which a value is automatic.")
    held_back: str | None = Field(default=None, description="Why an automatic field is only recommended here.")


class ArticleEvidence(BaseModel):
    """An article that may solve it."""

    id: str
    title: str
    score: float
    state: State
    workaround: bool = Field(description="Whether it says what to do: it has a resolution or a workaround.")
    section: str = Field(description="Section that contains the excerpt.")
    excerpt: str
    linked: float = Field(description="How strongly links of similar incidents support it, from 0 to 1.")


class IncidentEvidence(BaseModel):
    """A resolved incident that resembles the ticket."""

    number: str
    score: float
    short_description: str
    resolution: str | None
    category: str | None
    assignment_group: str | None
    articles: list[str]
    repeats: int = Field(description="Near-duplicates that fit as well and are not listed.")


class ModelView(BaseModel):
    """Which model answered."""

    version: str
    trained_at: str | None


class QuestionView(BaseModel):
    """A question to the caller whose answer would make a field sure."""

    field: str = Field(description="The field that is unsure.")
    kind: QuestionKind
    text: str
    why: str
    choices: list[str] = Field(description="Likely answers; the answer goes into the description as a further line.")


class SuggestionView(BaseModel):
    """The answer to a ticket."""

    fields: dict[str, FieldView]
    known: float = Field(description=_KNOWN)
    articles: list[ArticleEvidence]
    similar_incidents: list[IncidentEvidence]
    model: ModelView
    took_ms: float
    masked: list[MaskedKind] = Field(default_factory=list, description=MASKED_DESCRIPTION)
    questions: list[QuestionView] = Field(
        default_factory=list, description="At most two questions whose answer would make an unsure field sure."
    )
    major: KnownMajorView | None = Field(default=None, description="The active major incident that it reports.")
    security: SecurityAdviceView | None = Field(
        default=None, description="What to do and what not to do, if the ticket may be a security incident."
    )


class ClassifyResult(BaseModel):
    """Fields of one ticket."""

    fields: dict[str, FieldView]
    known: float = Field(description=_KNOWN)


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


class FeedbackView(BaseModel):
    """The stored decision, and the incident that now teaches it."""

    id: int
    number: str


class CorrectedView(BaseModel):
    """The incident that now teaches a correction."""

    number: str
