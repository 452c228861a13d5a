"""Bodies of knowledge: what the API takes about articles and the worklist, as pydantic models."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.schemas.bodies import Key, Value
from kb.records.article import SECTION_LIMIT, TITLE_LIMIT, Article, Audience, Governance, State
from kb.records.article import Section as ArticleSection
from kb.records.clean_text import clean
from kb.records.flag import Reason
from kb.records.life_cycle import Role
from kb.records.worklist_item import Verdict

_COMMENT_LIMIT = 10_000
_SEARCH_LIMIT = 10_000


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
        """The body as a record."""
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
        """The parts that were sent; null clears service and category, and leaves anything else alone."""
        sent = self.model_dump(exclude_unset=True, exclude={"by"})
        return article_parts({name: value for name, value in sent.items() if value is not None or name in _CLEARABLE})


_CLEARABLE = ("service", "category")


def article_parts(sent: dict[str, Any]) -> dict[str, Any]:
    """Sent parts as an article keeps them."""
    if sent.get("sections") is not None:
        sent["sections"] = tuple(ArticleSection(**section) for section in sent["sections"])
    return sent


Comment = Annotated[str, Field(max_length=_COMMENT_LIMIT), AfterValidator(clean)]

Searched = Annotated[str, Field(min_length=1, max_length=_SEARCH_LIMIT, pattern=r"\S"), AfterValidator(clean)]


class _Act(BaseModel):
    """What a person does with an article, maybe at a ticket."""

    model_config = ConfigDict(extra="forbid")

    by: Value | None = None


class LinkBody(_Act):
    """An article that solved an incident."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"article": "KB00017", "by": "a.agent"}})

    article: Key


class OpenedBody(_Act):
    """An article that was read, at a ticket where one is named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"number": "INC0010001", "by": "a.agent"}})

    number: Key | None = None


class NotFoundBody(_Act):
    """A search that found no article that helps."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"text": "badge reader blinks red", "number": "INC0010001"}}
    )

    text: Searched
    number: Key | None = None


class CaptureBody(_Act):
    """An incident that becomes an article; `searched` is what was looked for in vain."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"searched": "badge reader blinks red", "by": "a.agent"}}
    )

    searched: Searched | None = None


class FlagBody(_Act):
    """What is wrong with an article."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"reason": "outdated", "comment": "The menu moved.", "by": "a.agent"}},
    )

    reason: Reason
    comment: Comment = ""
    number: Key | None = None


class ByBody(_Act):
    """Who does it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"by": "k.manager"}})


class DoBody(_Act):
    """Who does it, and whether the language model that is set may word a draft better."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"by": "k.manager"}})

    polish: bool = False


class RestoreBody(_Act):
    """The version whose content is to come back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"version": 1, "by": "k.manager"}})

    version: Annotated[int, Field(ge=1, le=10**9)]


class MergeBody(_Act):
    """The article that takes this one's place."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"into": "KB00018", "by": "k.manager"}})

    into: Key


class DecisionBody(_Act):
    """What is decided on an item: it is none and never comes back, it was done, or it is open again; and its name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"verdict": "ignored", "by": "k.manager"}})

    verdict: Verdict
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S"), AfterValidator(clean)] | None = None
    note: Comment = ""


class RoleBody(_Act):
    """The role that a person is to have."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"role": "publisher", "by": "s.lead"}})

    role: Role
