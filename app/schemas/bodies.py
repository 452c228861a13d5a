"""Bodies: what the API takes, as pydantic models."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kb.records.clean_text import clean
from kb.records.incident import LABELS, TEXT_LIMIT, VALUE_LIMIT, Incident
from kb.records.mode import Mode
from kb.records.outcome import Outcome, OutcomeKind

BATCH_LIMIT = 1000

EXTRA_LIMIT = 200


def _as_text(value: Any) -> Any:
    """A number sent as a label is a label."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_written(value: Any) -> Any:
    """A number is no moment: whether seconds or milliseconds are meant, and since when, is not said."""
    if not isinstance(value, str | datetime) or (isinstance(value, str) and value.strip().lstrip("+-").isdecimal()):
        raise ValueError("must be a date and time, such as 2026-11-25T09:30:00Z")
    return value


def _with_zone(value: datetime) -> datetime:
    """A moment in UTC; one without zone is in UTC already."""
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("is not within the years 1 to 9999 in UTC") from None


def _no_truth(value: Any) -> Any:
    """True and false are no numbers here."""
    if isinstance(value, bool):
        raise ValueError("must be a whole number")  # noqa: TRY004 (pydantic tells of a ValueError)
    return value


_MOST_COUNTED = 10**9
_WholeNumber = Annotated[int, Field(ge=0, le=_MOST_COUNTED)]

Count = Annotated[
    _WholeNumber,
    BeforeValidator(
        _no_truth, json_schema_input_type=_WholeNumber | Annotated[str, Field(pattern=r"^[0-9]{1,9}$", max_length=9)]
    ),
]

Text = Annotated[str, Field(max_length=TEXT_LIMIT), AfterValidator(clean)]

Value = Annotated[
    str,
    Field(max_length=VALUE_LIMIT),
    BeforeValidator(_as_text, json_schema_input_type=Annotated[str, Field(max_length=VALUE_LIMIT)] | float),
    AfterValidator(clean),
]

Key = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"\S"),
    BeforeValidator(
        _as_text, json_schema_input_type=Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")] | float
    ),
    AfterValidator(clean),
]

Moment = Annotated[datetime, BeforeValidator(_as_written), AfterValidator(_with_zone)]


_EXAMPLE: dict[str, Any] = {
    "example": {
        "short_description": "cannot connect to vpn",
        "description": "Since this morning the VPN says 'gateway not reachable'. I work from home.",
        "caller": "j.doe",
        "service": "Remote access",
    }
}


_NUMBERED: dict[str, Any] = {
    "example": {
        **_EXAMPLE["example"],
        "number": "INC0012345",
        "state": "resolved",
        "category": "VPN",
        "assignment_group": "Network",
        "resolution": "Renewed the certificate of the gateway.",
    }
}


def _said(name: str) -> dict[str, Any]:
    """JSON schema of an object that says something under this name."""
    return {"required": [name], "properties": {name: {"type": "string", "pattern": r"\S"}}}


def _any_of(*names: str) -> dict[str, Any]:
    """JSON schema of an object that says something under one of these names at least."""
    return {"anyOf": [_said(name) for name in names]}


