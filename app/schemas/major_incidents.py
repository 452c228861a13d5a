"""Major incidents: what is proposed as one, why, and what a person decides on it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.field_types import Key, Value
from kb.records.major_incident import MajorDecision, ReasonKind


class MajorReasonView(BaseModel):
    """Why a major incident was proposed."""

    kind: ReasonKind
    at: datetime
    observed: int = Field(description="How many callers reported it within these minutes, each counted once.")
    expected: float = Field(description="How many are usual then.")
    minutes: float
    field: str | None = Field(description="Field whose value the reports share; none where they are alike by meaning.")
    value: str | None
    criterion: str | None = Field(description="Name of the criterion of practice.yaml that matched.")
    sentence: str


class MajorIncidentView(BaseModel):
    """A major incident that was proposed: the incidents that speak for it, of which the lead was logged first."""

    id: str = Field(description="Number of the lead: the proposal keeps it, whatever joins.")
    lead: str
    subject: str = Field(description="What they report: the shortest typical short description of its incidents.")
    since: datetime | None = Field(description="When the first of its incidents was logged, as far as that is known.")
    proposed_at: datetime
    incidents: list[str]
    still_open: int = Field(description="How many of its incidents are open.")
    decision: MajorDecision
    decided_by: str | None
    decided_at: datetime | None
    reason: MajorReasonView | None = Field(description="Why it was proposed; not known of older ones.")
    merged_into: str | None = Field(description="Id of the major incident that it was merged into.")


class MajorIncidentsView(BaseModel):
    """Major incidents that were proposed and not merged into others, the newest first."""

    proposals: list[MajorIncidentView]


class ReportView(BaseModel):
    """An incident that speaks for a major incident."""

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
    """Who and what is affected, as far as the reports say so; the most frequent first."""

    callers: int = Field(description="How many different people called.")
    locations: list[CountedView]
    services: list[CountedView]
    configuration_items: list[CountedView]


class RelatedArticleView(BaseModel):
    """An article that may help."""

    id: str
    title: str


class PastMajorView(BaseModel):
    """A major incident of the past that is like this one."""

    name: str = Field(description="Its subject, or the name that its incidents give it.")
    id: str | None = Field(description="Its id, where it was proposed here.")
    incident: str = Field(description="One of its incidents.")
    at: datetime | None


class SeriesPointView(BaseModel):
    """The reports of five minutes that begin at a moment, and how many are usual then."""

    at: datetime
    observed: int
    expected: float


class MajorIncidentDetailView(MajorIncidentView):
    """A major incident with all that is known of it."""

    words: list[str] = Field(description="Words that most of the reports share.")
    service: str | None = Field(description="The likely service: what most reports say, or else similar incidents.")
    configuration_item: str | None
    affected: AffectedView
    reports: list[ReportView]
    articles: list[RelatedArticleView]
    past: list[PastMajorView]
    merged: list[str] = Field(description="Ids of the proposals that were merged into it.")
    series: list[SeriesPointView]


class MajorDecisionBody(BaseModel):
    """What a person decides on a proposed major incident; `open` takes a decision back, `demoted` an accepted one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"decision": "accepted", "by": "s.lead"}})

    decision: MajorDecision
    by: Value | None = None


class MajorMergeBody(BaseModel):
    """The major incident that another one becomes part of."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"into": "INC0012", "by": "s.lead"}})

    into: Key
    by: Value | None = None


class MajorUnmergeBody(BaseModel):
    """Who parts a major incident from the one it was merged into."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"by": "s.lead"}})

    by: Value | None = None


class BacktestProposalView(BaseModel):
    """A major incident that would have been proposed."""

    at: datetime
    minute: int = Field(description="In which minute after its first report it would have been proposed.")
    reports: int = Field(description="With how many reports.")
    incidents: list[str] = Field(description="Its reports, those that would have joined later included.")
    known_as: str | None = Field(description="The known major incident that it is; none is a false alarm.")
    reason: MajorReasonView


class BacktestView(BaseModel):
    """What the detection would have proposed in a time of the past."""

    since: datetime
    until: datetime
    reports: int
    proposals: list[BacktestProposalView]
    false_alarms: int
    false_alarms_per_week: float
    low: float = Field(description="Lower end of the interval of false alarms a week (95 %).")
    high: float
