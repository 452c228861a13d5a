"""Views of knowledge: articles, the worklist and measures, as pydantic models."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from app.schemas.knowledge_bodies import SectionBody
from kb.authoring.editing import Merged
from kb.curation.article_value import ArticleValue
from kb.curation.contributions import Contributions
from kb.curation.demand import Demand, Share
from kb.curation.workbench import Done, Worklist, WorklistEntry
from kb.records.article import Audience, Governance, State
from kb.records.flag import Flag, Reason
from kb.records.hint import Check, Hint
from kb.records.life_cycle import Role
from kb.records.worklist_item import Action, ItemKind, Verdict
from kb.storage.article_rows import ArticleVersion, StoredArticle
from kb.storage.roles import Person, Roles


class ArticleSummary(BaseModel):
    """An article in a list."""

    id: str
    title: str
    state: State
    audience: Audience
    governance: Governance
    service: str | None
    category: str | None
    source: str | None
    merged_into: str | None
    version: int
    updated_at: datetime
    updated_by: str | None

    @classmethod
    def of(cls, stored: StoredArticle) -> ArticleSummary:
        """The summary of a stored article."""
        article = stored.article
        parts = {name: getattr(article, name) for name in cls.model_fields if hasattr(article, name)}
        return cls(**parts, version=stored.version, updated_at=stored.updated_at, updated_by=stored.updated_by)


class VersionView(BaseModel):
    """One version of an article."""

    version: int
    at: datetime
    by: str | None
    state: State

    @classmethod
    def of(cls, entry: ArticleVersion) -> VersionView:
        """The view of a version."""
        return cls(version=entry.version, at=entry.at, by=entry.by, state=entry.article.state)


class ArticleView(ArticleSummary):
    """A whole article."""

    issue: str
    environment: str
    cause: str
    resolution: str
    workaround: str
    sections: list[SectionBody]
    summary: str
    extra: dict[str, Any]
    created_at: datetime
    history: list[VersionView]

    @classmethod
    def full(cls, stored: StoredArticle, history: list[ArticleVersion]) -> ArticleView:
        """The view of a stored article with its history."""
        article = stored.article
        parts = {name: getattr(article, name) for name in cls.model_fields if hasattr(article, name)}
        return cls(
            **parts
            | {"sections": [SectionBody(heading=part.heading, text=part.text) for part in article.sections]}
            | {"extra": dict(article.extra)},
            version=stored.version,
            updated_at=stored.updated_at,
            updated_by=stored.updated_by,
            created_at=stored.created_at,
            history=[
                VersionView(version=entry.version, at=entry.at, by=entry.by, state=entry.article.state)
                for entry in history
            ],
        )


class ArticleList(BaseModel):
    """A page of articles, by title."""

    articles: list[ArticleSummary]
    total: int


class DifferenceView(BaseModel):
    """What changed between two versions of an article, as lines of a unified diff."""

    before: int
    after: int
    lines: list[str]


class FlagView(BaseModel):
    """What somebody found wrong with an article."""

    id: int
    article: str
    reason: Reason
    comment: str
    number: str | None
    by: str | None
    at: datetime
    closed_at: datetime | None
    closed_by: str | None

    @classmethod
    def of(cls, flag: Flag) -> FlagView:
        """The view of a flag."""
        return cls(**{name: getattr(flag, name) for name in cls.model_fields})


class FlagList(BaseModel):
    """Flags of an article, oldest first."""

    flags: list[FlagView]


class MergedView(BaseModel):
    """The article that stays, the one that redirects to it, and how many incidents' links moved along."""

    kept: str
    gone: str
    relinked: int

    @classmethod
    def of(cls, merged: Merged) -> MergedView:
        """The view of a merge."""
        return cls(kept=merged.kept, gone=merged.gone, relinked=merged.relinked)


class HintView(BaseModel):
    """What could be better in an article by the content standard."""

    check: Check
    part: str
    message: str

    @classmethod
    def of(cls, hint: Hint) -> HintView:
        """The view of a hint."""
        return cls(check=hint.check, part=hint.part, message=hint.message)


class WorthView(BaseModel):
    """What an article did, each figure with its count."""

    article: str
    linked: int
    solved: int
    reopened: int
    opened: int
    people: int = Field(description="Different people who linked or opened it and gave their name.")
    last_used: datetime | None
    minutes_saved: float | None = Field(
        description="Median handling time of like incidents without link, less that with."
    )
    compared: tuple[int, int] = Field(description="How many incidents with it and without any were compared.")
    proposes_validation: bool

    @classmethod
    def of(cls, worth: ArticleValue) -> WorthView:
        """The view of an article's worth."""
        return cls(**{name: getattr(worth, name) for name in cls.model_fields})


class CoachView(BaseModel):
    """An article for who writes or coaches: hints by the content standard, and what it did."""

    hints: list[HintView]
    worth: WorthView


