"""Acts: what a person does to incidents in the queue, many at once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.field_types import Comment, Key, Text, Value
from kb.records.act import ActKind, ActStatus, WantedAct

ACTS_LIMIT = 500
_FIELDS_LIMIT = 50

Values = Annotated[dict[Key, Value | None], Field(max_length=_FIELDS_LIMIT)]
ActNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]


class ActBody(BaseModel):
    """What a person wants to do to an incident.

    `accept` takes what is suggested for the fields that are named in `expected` or `fields`, for all that are shown
    where neither names any; a value other than the one named there is superseded. `set` gives `fields` their values,
    null takes one away. `resolve` resolves it, sets `fields`, and keeps the `resolution` and the `article` that helped.
    `override` says why an act beyond a limit of the board has to be.
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
    """What a person wants to do to many incidents."""

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
    """Who undoes an act."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"by": "a.agent"}})

    by: Value | None = None


class ActResultView(BaseModel):
    """What became of an act.

    A `superseded` one came too late: somebody else was faster, or something else is suggested by now. The incident of
    an `unknown` one does not exist.
    """

    number: str
    status: ActStatus
    reason: str | None = Field(description="Why it was not done.")
    fields: dict[str, str | None] = Field(description="The values that it gave.")
    undo: str | None = Field(description="Id by which the act can be undone.")
    warnings: list[str] = Field(description="The limits of the board that it goes beyond.")


class ActsView(BaseModel):
    """What became of each act, in their order."""

    results: list[ActResultView]
