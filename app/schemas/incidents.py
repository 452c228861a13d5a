"""Incidents: writing and reading them, and their outcomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.schemas.articles import LinkBody
from app.schemas.field_types import (
    BATCH_LIMIT,
    Comment,
    FieldAnswer,
    Key,
    Moment,
    Value,
    requires_any_text,
    requires_text,
)
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
    """An incident to write; one without a state counts as resolved history."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={**TICKET_EXAMPLE, **requires_any_text("short_description", "description")}
    )

    @model_validator(mode="after")
    def _says_something(self) -> IncidentBody:
        if not (self.short_description or "").strip() and not (self.description or "").strip():
            raise ValueError("short_description or description must say what happened")
        return self

    def incident(self, number: str = "") -> Incident:
        """Return the body as a record."""
        given = {field.name: getattr(self, field.name) for field in WRITTEN_LATER}
        del given["state"]
        given |= {"articles": tuple(dict.fromkeys(self.articles))}
        ticket = replace(super().incident(number), **given)
        return ticket.in_state("resolved" if self.state is None else something(self.state))


class DecisionBody(BaseModel):
    """A person's decision on a field while logging the incident; without `chosen`, `suggested` is wrong."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=requires_any_text("chosen", "suggested"))

    field: Key
    suggested: Value | None = None
    chosen: Value | None = None
    by: Value | None = None
    override: Comment | None = Field(default=None, description="Reason for a value beyond a limit of the board.")

    @model_validator(mode="after")
    def _says_something(self) -> DecisionBody:
        if not self.chosen and not self.suggested:
            raise ValueError("chosen must name a value, or suggested one that is never right for such a ticket")
        return self

    def record(self, number: str, at: datetime) -> Feedback:
        """Return the decision on an incident as a record."""
        return Feedback(self.field, self.chosen or None, at, number=number, suggested=self.suggested, by=self.by)


class LoggedIncidentBody(IncidentBody):
    """An incident to write, with a person's decisions on its fields and the article they used."""

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
    """The outcome of an incident; `assignment_group` is for reassigned, `article` for article_linked."""

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
    resolution: FieldAnswer = None

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
    """A stored incident."""

    stage: Stage = Field(
        description="The meaning of the state: resolved and closed incidents are learnt from; new, assigned, in "
        "progress and waiting ones are open; cancelled and unknown ones are neither."
    )
    moves: list[Stage] = Field(
        default_factory=list, description="The stages that it may be moved to, the usual one first."
    )
    extra: dict[str, str] = Field(description="Further fields, as they were sent.")
    masked: list[MaskedKind] = Field(default_factory=list, description=MASKED_DESCRIPTION)
    superseded: bool = Field(
        default=False,
        description="Whether the sent record has an older `updated_at` than the stored one and changed nothing.",
    )
    kept: list[str] = Field(
        default_factory=list, description="Fields whose values from people here were kept against the sent ones."
    )
    decisions: list[int] = Field(
        default_factory=list, description="Ids of the decisions stored with it, by which they can be withdrawn."
    )
    undo: str | None = Field(
        default=None, description="Id by which logging it can be undone: it is cancelled, and the decisions withdrawn."
    )


class WrittenView(BaseModel):
    """The result of a write."""

    new: int
    updated: int
    unchanged: int
    superseded: int = Field(
        default=0, description="Records with an older `updated_at` than the stored ones, which changed nothing."
    )


class OutcomesView(BaseModel):
    """The number of incidents with each outcome."""

    counts: dict[OutcomeKind, int]
