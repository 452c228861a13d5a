"""Label changes: values that were renamed, merged, split or retired."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.field_types import Key, Moment, Value

_MOST_SPLIT = 100


class LabelChangeBody(BaseModel):
    """The new name of a value: one value, several after a split, none if retired; by default from now on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"field": "category", "old": "E-mail", "new": ["Mail"], "by": "s.lead"}},
    )

    field: Key
    old: Key
    new: Annotated[list[Key], Field(max_length=_MOST_SPLIT)] = []
    since: Moment | None = None
    by: Value | None = None


class LabelChangeView(BaseModel):
    """A label change: tickets logged before `since` are read as if they had the new value."""

    id: int
    field: str
    old: str
    new: list[str]
    since: datetime
    at: datetime
    by: str | None


class LabelChangesView(BaseModel):
    """The label changes in force, by date."""

    changes: list[LabelChangeView]
