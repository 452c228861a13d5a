"""Articles: writing and reading them, their flags, and acts of agents at a ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.schemas.field_types import Comment, Key, Value
from kb.records.article import SECTION_LIMIT, TITLE_LIMIT, Article, Audience, Governance, Section, State
from kb.records.article_steps import Step
from kb.records.clean_text import clean
from kb.records.flag import Reason
from kb.records.hint import Check
from kb.records.life_cycle import Role

_SEARCH_LIMIT = 10_000
_CLEARABLE = ("service", "category")


class SectionBody(BaseModel):
    """A further section of an article."""

    heading: Annotated[str, Field(max_length=TITLE_LIMIT), AfterValidator(clean)]
    text: Annotated[str, Field(max_length=SECTION_LIMIT), AfterValidator(clean)]


SectionText = Annotated[str, Field(max_length=SECTION_LIMIT), AfterValidator(clean)]


Title = Annotated[str, Field(min_length=1, max_length=TITLE_LIMIT, pattern=r"\S"), AfterValidator(clean)]


class ArticleBody(BaseModel):
    """A new article; the texts are Markdown."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "title": "VPN says gateway not reachable",
                "issue": "The VPN client says that the gateway cannot be reached.",
                "resolution": "1. Close the client.\n2. Choose the gateway `vpn2`.\n3. Connect again.",
                "state": "not_validated",
                "audience": "internal",
            }
        },
    )

    id: Key | None = None
    title: Title
    issue: SectionText = ""
    environment: SectionText = ""
    cause: SectionText = ""
    resolution: SectionText = ""
    workaround: SectionText = ""
    sections: Annotated[list[SectionBody], Field(max_length=100)] = Field(default_factory=list)
    summary: SectionText = ""
    service: Value | None = None
    category: Value | None = None
    state: State | None = None
    audience: Audience = Audience.INTERNAL
    governance: Governance = Governance.EXPERIENCE
    by: Value | None = None

    def article(self, key: str) -> Article:
        """Return the body as a record."""
        solves = bool(self.resolution.strip() or self.workaround.strip())
        state = self.state or (State.NOT_VALIDATED if solves else State.WORK_IN_PROGRESS)
        return Article(id=self.id or key, state=state, **article_parts(self.model_dump(exclude={"id", "by", "state"})))


class ArticleChange(BaseModel):
    """Changed parts of an article; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"state": "validated", "by": "k.manager"}})

    title: Title | None = None
    issue: SectionText | None = None
    environment: SectionText | None = None
    cause: SectionText | None = None
    resolution: SectionText | None = None
    workaround: SectionText | None = None
    sections: Annotated[list[SectionBody], Field(max_length=100)] | None = None
    summary: SectionText | None = None
    service: Value | None = None
    category: Value | None = None
    state: State | None = None
    audience: Audience | None = None
    governance: Governance | None = None
    by: Value | None = None

    def changes(self) -> dict[str, Any]:
        """Return the parts that were sent; null clears service and category, and leaves anything else unchanged."""
        sent = self.model_dump(exclude_unset=True, exclude={"by"})
        return article_parts({name: value for name, value in sent.items() if value is not None or name in _CLEARABLE})


def article_parts(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a body in the form that an article has."""
    if sent.get("sections") is not None:
        sent["sections"] = tuple(Section(**section) for section in sent["sections"])
    return sent


Searched = Annotated[str, Field(min_length=1, max_length=_SEARCH_LIMIT, pattern=r"\S"), AfterValidator(clean)]


class ActBody(BaseModel):
    """An act of a person on an article, at a ticket where one is named."""

    model_config = ConfigDict(extra="forbid")

    by: Value | None = None


class LinkBody(ActBody):
    """An article that solved an incident."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"article": "KB00017", "by": "a.agent"}})

    article: Key


class OpenedBody(ActBody):
    """An article that was read, at a ticket where one is named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"number": "INC0010001", "by": "a.agent"}})

    number: Key | None = None


