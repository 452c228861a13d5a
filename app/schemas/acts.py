"""Acts: what a person does to one or many incidents in the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.exceeded import ExceededView
from app.schemas.field_types import Comment, Key, Text, Value
from app.schemas.wordings import WordingView
from kb.records.act import ActKind, ActObstacle, ActStatus, RefusedAct, RefusedUndo, UndoObstacle, WantedAct

ACTS_LIMIT = 500
_FIELDS_LIMIT = 50

Values = Annotated[dict[Key, Value | None], Field(max_length=_FIELDS_LIMIT)]
ActNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]


class ActBody(BaseModel):
    """An act that a person wants to do to an incident.

    `accept` accepts the suggestions for the fields in `expected` or `fields`, or for all that are shown where both are
    empty; the act is superseded if another value is suggested than the one named there. `set` sets `fields` to their
    values; null clears one. `resolve` resolves the incident, sets `fields`, and stores the `resolution` and the
    `article` that helped. Both are superseded where a value in `expected` is another one by now. `override` gives the
    reason for an act beyond a limit of the board.
    """

    model_config = ConfigDict(extra="forbid")

    number: Key
    act: Literal[ActKind.ACCEPT, ActKind.SET, ActKind.RESOLVE]
    fields: Values = Field(default_factory=dict)
    expected: Values = Field(default_factory=dict, description="The values that the person saw.")
    resolution: Text | None = None
    article: Key | None = None
    override: Comment | None = None

    def record(self) -> WantedAct:
        """Return the act as a record."""
        return WantedAct(
            self.number, self.act, self.fields, self.expected, self.resolution, self.article, self.override
        )


class ActsBody(BaseModel):
    """Acts that a person wants to do to many incidents."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "acts": [
                    {"number": "INC0010001", "act": "accept", "expected": {"category": "Access"}},
                    {"number": "INC0010002", "act": "set", "fields": {"assigned_to": "a.agent"}},
                ],
                "by": "a.agent",
            }
        },
    )

    acts: Annotated[list[ActBody], Field(min_length=1, max_length=ACTS_LIMIT)]
    by: Value | None = None


class UndoBody(BaseModel):
    """The person who undoes an act."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"by": "a.agent"}})

    by: Value | None = None


class RefusedActView(BaseModel):
    """What kept an act from being done, as values."""

    obstacle: ActObstacle
    field: str | None
    value: str | None = Field(description="The value in the way; of `unknown_article` its id, of `not_open` the stage.")

    def record(self) -> RefusedAct:
        """Return it as a record."""
        return RefusedAct(self.obstacle, self.field, self.value)


class RefusedUndoView(BaseModel):
    """What keeps an act from being undone."""

    obstacle: UndoObstacle
    field: str | None = Field(description="The field that was changed since.")
    by: str | None = Field(description="Who undid it already, or changed the field, where that is known.")
    at: datetime | None

    def record(self) -> RefusedUndo:
        """Return it as a record."""
        return RefusedUndo(self.obstacle, self.field, self.by, self.at)


class ActResultView(BaseModel):
    """The result of an act.

    A `superseded` act came too late: somebody else was faster, or the suggestion has changed. The incident of an
    `unknown` act does not exist.
    """

    number: str
    status: ActStatus
    reason: str | None = Field(description="Why it was not done.")
    fields: dict[str, str | None] = Field(description="The values that it set.")
    undo: str | None = Field(description="Id by which the act can be undone.")
    warnings: list[str] = Field(description="The limits of the board that it exceeds, in words.")
    exceeded: list[ExceededView] = Field(description="The limits that it exceeds, or for which it was refused.")
    refusal: RefusedActView | None = Field(default=None, description="What `reason` says, as values.")
    wording: WordingView | None = Field(default=None, description="The parts of the reason, where it has some.")


class ActsView(BaseModel):
    """The result of each act, in their order."""

    results: list[ActResultView]
