"""Incident fields: pydantic models made from the table of fields, so that a new field is accepted and shown at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, create_model
from pydantic import Field as PydanticField

from app.schemas.field_types import FieldAnswer, FieldCount, FieldKey, FieldMoment, FieldText, FieldValue
from kb.records.fields import Field, FieldKind
from kb.records.incident import FIELDS

_GIVEN: dict[FieldKind, Any] = {
    FieldKind.KEY: (FieldKey | None, None),
    FieldKind.TEXT: (FieldText | None, None),
    FieldKind.LABEL: (FieldValue | None, None),
    FieldKind.STATE: (FieldValue | None, None),
    FieldKind.INSTANT: (FieldMoment | None, None),
    FieldKind.COUNT: (FieldCount | None, None),
    FieldKind.LINKS: (Annotated[list[FieldKey], PydanticField(max_length=100)], PydanticField(default_factory=list)),
}
_SHOWN: dict[FieldKind, Any] = {
    FieldKind.KEY: str,
    FieldKind.TEXT: str,
    FieldKind.LABEL: str,
    FieldKind.STATE: str,
    FieldKind.INSTANT: datetime,
    FieldKind.COUNT: int,
    FieldKind.LINKS: list[str],
}


def _is_logged(field: Field) -> bool:
    """Return whether a field may be known when a ticket is logged."""
    return field.kind in (FieldKind.KEY, FieldKind.LABEL) or (field.kind is FieldKind.TEXT and field.required)


EXCHANGED = tuple(field for field in FIELDS if not field.derived)
"""Fields that callers send and receive."""
LOGGED = tuple(field for field in EXCHANGED if _is_logged(field))
WRITTEN_LATER = tuple(field for field in EXCHANGED if not _is_logged(field))


def _given(name: str, fields: Iterable[Field]) -> Any:
    return create_model(name, **{field.name: _type_of(field) for field in fields})


def _type_of(field: Field) -> Any:
    """Return how callers give a field; a text that nobody has to write may say that there is none."""
    return (FieldAnswer, None) if field.kind is FieldKind.TEXT and not field.required else _GIVEN[field.kind]


def _shown(name: str, fields: Iterable[Field]) -> Any:
    types: dict[str, Any] = {
        field.name: (_SHOWN[field.kind] if field.required else _SHOWN[field.kind] | None, ...) for field in fields
    }
    return create_model(name, **types)


if TYPE_CHECKING:

    class _FromTable(BaseModel):
        def __getattr__(self, name: str) -> Any: ...

    class LoggedFields(_FromTable):
        """Fields that may be known when a ticket is logged."""

    class LaterFields(_FromTable):
        """Fields that become known later."""

    class ShownFields(_FromTable):
        """All fields of an incident except further ones."""

else:
    LoggedFields = _given("LoggedFields", LOGGED)
    LaterFields = _given("LaterFields", WRITTEN_LATER)
    ShownFields = _shown("ShownFields", EXCHANGED)