class NotFoundBody(ActBody):
    """A search that found no article that helps."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"text": "badge reader blinks red", "number": "INC0010001"}}
    )

    text: Searched
    number: Key | None = None


class CaptureBody(ActBody):
    """An incident that becomes an article; `searched` is the search that found nothing."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"searched": "badge reader blinks red", "by": "a.agent"}}
    )

    searched: Searched | None = None


class FlagBody(ActBody):
    """What is wrong with an article."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"reason": "outdated", "comment": "The menu moved.", "by": "a.agent"}},
    )

    reason: Reason
    comment: Comment = ""
    number: Key | None = None


class ByBody(ActBody):
    """The person who acts."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"by": "k.manager"}})


class RestoreBody(ActBody):
    """The version whose content is restored."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"version": 1, "by": "k.manager"}})

    version: Annotated[int, Field(ge=1, le=10**9)]


class MergeBody(ActBody):
    """The article that replaces this one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"into": "KB00018", "by": "k.manager"}})

    into: Key


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


class VersionView(BaseModel):
    """One version of an article."""

    version: int
    at: datetime
    by: str | None
    state: State


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


class ListedArticle(ArticleSummary):
    """An article in a list, and how many incidents are linked to it."""

    uses: int


class ArticleList(BaseModel):
    """A page of articles, by title."""

    articles: list[ListedArticle]
    total: int
    categories: list[str] = Field(description="Categories that articles have.")


class ArticleStepView(BaseModel):
    """A step that an article may take from its present state, and whether this person may take it."""

    step: Step
    changes: dict[str, Any] = Field(description="What the step changes; send it to PATCH /v1/articles/{id}.")
    allowed: bool
    lacking: str | None = Field(description="What the article lacks for it; null where it lacks nothing.")
    roles: list[Role] = Field(description="Roles that may take it.")
    people: list[str] = Field(description="People with such a role, by name.")


class ArticleStepsView(BaseModel):
    """The role of a person, and the steps that an article may take."""

    role: Role
    steps: list[ArticleStepView]


class ChangedPartView(BaseModel):
    """A part of an article in two versions; further sections are called `sections.0` and so on."""

    part: str
    before: str
    after: str


class DifferenceView(BaseModel):
    """What changed between two versions of an article: its changed parts, and the lines of a unified diff."""

    before: int
    after: int
    lines: list[str]
    parts: list[ChangedPartView]


class FlagView(BaseModel):
    """A problem that somebody found in an article."""

    id: int
    article: str
    reason: Reason
    comment: str
    number: str | None
    by: str | None
    at: datetime
    closed_at: datetime | None
    closed_by: str | None


class FlagList(BaseModel):
    """Flags of an article, oldest first."""

    flags: list[FlagView]


class MergedView(BaseModel):
    """The article that stays, the one that redirects to it, and how many incidents' links moved with it."""

    kept: str
    gone: str
    relinked: int


class HintView(BaseModel):
    """A hint from the content standard on how to improve an article."""

    check: Check
    part: str
    message: str
    template: str = Field(description="The message with places in braces, for readers of other languages.")
    values: dict[str, str | int] = Field(description="What stands in the places of `template`.")


class HintsView(BaseModel):
    """Hints on how to improve an unsaved text."""

    hints: list[HintView]


class WorthView(BaseModel):
    """The use and effect of an article, each figure with its count."""

    article: str
    linked: int
    solved: int
    reopened: int
    opened: int
    people: int = Field(description="Different people who linked or opened it and gave their name.")
    last_used: datetime | None
    minutes_saved: float | None = Field(
        description="Median handling time of similar incidents without a link, minus that with this link."
    )
    compared: tuple[int, int] = Field(description="Number of compared incidents: with this link, and without any link.")
    proposes_validation: bool


class CoachView(BaseModel):
    """An article for its writer or coach: hints from the content standard, and its use and effect."""

    hints: list[HintView]
    worth: WorthView
