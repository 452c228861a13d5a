"""Columns: which of our fields each column of another tool's export is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kb.records.incident import FIELD_NAMES, FIELDS, LABELS, Incident
from kb.records.rejects import UnreadableFileError

NAMES: Mapping[str, tuple[str, ...]] = {entry.name: entry.aliases for entry in FIELDS if entry.aliases}
"""Names that other tools give our fields. The first one found in a file wins."""

UPDATED = (
    "sys updated at",
    "sys updated on",
    "updated at",
    "updated on",
    "updated",
    "last updated",
    "last modified",
    "date mod",
    "last updated at",
)


class ColumnError(UnreadableFileError):
    """The columns of a file cannot be taken as fields; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """Column of the file for each of our fields that it has; what is not named stays a further column.

    `updated` is the column that says when a row's state was reached, where there is one.
    """

    column_of: Mapping[str, str]
    updated: str | None = None

    @property
    def text_columns(self) -> list[str]:
        """Columns that hold what the caller said."""
        return [self.column_of[name] for name in ("short_description", "description") if name in self.column_of]


def map_columns(columns: Iterable[str], chosen: Mapping[str, str] | None = None) -> Mapped:
    """Recognise columns by their names; `chosen` (field to column) overrides.

    Raises ColumnError where a chosen field or column does not exist, or where nothing in the file says what the
    caller said.
    """
    present = list(columns)
    by_name = {_plain(column): column for column in reversed(present)}
    column_of = dict(chosen or {})
    for field, column in column_of.items():
        if field not in FIELD_NAMES:
            raise ColumnError(f"--map {field}={column}: {field!r} is none of {', '.join(FIELD_NAMES)}")
        if column not in present:
            raise ColumnError(f"--map {field}={column}: the file has no such column; it has {', '.join(present)}")
    taken = set(column_of.values())
    for field, names in NAMES.items():
        found = next((by_name[name] for name in names if name in by_name and by_name[name] not in taken), None)
        if field not in column_of and found is not None:
            column_of[field] = found
            taken.add(found)
    mapped = Mapped(column_of, next((by_name[name] for name in UPDATED if name in by_name), None))
    if not mapped.text_columns:
        raise ColumnError(
            f"no column says what the caller said (looked for {', '.join(NAMES['short_description'][:4])}, "
            f"{', '.join(NAMES['description'][:4])} and others; the file has {', '.join(present) or 'none'}): "
            "name it with --map description=COLUMN"
        )
    return mapped


def label_of(incident: Incident, name: str) -> str | None:
    """Label of a field, called by our name or by that of the column it came from."""
    return incident.value(name) or incident.value(standard_name(name))


def standard_name(name: str) -> str:
    """Our name of a field that is called by one of its columns' names, the name itself where it is none of ours."""
    return _LABEL_CALLED.get(_plain(name), name)


def _plain(column: str) -> str:
    """A column's name for comparison: lower case, no punctuation, "Custom field (Urgency)" by what is in brackets."""
    lowered = column.strip().lower()
    custom = re.fullmatch(r"custom field \((.*)\)", lowered)
    return " ".join(re.sub(r"[_\-./:*]+", " ", custom[1] if custom else lowered).split())


_LABEL_CALLED = {name: field for field in LABELS for name in NAMES[field]}
