"""The life of an incident: its timeline, and its moves from stage to stage."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.schemas.exceeded import ExceededView
from app.schemas.field_types import Comment, Moment, Value, requires_text
from app.schemas.incidents import IncidentView
from kb.records.incident_event import HAPPENINGS, EventKind, EventSource, Happening, Saying


class TransitionBody(BaseModel):
    """The stage that an incident moves to, who moves it, and a note that is stored with the move.

    `override` gives the reason for a move beyond a limit of the board; it is stored with the note.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"to": "waiting", "by": "a.agent", "note": "Asked the caller for the model."}},
    )

    to: Value = Field(
        min_length=1,
        description="new, assigned, in_progress, waiting, resolved, closed or cancelled, or what a ticket tool calls "
        "one of them, such as On Hold.",
    )
    by: Value | None = None
    note: Comment | None = None
    override: Comment | None = None


class MovedView(IncidentView):
    """An incident after a move."""

    warnings: list[str] = Field(description="The limits of the board that the move exceeds, in words.")
    exceeded: list[ExceededView] = Field(description="The same limits as values.")
    undo: str | None = Field(
        description="Id by which the move can be undone; null if it closed or reopened the incident."
    )


class EventBody(BaseModel):
    """Something that happened to an incident and changes none of its fields, at a time that is now unless given.

    `noted` needs a note.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"kind": "responded", "by": "a.agent", "note": "Told the caller that we are on it."},
            "anyOf": [
                requires_text("note"),
                {"properties": {"kind": {"enum": [kind.value for kind in HAPPENINGS if kind is not EventKind.NOTED]}}},
            ],
        },
    )

    kind: Happening
    by: Value | None = None
    note: Comment | None = None
    at: Moment | None = None

    @model_validator(mode="after")
    def _says_something(self) -> EventBody:
        if self.kind is EventKind.NOTED and not (self.note or "").strip():
            raise ValueError("note must say what happened")
        return self


class SaidView(BaseModel):
    """What an event says of a value of a field, or of an article, which has no field."""

    what: Saying
    value: str
    field: str | None


class EventView(BaseModel):
    """One thing that happened to an incident."""

    kind: EventKind
    text: str = Field(description="What happened, as a sentence.")
    happened_at: datetime
    recorded_at: datetime = Field(description="When the service recorded it.")
    by: str | None
    source: EventSource
    before: dict[str, str | None] = Field(description="Changed values, before the event.")
    after: dict[str, str | None] = Field(description="Changed values after the event, a note included.")
    said: SaidView | None = Field(
        default=None,
        description="What the note of a decision on a field, or of the use of an article, says, as values.",
    )


class OwnerView(BaseModel):
    """The owner of an incident: a group, a person, or a person of a group."""

    group: str | None
    person: str | None


class TimelineView(BaseModel):
    """What happened to an incident, the earliest first."""

    number: str
    owner: OwnerView | None = Field(description="The present owner.")
    hops: int = Field(description="How often it moved from one group to another.")
    events: list[EventView]