class Ticket(BaseModel):
    """A new ticket, as much of it as is known; further fields are taken as they are."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_EXAMPLE)

    short_description: Text | None = None
    description: Text | None = None
    number: Key | None = None
    caller: Value | None = None
    channel: Value | None = None
    service: Value | None = None
    configuration_item: Value | None = None
    category: Value | None = None
    subcategory: Value | None = None
    assignment_group: Value | None = None
    impact: Value | None = None
    urgency: Value | None = None
    priority: Value | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Ticket:
        extra = self.__pydantic_extra__ or {}
        if len(extra) > EXTRA_LIMIT:
            raise ValueError(f"at most {EXTRA_LIMIT} further fields are taken")
        for name, value in extra.items():
            if len(name) > 200 or len(str(value)) > VALUE_LIMIT:
                raise ValueError(f"{name[:40]}: a further field has at most {VALUE_LIMIT:,} characters")
        return self

    def incident(self, number: str = "") -> Incident:
        """The ticket as a record."""
        labels: dict[str, Any] = {name: getattr(self, name) or None for name in LABELS}
        return Incident(
            number=self.number or number,
            short_description=self.short_description or "",
            description=self.description or "",
            extra=self.further(),
            **labels,
        )

    def further(self) -> dict[str, str]:
        """Further fields, as text."""
        extra = self.__pydantic_extra__ or {}
        return {clean(name): clean(str(value)) for name, value in extra.items() if value is not None}


class IncidentBody(Ticket):
    """An incident as it is written; one without state counts as resolved history."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={**_EXAMPLE, **_any_of("short_description", "description")}
    )

    state: Value | None = None
    opened_at: Moment | None = None
    assigned_at: Moment | None = None
    resolved_at: Moment | None = None
    closed_at: Moment | None = None
    reassignment_count: Count | None = None
    reopen_count: Count | None = None
    resolution: Text | None = None
    articles: Annotated[list[Key], Field(max_length=100)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> IncidentBody:
        if not (self.short_description or "").strip() and not (self.description or "").strip():
            raise ValueError("short_description or description must say what happened")
        return self

    def incident(self, number: str = "") -> Incident:
        """The body as a record."""
        return replace(
            super().incident(number),
            state=self.state or "resolved",
            opened_at=self.opened_at,
            assigned_at=self.assigned_at,
            resolved_at=self.resolved_at,
            closed_at=self.closed_at,
            reassignment_count=self.reassignment_count,
            reopen_count=self.reopen_count,
            resolution=self.resolution,
            articles=tuple(dict.fromkeys(self.articles)),
        )


class NumberedIncident(IncidentBody):
    """An incident with its number, in a batch."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_NUMBERED | _any_of("short_description", "description"))

    number: Key


class IncidentBatch(BaseModel):
    """Incidents written together."""

    model_config = ConfigDict(json_schema_extra={"example": {"incidents": [_NUMBERED["example"]]}})

    incidents: Annotated[list[NumberedIncident], Field(max_length=BATCH_LIMIT)]


class ClassifyBody(BaseModel):
    """Tickets to classify."""

    model_config = ConfigDict(json_schema_extra={"example": {"tickets": [_EXAMPLE["example"]]}})

    tickets: Annotated[list[Ticket], Field(max_length=BATCH_LIMIT)]


class FeedbackBody(BaseModel):
    """What a person decided on one field.

    With `chosen` null, the suggested value is never suggested again for tickets like this one. The field
    `similar_incidents` takes an incident's number as `suggested`, `articles` an article's id: not similar, no help.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": "INC0010001",
                "field": "category",
                "suggested": "Hardware",
                "chosen": "Access",
                "by": "a.agent",
            },
            "allOf": [
                _any_of("chosen", "suggested"),
                {"anyOf": [_said("number"), {"required": ["ticket"], "properties": {"ticket": {"type": "object"}}}]},
            ],
        }
    )

    number: Key | None = None
    ticket: Ticket | None = None
    field: Key
    suggested: Value | None = None
    chosen: Value | None = None
    by: Value | None = None

    @model_validator(mode="after")
    def _concerns_a_ticket(self) -> FeedbackBody:
        if self.number is None and self.ticket is None:
            raise ValueError("number or ticket must say what the decision is about")
        if not self.chosen and not self.suggested:
            raise ValueError("chosen must name a value, or suggested one that is never right for such a ticket")
        return self


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
                {"allOf": [_said("assignment_group"), {"properties": {"outcome": {"const": "reassigned"}}}]},
                {"allOf": [_said("article"), {"properties": {"outcome": {"const": "article_linked"}}}]},
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

    def told(self) -> Outcome:
        """The outcome as a record; it is of now where it says no time."""
        value = {OutcomeKind.REASSIGNED: self.assignment_group, OutcomeKind.ARTICLE_LINKED: self.article}
        return Outcome(self.number, self.outcome, self.at or datetime.now(UTC), value.get(self.outcome), self.by)


class ValuesBody(BaseModel):
    """The values that a field has in the system that tickets come from; none: any."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"values": ["Network", "Workplace"]}})

    values: Annotated[list[Annotated[Key, Field(max_length=200)]], Field(max_length=10_000)]


class ModeBody(BaseModel):
    """The mode that a field is to have."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"mode": "automatic", "by": "s.lead"}})

    mode: Mode
    by: Value | None = None
