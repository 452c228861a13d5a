"""Job reports: the figures that the desk shows; the files of a job hold all."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from app.schemas.administration import EstimateView


class EvaluatedFieldView(BaseModel):
    """One field on held-out tickets: how often the first and the first three guesses were right."""

    examples: int
    values: int
    accuracy: EstimateView
    top3: EstimateView
    precision_asked: float
    automatic_share: EstimateView
    automatic_right: EstimateView


class MissedValueView(BaseModel):
    """A value that was found for few of its tickets."""

    field: str
    value: str
    examples: int
    recall: EstimateView = Field(description="Share of its tickets for which it was the best guess.")
    taken_for: str | None = Field(description="The value that was guessed instead most often.")


class EvaluationView(BaseModel):
    """How good suggestions are on the newest tickets: `learnt` of them for training, `asked` for the test."""

    order: str
    since: datetime | None
    learnt: int
    asked: int
    as_filed: int
    fields: dict[str, EvaluatedFieldView]
    missed: list[MissedValueView] = Field(
        default_factory=list, description="Values that are missed most, those of urgent tickets first."
    )


class ReplayedFieldView(BaseModel):
    """One field in a replay."""

    examples: int
    accuracy: EstimateView
    automatic_share: EstimateView
    automatic_right: EstimateView


class ReplayedArticlesView(BaseModel):
    """How often the article that solved a ticket came first in a replay."""

    examples: int
    first: EstimateView


class MonthView(BaseModel):
    """One month of a replay."""

    month: str
    tickets: int
    fields: dict[str, ReplayedFieldView]


class ReplayView(BaseModel):
    """How the past would have gone with suggestions from the first day on."""

    since: datetime | None
    until: datetime | None
    tickets: int
    trainings: int
    routed_right: EstimateView
    reassignments: int
    reassignments_avoided: int
    hours_given_back: float
    fields: dict[str, ReplayedFieldView]
    articles: ReplayedArticlesView
    months: list[MonthView]


class ReadyFieldView(BaseModel):
    """Whether suggestions on a field can be relied on, and what it lacks."""

    field: str
    ready: bool
    examples: int
    accuracy: float | None
    automatic_share: float | None
    best_possible: float | None
    tickets_needed: int
    reason: str


class FindingView(BaseModel):
    """A problem in the data: the `share` of incidents that it concerns, and the `numbers` of some."""

    kind: str
    field: str | None
    share: float
    message: str
    examples: list[str]
    numbers: list[str]
    facts: dict[str, str | int | float] = Field(
        default_factory=dict, description="What the message says, as values: counts, shares of one, values and days."
    )


class SuspectView(BaseModel):
    """A ticket whose value is probably wrong, and the likely one."""

    number: str
    field: str
    value: str
    likely: str
    doubt: float


class CheckupView(BaseModel):
    """Problems in the data, worst first."""

    incidents: int
    fields: list[ReadyFieldView]
    findings: list[FindingView]
    suspects: list[SuspectView]
