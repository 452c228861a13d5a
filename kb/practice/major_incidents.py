"""Major incidents and continuity in `practice.yaml`: roles, tasks, messages, and what tells a disaster apart."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Any, TypeAlias, TypedDict

import yaml
from pydantic import AfterValidator, Field, model_validator

from kb.practice.detection import DetectionSection
from kb.practice.message_template import checked
from kb.practice.section import Count, Duration, Section, Text, Texts

USERS, MANAGEMENT, REGULATORS = "users", "management", "regulators"


def default_major_incidents() -> str:
    """Return the sections `major_incidents` and `continuity` that a practice without them has, as YAML."""
    return (files("kb.practice") / "major_incidents.yaml").read_text(encoding="utf-8")


@cache
def _defaults() -> dict[str, Any]:
    return dict(yaml.load(default_major_incidents(), Loader=yaml.BaseLoader))  # noqa: S506 (it only makes texts)


class MessageFacts(TypedDict):
    """What the messages of a major incident may name."""

    id: str
    subject: str
    since: str | None
    reports: int
    services: str
    locations: str
    manager: str | None
    workaround: str | None
    resolution: str | None
    next_update: str


# the file is read whenever it changes, and hardly any template with it
@lru_cache(maxsize=256)
def _checked(text: str) -> str:
    return checked(text, MessageFacts.__annotations__)


Template: TypeAlias = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_checked)]


class RoleSection(Section):
    """A role in a major incident."""

    name: Text
    duty: str = Field(default="", max_length=500)


class TaskSection(Section):
    """A task of every major incident."""

    title: Text
    role: Text | None = Field(default=None, description="Whoever holds this role does it.")
    due: Duration | None = Field(default=None, description="How long after acceptance it is due, such as 30 min.")


class MessageSection(Section):
    """A message to an audience, as Jinja2 templates."""

    subject: Template
    text: Template
    next_update: Duration | None = Field(default=None, description="How long after it the next update is due.")


class MajorIncidentsSection(Section):
    """What opens with a major incident."""

    criteria: Texts = Field(default_factory=list, description="What makes an incident a major one, in words.")
    roles: list[RoleSection] = Field(default_factory=list)
    resources: str = Field(default="", max_length=2_000)
    investigation: str = Field(default="", max_length=2_000, description="How the cause is looked for.")
    tasks: list[TaskSection] = Field(default_factory=list)
    messages: dict[Text, MessageSection] = Field(default_factory=dict, description="By audience.")
    check_after_days: Count = 30
    detection: DetectionSection = Field(default_factory=DetectionSection)

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, given: Any) -> Any:
        return {**_defaults()["major_incidents"], **given} if isinstance(given, dict) else given


class ContinuityConditions(Section):
    """What makes a major incident a disaster; all that is named has to hold."""

    reports: Count | None = Field(default=None, description="At least so many reports, with the words if named.")
    words: Texts = Field(default_factory=list, description="Reports that have one of these words.")
    services: Count | None = Field(default=None, description="At least so many services.")
    locations: Count | None = Field(default=None, description="At least so many locations.")
    sites: Texts = Field(default_factory=list, description="One of these locations.")
    impact: Count | None = Field(default=None, description="An impact of this level or a higher one (1).")

    @model_validator(mode="after")
    def _names_something(self) -> ContinuityConditions:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("names nothing; give at least one of reports, words, services, locations, sites, impact")
        return self


class ContinuityCriterion(Section):
    """A criterion that tells a disaster from a major incident."""

    name: Text
    when: ContinuityConditions


class ContinuitySection(Section):
    """Who owns the continuity plan, and when it applies."""

    owner: Text | None = None
    plan: str = Field(default="", max_length=2_000, description="Where the plan is.")
    criteria: list[ContinuityCriterion] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, given: Any) -> Any:
        return {**_defaults()["continuity"], **given} if isinstance(given, dict) else given


def usual_major_incidents() -> MajorIncidentsSection:
    """Return what applies where the practice says nothing of major incidents."""
    return MajorIncidentsSection.model_validate({})


def usual_continuity() -> ContinuitySection:
    """Return what applies where the practice says nothing of continuity."""
    return ContinuitySection.model_validate({})
