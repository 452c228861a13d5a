"""Field types: how bodies accept texts, values, keys, counts and moments."""

from __future__ import annotations

import html
import math
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from kb.records.clean_text import clean
from kb.records.incident import TEXT_LIMIT, VALUE_LIMIT
from kb.records.json_text import text_of_json
from kb.vocabulary.nothing import is_no_date, is_no_moment, is_nothing

BATCH_LIMIT = 1000
_COMMENT_LIMIT = 10_000
_MOST_COUNTED = 10**9


def _as_text(value: Any) -> Any:
    """Return a text without characters that databases reject, and a number sent as a label as text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a text or a finite number")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_told(value: Any) -> Any:
    """Return the text of a reference object `{display_value, value}` or of a Jira document, anything else unchanged."""
    tells = isinstance(value, dict) and ("display_value" in value or value.get("type") == "doc")
    return _json_text(value) if tells else value


def _as_told_or_nothing(value: Any) -> Any:
    """Return the text of a value, `None` where it means "no value", such as `N/A` or an empty text."""
    told = _as_told(value)
    return None if isinstance(told, str) and is_nothing(told) else told


def _as_dated_or_nothing(value: Any) -> Any:
    """Return the text of a moment, `None` where it means "no date", such as `never` or `0000-00-00`."""
    told = _as_told(value)
    return None if isinstance(told, str) and is_no_date(told) else told


def _moment_or_nothing(value: datetime | None) -> datetime | None:
    """Return a moment, `None` for what programs store where there is none, such as the first of 1970."""
    return None if value is None or is_no_moment(value) else value


def _as_label(value: Any) -> Any:
    """Return a label as files have it: an object by its name, a list by its entries, entities as characters."""
    label = _json_text(value) if isinstance(value, dict | list | bool) else _as_text(value)
    return clean(html.unescape(label)) if isinstance(label, str) else label


def _json_text(value: Any) -> str:
    try:
        return clean(text_of_json(value))
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _as_written(value: Any) -> Any:
    """Return a moment as it was sent; refuse a number, whose unit and epoch are unknown."""
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
        raise ValueError("must be a whole number")  # noqa: TRY004 (pydantic reports a ValueError)
    return value


_WholeNumber = Annotated[int, Field(ge=0, le=_MOST_COUNTED)]

Count = Annotated[
    _WholeNumber,
    BeforeValidator(
        _no_truth, json_schema_input_type=_WholeNumber | Annotated[str, Field(pattern=r"^[0-9]{1,9}$", max_length=9)]
    ),
]

Text = Annotated[str, Field(max_length=TEXT_LIMIT), BeforeValidator(_as_text, json_schema_input_type=str)]

_ShortText = Annotated[str, Field(max_length=VALUE_LIMIT)]

Value = Annotated[_ShortText, BeforeValidator(_as_text, json_schema_input_type=_ShortText | float)]

_Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]

Key = Annotated[_Name, BeforeValidator(_as_text, json_schema_input_type=_Name | float)]

Comment = Annotated[str, Field(max_length=_COMMENT_LIMIT), BeforeValidator(_as_text, json_schema_input_type=str)]

Moment = Annotated[datetime, BeforeValidator(_as_written), AfterValidator(_with_zone)]

FieldText = Annotated[Text, BeforeValidator(_as_told)]
FieldKey = Annotated[Key, BeforeValidator(_as_told)]
FieldAnswer = Annotated[Text | None, BeforeValidator(_as_told_or_nothing)]
FieldMoment = Annotated[Moment | None, BeforeValidator(_as_dated_or_nothing), AfterValidator(_moment_or_nothing)]
FieldCount = Annotated[Count | None, BeforeValidator(_as_told_or_nothing)]
FieldValue = Annotated[
    _ShortText,
    BeforeValidator(_as_label, json_schema_input_type=_ShortText | float | bool | dict[str, Any] | list[Any]),
]
"""Fields of a ticket as its own system sends them, reference objects and lists included."""


def requires_text(name: str) -> dict[str, Any]:
    """Return the JSON schema of an object with a text under this name."""
    return {"required": [name], "properties": {name: {"type": "string", "pattern": r"\S"}}}


def requires_any_text(*names: str) -> dict[str, Any]:
    """Return the JSON schema of an object with a text under at least one of these names."""
    return {"anyOf": [requires_text(name) for name in names]}
