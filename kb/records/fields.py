"""Fields: how a line of the incident record says what a field is, and the table that is read from those lines.

The class `Incident` is the table of fields: columns, request bodies, views, importers and learning follow from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_METADATA = "field"


class FieldKind(StrEnum):
    """What a field holds."""

    KEY = "key"
    TEXT = "text"
    LABEL = "label"
    STATE = "state"
    STAGE = "stage"
    INSTANT = "instant"
    COUNT = "count"
    LINKS = "links"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an incident.

    `aliases` are the names that other tools give it, in lower case without punctuation, the more telling ones first;
    a line declares them as one text, separated by commas. A field that is `learnt` is learnt and suggested unless other
    fields are named. Fields that are `agreeing` get values that have occurred together. `parent` is the field one level
    up. A `required` one always has a value;
    a `derived` one follows from others, so that nobody gives it.
    """

    name: str
    kind: FieldKind
    aliases: tuple[str, ...] = ()
    learnt: bool = False
    agreeing: bool = False
    parent: str | None = None
    required: bool = False
    derived: bool = False


def key_field(aliases: str = "") -> Any:
    """Declare the field that names an incident."""
    return _declare(FieldKind.KEY, dataclasses.MISSING, aliases, required=True)


def text_field(aliases: str = "") -> Any:
    """Declare a text, empty where nothing was said."""
    return _declare(FieldKind.TEXT, "", aliases, required=True)


def optional_text_field(aliases: str = "") -> Any:
    """Declare a text that may be unknown."""
    return _declare(FieldKind.TEXT, None, aliases)


def filed_text_field() -> Any:
    """Declare a text as it was when the incident was logged, which follows from what was written first."""
    return _declare(FieldKind.TEXT, None, "", derived=True)


def label_field(aliases: str = "", *, learnt: bool = False, agreeing: bool = False, parent: str | None = None) -> Any:
    """Declare a label: one of several values, as text also where it looks like a number."""
    return _declare(FieldKind.LABEL, None, aliases, learnt=learnt, agreeing=agreeing, parent=parent)


def state_field(aliases: str = "") -> Any:
    """Declare the state; a record that does not say it counts as resolved."""
    return _declare(FieldKind.STATE, "resolved", aliases, required=True)


def stage_field() -> Any:
    """Declare what the state means, which follows from it where nobody says otherwise."""
    return _declare(FieldKind.STAGE, None, "", required=True, derived=True)


def instant_field(aliases: str = "") -> Any:
    """Declare a moment, with its zone."""
    return _declare(FieldKind.INSTANT, None, aliases)


def count_field(aliases: str = "") -> Any:
    """Declare a number of times."""
    return _declare(FieldKind.COUNT, None, aliases)


def links_field(aliases: str = "") -> Any:
    """Declare links to articles."""
    return _declare(FieldKind.LINKS, (), aliases, required=True)


def table_of(record: type) -> tuple[Field, ...]:
    """Return the fields that the lines of a record's class declare, in their order."""
    return tuple(
        dataclasses.replace(entry.metadata[_METADATA], name=entry.name)
        for entry in dataclasses.fields(record)
        if _METADATA in entry.metadata
    )


def names_of(table: Iterable[Field], kind: FieldKind) -> tuple[str, ...]:
    """Return the names of the fields of one kind."""
    return tuple(entry.name for entry in table if entry.kind is kind)


def _declare(kind: FieldKind, default: Any, aliases: str, **more: Any) -> Any:
    names = tuple(name.strip() for name in aliases.split(",") if name.strip())
    return dataclasses.field(default=default, metadata={_METADATA: Field("", kind, names, **more)})
