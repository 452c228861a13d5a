"""Curation: the worklist, measures, the taxonomy, and people's roles."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.schemas.articles import ActBody
from app.schemas.field_types import Comment, Key
from kb.records.clean_text import clean
from kb.records.known import Known
from kb.records.life_cycle import Role
from kb.records.worklist_item import Action, ItemKind, Verdict


class DoBody(ActBody):
    """The person who acts, and whether the configured language model may reword a draft."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"by": "k.manager"}})

    polish: bool = False
    keep: Annotated[Key | None, Field(description="The article to keep in a merge; by default the better one.")] = None


class DecisionBody(ActBody):
    """A decision on an item: ignored for good, done, or open again; and a name for it.

    Without a verdict only the name changes, and an earlier decision stays.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"verdict": "ignored", "by": "k.manager"}})

    verdict: Verdict | None = None
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S"), AfterValidator(clean)] | None = None
    note: Annotated[Comment, Field(description="The reason, stored with a verdict.")] = ""

    @model_validator(mode="after")
    def _decides_or_names(self) -> DecisionBody:
        if self.verdict is None and self.name is None:
            raise ValueError("send a verdict, a name or both")
        return self


class RoleBody(ActBody):
    """The new role of a person."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"role": "publisher", "by": "s.lead"}})

    role: Role
    groups: Annotated[list[Key], Field(max_length=100)] | None = Field(
        default=None, description="Named groups of the person, which replace earlier ones; null leaves them unchanged."
    )


class RulingView(BaseModel):
    """The decision on an item."""

    verdict: Verdict
    note: str
    by: str | None
    at: datetime


class ItemView(BaseModel):
    """One thing to do, with its evidence; `facts` depend on the kind."""

    id: str
    kind: ItemKind
    title: str
    why: str
    action: Action
    hours: float = Field(description="Hours a year at stake, counted and assumed as `why` explains.")
    articles: list[str]
    incidents: list[str]
    facts: dict[str, Any]
    ruling: RulingView | None


class WorklistView(BaseModel):
    """What is to do, the most worthwhile first."""

    as_of: datetime | None = Field(description="When curation last ran; null before the first run.")
    items: list[ItemView]
    total: int
    counts: dict[ItemKind, int]
    polishes: bool = Field(description="Whether a language model is configured that may reword drafts.")


class DoneView(BaseModel):
    """The action taken on an item, and the article that it concerns now."""

    item: str
    action: Action
    article: str


class ShareView(BaseModel):
    """A share with its 95 % interval and the number of cases that it was counted on."""

    value: float | None
    low: float
    high: float
    count: int


class MonthView(BaseModel):
    """A month's incidents, and the share of them with an article linked."""

    month: str
    incidents: int
    link_rate: float


class ReuseView(BaseModel):
    """How often an article was linked."""

    article: str
    title: str
    links: int


class LinkCheckView(BaseModel):
    """A sampled link: whether the article is among the first three that the ticket's text finds."""

    number: str
    article: str
    expected: bool


class MeasuresView(BaseModel):
    """How well the knowledge base covers the work, for a team, a service and a period."""

    as_of: datetime | None
    team: str | None
    service: str | None
    since: date | None
    until: date | None
    incidents: int
    known: dict[str, ShareView] = Field(description="Known against new, on an even sample of the incidents.")
    link_rate: ShareView
    link_accuracy: ShareView
    reopened_with_article: ShareView
    reopened_without_article: ShareView
    months: list[MonthView]
    reuse: list[ReuseView]
    to_check: list[LinkCheckView]
    teams: list[str]
    services: list[str]


class CaseView(BaseModel):
    """A resolved incident that the measures count."""

    number: str
    title: str
    day: date | None
    team: str | None
    service: str | None
    articles: list[str]
    reopened: bool
    known: Known | None = Field(description="How much of it the knowledge base covered; null outside the sample.")
    expected: bool | None


class CaseList(BaseModel):
    """A page of cases, the newest first."""

    cases: list[CaseView]
    total: int


class ContributionView(BaseModel):
    """The contributions of one person, for the coach."""

    person: str
    created: int
    edited: int
    validated: int
    linked: int
    captured: int
    flagged: int


class ContributionsView(BaseModel):
    """Contributions by name, never ranked, and the time until articles can be used."""

    people: list[ContributionView]
    days_to_publish: float | None
    published: int


class UnusedView(BaseModel):
    """A category that has had no incidents for a number of days."""

    category: str
    count: int
    days: int


class MixedView(BaseModel):
    """Two categories whose incidents look like each other's, with the share of either."""

    categories: tuple[str, str]
    shares: tuple[float, float]
    incidents: list[str]


class DeservingView(BaseModel):
    """An issue inside a category that is big and distinct enough for a separate category."""

    category: str
    name: str
    count: int
    share: float
    incidents: list[str]


class TaxonomyView(BaseModel):
    """What is wrong with the categories."""

    as_of: datetime | None
    unused: list[UnusedView] = Field(default_factory=list)
    mixed: list[MixedView] = Field(default_factory=list)
    deserving: list[DeservingView] = Field(default_factory=list)


class PersonView(BaseModel):
    """A person's role."""

    name: str
    role: Role
    at: datetime
    by: str | None
    groups: list[str] = Field(default_factory=list, description="Named groups whose restricted incidents they see.")


class PeopleView(BaseModel):
    """People with an assigned role, and the role of everybody else."""

    everybody: Role
    people: list[PersonView]


class GapsView(BaseModel):
    """Issues that recur and that no article answers, the most worthwhile first."""

    gaps: list[ItemView]
    total: int
