"""Fields: the values that a person may choose for one."""

from __future__ import annotations

from pydantic import BaseModel, Field


class FieldValueView(BaseModel):
    """A value that a field may have."""

    value: str
    count: int = Field(description="Resolved incidents that carry it.")


class FieldValuesView(BaseModel):
    """The values that a person may choose for a field, the most used first."""

    field: str
    values: list[FieldValueView]
    is_complete: bool = Field(description="Whether the field may have no other value.")
