"""Field types: texts, values, keys, counts and moments as bodies take them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from kb.records.clean_text import clean
from kb.records.incident import TEXT_LIMIT, VALUE_LIMIT

BATCH_LIMIT = 1000
_COMMENT_LIMIT = 10_000
_MOST_COUNTED = 10**9


def _as_text(value: Any) -> Any:
    """Return a number that was sent as a label as text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_written(value: Any) -> Any:
    """Return a moment as it was sent; refuse a number, which names neither its unit nor its beginning."""
    if not isinstance(value, str | datetime) or (isinstance(value, str) and value.strip().lstrip("+-").isdecimal()):
        raise ValueError("must be a date and time, such as 2026-11-25T09:30:00Z")
    return value


def _with_zone(value: datetime) -> datetime:
    """Return a moment in UTC; one without a zone is in UTC already."""
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("is not within the years 1 to 9999 in UTC") from None


def _no_truth(value: Any) -> Any:
    """Return a count as it was sent; refuse true and false, which Python counts as numbers."""
    if isinstance(value, bool):
        raise ValueError("must be a whole number")  # noqa: TRY004 (pydantic tells of a ValueError)
    return value


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

Comment = Annotated[str, Field(max_length=_COMMENT_LIMIT), AfterValidator(clean)]

Moment = Annotated[datetime, BeforeValidator(_as_written), AfterValidator(_with_zone)]


def requires_text(name: str) -> dict[str, Any]:
    """Return the JSON schema of an object with a text under this name."""
    return {"required": [name], "properties": {name: {"type": "string", "pattern": r"\S"}}}


def requires_any_text(*names: str) -> dict[str, Any]:
    """Return the JSON schema of an object with a text under at least one of these names."""
    return {"anyOf": [requires_text(name) for name in names]}
