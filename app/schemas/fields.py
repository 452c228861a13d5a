"""Fields: the values that a person may choose for a field."""

from __future__ import annotations

from pydantic import BaseModel, Field


class FieldValueView(BaseModel):
    """A value that a field may have."""

    value: str
    count: int = Field(description="Resolved incidents with this value.")


class FieldValuesView(BaseModel):
    """The values that a person may choose for a field, the most used first."""

    field: str
    values: list[FieldValueView]
    is_complete: bool = Field(description="Whether no other value is allowed.")
