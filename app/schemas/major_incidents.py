"""Major incidents: proposals, their reasons, and decisions on them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.field_types import Key, Value
from kb.records.major_incident import MajorDecision, ReasonKind


class MajorReasonView(BaseModel):
    """Why a major incident was proposed."""

    kind: ReasonKind
    at: datetime
    observed: int = Field(description="Callers who reported it within these minutes, each counted once.")
    expected: float = Field(description="Usual number at that time.")
    minutes: float
    field: str | None = Field(description="Field whose value the reports share; null if they are similar by meaning.")
    value: str | None
    criterion: str | None = Field(description="Name of the criterion of practice.yaml that matched.")
    sentence: str


class MajorIncidentView(BaseModel):
    """A proposed major incident and its reports; the lead is the one logged first."""

    id: str = Field(description="Number of the lead; it stays the same when others join.")
    lead: str
    subject: str = Field(description="The shortest typical short description of its incidents.")
    since: datetime | None = Field(description="When the first of its incidents was logged, if known.")
    proposed_at: datetime
    incidents: list[str]
    still_open: int = Field(description="Number of its incidents that are open.")
    decision: MajorDecision
    decided_by: str | None
    decided_at: datetime | None
    reason: MajorReasonView | None = Field(description="Why it was proposed; unknown for older ones.")
    merged_into: str | None = Field(description="Id of the major incident that it was merged into.")


class MajorIncidentsView(BaseModel):
    """Major incidents that were proposed and not merged into others, the newest first."""

    proposals: list[MajorIncidentView]


class ReportView(BaseModel):
    """An incident that reports a major incident."""

    number: str
    title: str
    opened_at: datetime | None
    is_open: bool
    service: str | None
    location: str | None


class CountedView(BaseModel):
    """A value and how many of the reports have it."""

    value: str
    reports: int


class AffectedView(BaseModel):
    """Who and what is affected according to the reports, the most frequent first."""

    callers: int = Field(description="Number of different callers.")
    locations: list[CountedView]
    services: list[CountedView]
    configuration_items: list[CountedView]


class RelatedArticleView(BaseModel):
    """An article that may help."""

    id: str
    title: str


class PastMajorView(BaseModel):
    """A past major incident that resembles this one."""

    name: str = Field(description="Its subject, or its name in the incidents.")
    id: str | None = Field(description="Its id, if it was proposed here.")
    incident: str = Field(description="One of its incidents.")
    at: datetime | None


class SeriesPointView(BaseModel):
    """The reports of the five minutes from a moment on, and the usual number then."""

    at: datetime
    observed: int
    expected: float


class MajorIncidentDetailView(MajorIncidentView):
    """A major incident with all details."""

    words: list[str] = Field(description="Words that most of the reports share.")
    service: str | None = Field(description="The likely service: of most reports, or else of similar incidents.")
    configuration_item: str | None
    affected: AffectedView
    reports: list[ReportView]
    articles: list[RelatedArticleView]
    past: list[PastMajorView]
    merged: list[str] = Field(description="Ids of the proposals that were merged into it.")
    series: list[SeriesPointView]


class MajorDecisionBody(BaseModel):
    """A decision on a proposed major incident; `open` withdraws a decision, `demoted` ends an accepted one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"decision": "accepted", "by": "s.lead", "seen": "open"}}
    )

    decision: MajorDecision
    by: Value | None = None
    seen: MajorDecision | None = Field(
        default=None, description="Decision that the person has seen; 409 if somebody has decided otherwise since."
    )


class MajorMergeBody(BaseModel):
    """The major incident to merge another one into."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"into": "INC0012", "by": "s.lead"}})

    into: Key
    by: Value | None = None


class MajorUnmergeBody(BaseModel):
    """The person who separates a major incident from the one it was merged into."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"by": "s.lead"}})

    by: Value | None = None


class BacktestProposalView(BaseModel):
    """A major incident that would have been proposed."""

    at: datetime
    minute: int = Field(description="Minute after its first report at which it would have been proposed.")
    reports: int = Field(description="Number of reports at that time.")
    incidents: list[str] = Field(description="Its reports, including those that would have joined later.")
    known_as: str | None = Field(description="The known major incident that it matches; null means a false alarm.")
    reason: MajorReasonView


class BacktestView(BaseModel):
    """What the detection would have proposed in a past period."""

    since: datetime
    until: datetime
    reports: int
    proposals: list[BacktestProposalView]
    false_alarms: int
    false_alarms_per_week: float
    low: float = Field(description="Lower end of the interval of false alarms a week (95 %).")
    high: float
