"""Rooms of major incidents: roles, tasks, timeline, messages, children, review and continuity."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.field_types import BATCH_LIMIT, Comment, Key, Moment, Value
from kb.records.major_room import JoinedHow, RoomState

EntryId = Annotated[int, Field(ge=1, le=2**31 - 1)]
_Said = Annotated[Comment, Field(min_length=1, pattern=r"\S")]
_Title = Annotated[Value, Field(min_length=1, max_length=500, pattern=r"\S")]
_DAYS = 366
_MINUTES = _DAYS * 24 * 60


class ReportFormat(StrEnum):
    """The form of a report."""

    MARKDOWN = "md"
    HTML = "html"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    by: Value | None = None


class DeclareBody(_Body):
    """An incident that a person declares to be a major one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"incident": "INC0010001", "by": "s.lead"}})

    incident: Key


class RoomBody(_Body):
    """Text elements of a major incident; omitted ones stay unchanged."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"workaround": "Use the web mail.", "by": "s.lead"}}
    )

    subject: _Title | None = None
    criteria: Annotated[list[_Title], Field(max_length=50)] | None = None
    resources: Comment | None = None
    investigation: Comment | None = None
    workaround: Comment | None = None
    article: Key | None = None


class RoomStateBody(_Body):
    """The state that a major incident moves to."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"to": "restored", "note": "Traffic moved.", "by": "s.lead"}}
    )

    to: RoomState
    note: Comment | None = None


class ResolveBody(_Body):
    """How a major incident was resolved; its open children get the same resolution."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"resolution": "Gateway restarted.", "by": "s.lead"}}
    )

    resolution: Comment = ""
    article: Key | None = None


class RoleBody(_Body):
    """The person who gets a role, and the holder that you saw; null for nobody."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"person": "b.lead", "expected": "a.lead", "note": "Shift ends"}},
    )

    person: Key | None
    expected: Value | None = Field(default=None, description="The holder that you saw; another one is a conflict.")
    note: Comment = ""


class NewTaskBody(_Body):
    """A task."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"title": "Call the provider", "role": "manager", "by": "s.lead"}}
    )

    title: _Title
    role: Key | None = None
    owner: Key | None = None
    due_at: Moment | None = None


class TaskChangeBody(_Body):
    """Changes to a task; omitted parts stay unchanged."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"done": True, "by": "s.lead"}})

    title: _Title | None = None
    owner: Value | None = None
    due_at: Moment | None = None
    done: bool | None = None


class EntryBody(_Body):
    """A timeline entry, for now or for an earlier moment."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"text": "Restarted the gateway.", "pinned": True, "by": "s.lead"}},
    )

    text: _Said
    at: Moment | None = None
    pinned: bool = False


class EntryMarksBody(_Body):
    """Whether an entry is pinned or hidden; nothing is deleted."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"hidden": True, "by": "s.lead"}})

    pinned: bool | None = None
    hidden: bool | None = None


class MessageBody(_Body):
    """A message to send."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "audience": "users",
                "subject": "VPN is down",
                "text": "We work on it.",
                "next_update_minutes": 30,
            }
        },
    )

    audience: Key
    subject: _Title
    text: _Said
    next_update_minutes: Annotated[int, Field(ge=1, le=_MINUTES)] | None = Field(
        default=None, description="Minutes until the next update is due; without it, none is due."
    )


class ChildrenBody(_Body):
    """Incidents that belong to a major one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"numbers": ["INC0010002"], "by": "s.lead"}}
    )

    numbers: Annotated[list[Key], Field(min_length=1, max_length=BATCH_LIMIT)]


class ReviewBody(_Body):
    """The findings of a review; `done` marks the major incident as reviewed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"summary": "One gateway failed.", "cause": "Its power supply.", "done": True, "by": "s.lead"}
        },
    )

    summary: Comment = ""
    cause: Comment = ""
    went_well: Comment = ""
    went_badly: Comment = ""
    done: bool = False


class NewActionBody(_Body):
    """An action after a major incident."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"what": "Second gateway", "owner": "Network", "check_days": 30, "by": "s.lead"}},
    )

    what: _Title
    owner: Key | None = None
    due_at: Moment | None = None
    check_days: Annotated[int, Field(ge=1, le=_DAYS)] | None = Field(
        default=None, description="Days after which similar incidents are counted; by default those of the practice."
    )


class ActionChangeBody(_Body):
    """Changes to an action; omitted parts stay unchanged."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"done": True, "by": "s.lead"}})

    what: _Title | None = None
    owner: Value | None = None
    due_at: Moment | None = None
    done: bool | None = None


class HandOverBody(_Body):
    """A hand-over to the owner of the continuity plan."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"note": "The site is lost.", "by": "s.lead"}}
    )

    to: Key | None = Field(
        default=None, description="The person who gets it; by default the owner named in the practice."
    )
    note: Comment = ""


class RoleView(BaseModel):
    """A role in a major incident."""

    role: str
    duty: str
    person: str | None = Field(description="Who holds it now.")
    history: list[RoleHoldingView]


class RoleHoldingView(BaseModel):
    """The holder of a role over a period."""

    person: str
    since: datetime
    until: datetime | None
    by: str | None
    note: str


class RoomTaskView(BaseModel):
    """A task of a major incident."""

    id: int
    title: str
    role: str | None
    owner: str | None = Field(description="Who does it; if nobody is named, the holder of its role.")
    due_at: datetime | None
    overdue: bool
    done_at: datetime | None
    done_by: str | None


