"""The queue: open incidents in the order in which they need a person."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from app.schemas.incidents import IncidentView
from app.schemas.suggestions import FieldView
from kb.records.clock_state import Measure
from kb.records.queue_entry import Need, QueueFlag


class ClockMarkView(BaseModel):
    """The time at which the next target of an open incident is used up."""

    measure: Measure | None = Field(description="Response or resolution; null where no target matches.")
    due_at: datetime | None = Field(description="Null while its clock is paused.")
    breached: bool
    left_seconds: int | None = Field(description="Remaining seconds in the calendar's hours, while it is paused.")
    stage_since: datetime | None = Field(description="When the incident entered its stage; null where nobody told.")
    breach_probability: float | None = Field(
        description="For its resolution, at most an hour old; null if history has too few breaches to learn from."
    )


class QueuedIncidentView(BaseModel):
    """An open incident, its suggestions, and the reason for its place in the queue."""

    incident: IncidentView
    fields: dict[str, FieldView] = Field(description="Suggestions for the fields that nobody has set.")
    need: Need
    reason: str = Field(description="What a person should do, in a sentence.")
    waiting_since: datetime | None = Field(description="When it was logged, if known.")
    owner: str | None = Field(description="The group that works on it; null if nobody owns it.")
    flags: list[QueueFlag]
    clock: ClockMarkView


class QueueView(BaseModel):
    """A page of the queue."""

    incidents: list[QueuedIncidentView]
    total: int = Field(description="Open incidents that match the filter.")
    needs: dict[Need, int] = Field(description="How many of them have each need.")
    offset: int
    limit: int