class RulingView(BaseModel):
    """What was decided on an item."""

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
    hours: float = Field(description="Hours a year that are at stake, counted and assumed as `why` says.")
    articles: list[str]
    incidents: list[str]
    facts: dict[str, Any]
    ruling: RulingView | None

    @classmethod
    def of(cls, entry: WorklistEntry) -> ItemView:
        """The view of an item of the worklist."""
        item, ruling = entry.item, entry.ruling
        return cls(
            **{name: getattr(item, name) for name in ("id", "kind", "why", "action", "hours")},
            title=entry.title,
            articles=list(item.articles),
            incidents=list(item.incidents),
            facts=dict(item.facts),
            ruling=RulingView(verdict=ruling.verdict, note=ruling.note, by=ruling.by, at=ruling.at) if ruling else None,
        )


class WorklistView(BaseModel):
    """What is to do, the most worthwhile first."""

    as_of: datetime | None = Field(description="When curation looked last; null where it has not looked yet.")
    items: list[ItemView]
    total: int
    counts: dict[ItemKind, int]
    polishes: bool = Field(description="Whether a language model is set that may word drafts better.")

    @classmethod
    def of(cls, found: Worklist, *, kind: ItemKind | None, limit: int, polishes: bool) -> WorklistView:
        """The view of the first items of a kind, or of all kinds."""
        entries = [entry for entry in found.entries if kind in (None, entry.item.kind)]
        counts = {one: sum(entry.item.kind is one for entry in found.entries) for one in ItemKind}
        items = [ItemView.of(entry) for entry in entries[:limit]]
        return cls(as_of=found.as_of, items=items, total=len(entries), counts=counts, polishes=polishes)


class DoneView(BaseModel):
    """What was done about an item, and the article that it concerns now."""

    item: str
    action: Action
    article: str

    @classmethod
    def of(cls, done: Done) -> DoneView:
        """The view of what was done."""
        return cls(item=done.item, action=done.action, article=done.article)


class ShareView(BaseModel):
    """A share with its 95 % interval and the number of cases that it was counted on."""

    value: float | None
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, share: Share) -> ShareView:
        """The view of a share."""
        return cls(value=share.value, low=share.low, high=share.high, count=share.count)


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
    """A link to look at: whether the article stands among the first three that the ticket's text finds."""

    number: str
    article: str
    expected: bool


class MeasuresView(BaseModel):
    """How well the knowledge base covers the work, for some team, service and time."""

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

    @classmethod
    def of(cls, found: Demand, titles: dict[str, str], **more: Any) -> MeasuresView:
        """The view of measures; `titles` name the articles."""
        return cls(
            incidents=found.cases,
            known={name: ShareView.of(share) for name, share in found.known.items()},
            link_rate=ShareView.of(found.link_rate),
            link_accuracy=ShareView.of(found.link_accuracy),
            reopened_with_article=ShareView.of(found.reopened_with),
            reopened_without_article=ShareView.of(found.reopened_without),
            months=[MonthView(month=name, incidents=count, link_rate=rate) for name, count, rate in found.months],
            reuse=[ReuseView(article=key, title=titles.get(key, key), links=count) for key, count in found.reuse[:50]],
            to_check=[
                LinkCheckView(number=number, article=article, expected=expected)
                for number, article, expected in found.to_check
            ],
            **more,
        )


class ContributionView(BaseModel):
    """What one person did, for the coach."""

    person: str
    created: int
    edited: int
    validated: int
    linked: int
    captured: int
    flagged: int


class ContributionsView(BaseModel):
    """Roles by name, never ranked, and how long articles take until they can be used."""

    people: list[ContributionView]
    days_to_publish: float | None
    published: int

    @classmethod
    def of(cls, found: Contributions) -> ContributionsView:
        """The view of contributions."""
        people = [
            ContributionView(**{name: getattr(one, name) for name in ContributionView.model_fields})
            for one in found.people
        ]
        return cls(people=people, days_to_publish=found.days_to_publish, published=found.published)


class UnusedView(BaseModel):
    """A category without incidents for so many days."""

    category: str
    count: int
    days: int


class MixedView(BaseModel):
    """Two categories whose incidents look like the other's, with the shares of either."""

    categories: tuple[str, str]
    shares: tuple[float, float]
    incidents: list[str]


class DeservingView(BaseModel):
    """An issue inside a category that is big and apart enough for one of its own."""

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
    """A person's role with articles."""

    name: str
    role: Role
    at: datetime
    by: str | None

    @classmethod
    def of(cls, person: Person) -> PersonView:
        """The view of a person."""
        return cls(name=person.name, role=person.role, at=person.at, by=person.by)


class PeopleView(BaseModel):
    """Who was given a role, and the role of everybody else."""

    everybody: Role
    people: list[PersonView]

    @classmethod
    def of(cls, people: Roles) -> PeopleView:
        """The view of the people of a desk."""
        return cls(everybody=people.everybody, people=[PersonView.of(person) for person in people.all()])