class AddedTaskView(RoomTaskView):
    """A task that was just added."""

    undo: str = Field(description="Id by which adding it can be undone.")


class RoomMessageView(BaseModel):
    """A sent message, word for word."""

    id: int
    audience: str
    subject: str
    text: str
    sent_at: datetime
    by: str | None
    next_update_at: datetime | None


class MessageDraftView(BaseModel):
    """A message that is ready to be sent."""

    audience: str
    subject: str
    text: str
    next_update_at: datetime | None
    next_update_minutes: int | None


class ChildView(BaseModel):
    """An incident that belongs to a major one."""

    number: str
    short_description: str
    stage: str | None
    how: JoinedHow
    joined_at: datetime
    joined_by: str | None


class ChildrenView(BaseModel):
    """The children of a major incident, in the order of joining."""

    children: list[ChildView]
    total: int
    open: int = Field(description="Number of unresolved ones.")


class LinkedView(BaseModel):
    """The newly linked incidents, without those that were children already."""

    joined: list[str]
    undo: str | None = Field(default=None, description="Id by which linking can be undone; null where none was linked.")


class ResolvedMajorView(BaseModel):
    """The incidents that were resolved together."""

    id: str
    state: RoomState
    resolved: list[str]


class NamedCount(BaseModel):
    """A value and how many reports have it."""

    name: str
    count: int


class RoomTimesView(BaseModel):
    """Durations in seconds: until detection, from there to acceptance, and from the first report to restoration."""

    to_detect_seconds: float | None
    to_accept_seconds: float
    to_restore_seconds: float | None


class ReviewActionView(BaseModel):
    """An action after a major incident, and whether it helped."""

    id: int
    what: str
    owner: str | None
    due_at: datetime | None
    overdue: bool
    done_at: datetime | None
    done_by: str | None
    check_days: int
    check_due_at: datetime | None = Field(description="When similar incidents are counted.")
    before: int | None = Field(description="Similar incidents in as many days before the major incident.")
    after: int | None = Field(description="Similar incidents in as many days after the action.")
    helped: bool | None = Field(description="Whether they became fewer; null while unknown.")


class AddedActionView(ReviewActionView):
    """An action that was just added."""

    undo: str = Field(description="Id by which adding it can be undone.")


class ReviewTextView(BaseModel):
    """The findings of a review."""

    summary: str
    cause: str
    went_well: str
    went_badly: str
    version: int = Field(description="Version of these texts, as in the `ETag` of the review.")


class RoomEntryView(BaseModel):
    """A line of the timeline."""

    id: str
    at: datetime
    text: str
    kind: str
    by: str | None
    number: str | None = Field(description="The incident concerned; null for the major incident itself.")
    pinned: bool
    hidden: bool


class RoomTimelineView(BaseModel):
    """What happened, the earliest first; hidden entries only on request."""

    entries: list[RoomEntryView]
    total: int
    hidden: int = Field(description="Number of hidden entries.")


class MajorReviewView(BaseModel):
    """The review of a major incident."""

    id: str
    subject: str
    state: RoomState
    times: RoomTimesView
    text: ReviewTextView
    actions: list[ReviewActionView]
    timeline: list[RoomEntryView]


class MetCriterionView(BaseModel):
    """A criterion of a disaster that is met, and why."""

    name: str
    why: str


class ContinuityView(BaseModel):
    """Whether the major incident is a disaster, and who owns the continuity plan."""

    owner: str | None
    plan: str
    criteria: list[str]
    met: list[MetCriterionView]
    handed_over_at: datetime | None
    handed_over_by: str | None
    handed_over_to: str | None


class MajorRoomView(BaseModel):
    """An accepted major incident, with the seven elements of its model.

    They are its criteria, manager and team (`roles`), other resources, methods of investigation, communication
    (`messages`) and review.
    """

    id: str
    version: int = Field(
        description="Version of the elements that `PATCH` changes, as in the `ETag`; equal elements have an equal one."
    )
    subject: str
    state: RoomState
    moves: list[RoomState] = Field(description="States that it may move to.")
    since: datetime | None
    proposed_at: datetime
    opened_at: datetime
    opened_by: str | None
    restored_at: datetime | None
    resolved_at: datetime | None
    reviewed_at: datetime | None
    closed_at: datetime | None
    criteria: list[str]
    usual_criteria: list[str]
    roles: list[RoleView]
    resources: str
    investigation: str
    workaround: str
    article: str | None
    resolution: str
    tasks: list[RoomTaskView]
    audiences: list[str] = Field(description="Audiences that the practice has a message for.")
    messages: list[RoomMessageView]
    next_update_at: datetime | None
    overdue: bool = Field(description="Whether an update is overdue.")
    reports: int
    children: int
    still_open: int
    services: list[NamedCount]
    locations: list[NamedCount]
    times: RoomTimesView
    review: ReviewTextView
    actions: list[ReviewActionView]
    continuity: ContinuityView


class MajorRoomSummary(BaseModel):
    """A summary of an accepted major incident."""

    id: str
    subject: str
    state: RoomState
    opened_at: datetime
    children: int
    next_update_at: datetime | None
    overdue: bool


class MajorRoomsView(BaseModel):
    """Accepted major incidents, the newest first."""

    rooms: list[MajorRoomSummary]


class KnownMajorView(BaseModel):
    """The known major incident that a ticket reports."""

    id: str
    subject: str
    is_child: bool = Field(description="Whether the ticket belongs to it already.")
    workaround: str
    article: str | None
    next_update_at: datetime | None
