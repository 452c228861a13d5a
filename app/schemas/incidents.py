"""Incidents: how they are written and read, and what became of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.schemas.articles import LinkBody
from app.schemas.field_types import BATCH_LIMIT, Key, Moment, Text, Value, requires_any_text, requires_text
from app.schemas.incident_fields import WRITTEN_LATER, LaterFields, ShownFields
from app.schemas.tickets import MASKED_DESCRIPTION, TICKET_EXAMPLE, Ticket
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.outcome import Outcome, OutcomeKind
from kb.records.sensitive_data import MaskedKind
from kb.vocabulary.nothing import something
from kb.vocabulary.stage import Stage

_DECISIONS_LIMIT = 100
_NUMBERED: dict[str, Any] = {
    "example": {
        **TICKET_EXAMPLE["example"],
        "number": "INC0012345",
        "state": "resolved",
        "category": "VPN",
        "assignment_group": "Network",
        "resolution": "Renewed the certificate of the gateway.",
    }
}


class IncidentBody(LaterFields, Ticket):
    """An incident as it is written; one without state counts as resolved history."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={**TICKET_EXAMPLE, **requires_any_text("short_description", "description")}
    )

    @model_validator(mode="after")
    def _says_something(self) -> IncidentBody:
        if not (self.short_description or "").strip() and not (self.description or "").strip():
            raise ValueError("short_description or description must say what happened")
        return self

    def incident(self, number: str = "") -> Incident:
        """The body as a record."""
        given = {field.name: getattr(self, field.name) for field in WRITTEN_LATER}
        del given["state"]
        given |= {"articles": tuple(dict.fromkeys(self.articles))}
        ticket = replace(super().incident(number), **given)
        return ticket.in_state("resolved" if self.state is None else something(self.state))


class DecisionBody(BaseModel):
    """What a person decided on a field while the incident was logged; without `chosen`, that `suggested` is wrong."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=requires_any_text("chosen", "suggested"))

    field: Key
    suggested: Value | None = None
    chosen: Value | None = None
    by: Value | None = None

    @model_validator(mode="after")
    def _says_something(self) -> DecisionBody:
        if not self.chosen and not self.suggested:
            raise ValueError("chosen must name a value, or suggested one that is never right for such a ticket")
        return self

    def record(self, number: str, at: datetime) -> Feedback:
        """Return the decision on an incident as a record."""
        return Feedback(self.field, self.chosen or None, at, number=number, suggested=self.suggested, by=self.by)


class LoggedIncidentBody(IncidentBody):
    """An incident as it is written, with what a person decided on its fields meanwhile and the article they used."""

    decisions: Annotated[list[DecisionBody], Field(max_length=_DECISIONS_LIMIT)] = Field(default_factory=list)
    article_link: LinkBody | None = Field(
        default=None, description="The article that solved it, as `POST /v1/incidents/{number}/articles` takes it."
    )


class NumberedIncident(IncidentBody):
    """An incident with its number, in a batch."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra=_NUMBERED | requires_any_text("short_description", "description")
    )

    number: Key


class IncidentBatch(BaseModel):
    """Incidents written together."""

    model_config = ConfigDict(json_schema_extra={"example": {"incidents": [_NUMBERED["example"]]}})

    incidents: Annotated[list[NumberedIncident], Field(max_length=BATCH_LIMIT)]


class OutcomeBody(BaseModel):
    """What became of an incident; `assignment_group` goes with reassigned, `article` with article_linked."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "number": "INC0010001",
                "outcome": "reassigned",
                "assignment_group": "Network",
                "by": "a.agent",
            },
            "anyOf": [
                {"properties": {"outcome": {"enum": ["closed", "reopened"]}}},
                {"allOf": [requires_text("assignment_group"), {"properties": {"outcome": {"const": "reassigned"}}}]},
                {"allOf": [requires_text("article"), {"properties": {"outcome": {"const": "article_linked"}}}]},
            ],
        },
    )

    number: Key
    outcome: OutcomeKind
    at: Moment | None = None
    by: Value | None = None
    assignment_group: Value | None = None
    article: Key | None = None
    resolution: Text | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> OutcomeBody:
        if self.outcome is OutcomeKind.REASSIGNED and not self.assignment_group:
            raise ValueError("assignment_group must name the group that it was reassigned to")
        if self.outcome is OutcomeKind.ARTICLE_LINKED and not self.article:
            raise ValueError("article must name the article that was linked")
        return self

    def record(self) -> Outcome:
        """Return the outcome as a record, dated now where the body has no time."""
        value = {OutcomeKind.REASSIGNED: self.assignment_group, OutcomeKind.ARTICLE_LINKED: self.article}
        return Outcome(self.number, self.outcome, self.at or datetime.now(UTC), value.get(self.outcome), self.by)


class IncidentView(ShownFields):
    """An incident as it is kept."""

    stage: Stage = Field(
        description="What the state means: an incident that is resolved or closed teaches, one that is new, assigned, "
        "in progress or waiting is open; cancelled and unknown ones are neither."
    )
    moves: list[Stage] = Field(
        default_factory=list, description="The stages to which it may be moved from here, the usual one first."
    )
    extra: dict[str, str] = Field(description="Further fields, as they came.")
    masked: list[MaskedKind] = Field(default_factory=list, description=MASKED_DESCRIPTION)
    superseded: bool = Field(
        default=False, description="Whether what was sent is older than this by its `updated_at`, and changed nothing."
    )
    kept: list[str] = Field(
        default_factory=list, description="Fields in which what people noted here stays, against what was sent."
    )
    decisions: list[int] = Field(
        default_factory=list, description="Ids of the decisions that were kept with it, by which they can be withdrawn."
    )


class WrittenView(BaseModel):
    """What a write changed."""

    new: int
    updated: int
    unchanged: int
    superseded: int = Field(
        default=0, description="Older than what is stored by their `updated_at`, so that they changed nothing."
    )


class OutcomesView(BaseModel):
    """How many incidents came out how."""

    counts: dict[OutcomeKind, int]
