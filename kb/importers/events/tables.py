"""Audit logs as tables: one row for each changed value, or for each state of an incident."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from kb.importers.dates import DateReader
from kb.importers.events.fields import MADE_SLA, field_names, value_of
from kb.importers.events.update import LoggedUpdate
from kb.importers.tables import Row, read_table
from kb.records.columns import NoTextColumnError, map_columns
from kb.records.incident_changes import TRACKED
from kb.records.incident_event import EventKind
from kb.records.rejects import Reject, UnreadableFileError, emptied
from kb.vocabulary.column_name import name_key

# moments that are cached: logs name minutes, and a year has half a million of them
_MOMENTS_KEPT = 1 << 16
_CHANGE_COLUMNS = {
    "key": ("documentkey", "number", "ticket id", "ticketid", "issue key", "incident", "record", "id"),
    "field": ("fieldname", "field name", "field", "column", "attribute"),
    "before": ("oldvalue", "old value", "previous value", "from", "before"),
    "after": ("newvalue", "new value", "value", "to", "after"),
    "at": ("sys_created_on", "created on", "created at", "created", "changed at", "timestamp", "date", "time", "at"),
}
_BY = ("sys_updated_by", "updated by", "user", "changed by", "modified by", "author", "by", "sys_created_by")
_TABLE, _INCIDENT = "tablename", "incident"
# fields of an audit log in which people write
_COMMENTS = {"comments": EventKind.RESPONDED, "worknotes": EventKind.NOTED}
_ESCALATION, _NORMAL = "escalation", frozenset({"", "0", "normal"})
_NUMBERED = "documentkey"

Moment = Callable[[str], datetime | None]
"""Reads a moment; raises ValueError for what is none."""


class _CellError(ValueError):
    """A cell cannot be read."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True, slots=True)
class TableLog:
    """A table of updates: its columns by their meaning, and the tool that it comes from.

    Where `fields` name columns of values, each row is a state of an incident, else a changed value.
    """

    path: Path
    columns: Mapping[str, str]
    fields: Mapping[str, str]
    tool: str | None
    is_keyed: bool = False

    @classmethod
    def open(cls, path: Path, names: Iterable[str]) -> TableLog:
        """Recognise the columns of a table; raises UnreadableFileError where it is not an audit log."""
        listed = list(names)
        keys = {name_key(name): name for name in listed}
        by = _first(keys, _BY)
        changes = {role: column for role, named in _CHANGE_COLUMNS.items() if (column := _first(keys, named))}
        if {"key", "field", "after", "at"} <= set(changes):
            is_keyed = name_key(changes["key"]) == _NUMBERED
            return cls(path, _with(changes, by), {}, "ServiceNow" if is_keyed else None, is_keyed)
        try:
            mapped = map_columns(listed)
        except NoTextColumnError:  # a log need not contain the caller's description
            mapped = map_columns([*listed, "description"])
        if "number" not in mapped.column_of or mapped.updated is None:
            raise UnreadableFileError(
                f"{path}: is not an audit log: it has neither columns for record, field, old and new value and time, "
                "nor a number and a time of update with the values of each row"
            )
        columns = {"key": mapped.column_of["number"], "at": mapped.updated}
        if "opened_at" in mapped.column_of:
            columns["opened_at"] = mapped.column_of["opened_at"]
        fields = {name: column for name, column in mapped.column_of.items() if name in TRACKED}
        if name_key(MADE_SLA) in keys:
            fields[MADE_SLA] = keys[name_key(MADE_SLA)]
        return cls(path, _with(columns, by), fields, mapped.tool.name if mapped.tool else None)

    def updates(self, dates: DateReader, encoding: str | None = None) -> Iterator[LoggedUpdate | Reject]:
        """Yield the update in each row, and a Reject for one that cannot be read."""
        moment = lru_cache(maxsize=_MOMENTS_KEPT)(dates.read)
        for row in read_table(self.path, encoding=encoding):
            if isinstance(row, Reject):
                yield row
                continue
            try:
                update = self._state(row, moment) if self.fields else self._change(row, moment)
            except _CellError as error:
                yield Reject(row.file, row.number, error.column, str(error))
                continue
            if update is None:
                continue
            try:
                yield replace(update, opened_at=self._opened_at(row, moment))
            except _CellError as error:
                yield emptied(row.file, row.number, error.column, str(error))
                yield update

    def _state(self, row: Row, moment: Moment) -> LoggedUpdate:
        after = {name: value_of(row.values.get(column, "")) for name, column in self.fields.items()}
        return LoggedUpdate(self._key(row), self._at(row, moment), self._by(row.values), after=after)

    def _change(self, row: Row, moment: Moment) -> LoggedUpdate | None:
        values = row.values
        table = next((value for name, value in values.items() if name_key(name) == _TABLE), _INCIDENT)
        named = values[self.columns["field"]]
        field, kind = field_names(self.tool).field_of(named), self._kind(named, values)
        if table != _INCIDENT or (field is None and kind is None):
            return None
        key, at = self._key(row), self._at(row, moment)
        if field is None or kind is not None:
            return LoggedUpdate(key, at, self._by(values), kinds=(kind,) if kind else ())
        before = value_of(values.get(self.columns.get("before", ""), ""))
        after = value_of(values[self.columns["after"]])
        return LoggedUpdate(key, at, self._by(values), {field: before}, {field: after})

    def _key(self, row: Row) -> str:
        column = self.columns["key"]
        key = row.values[column].strip()
        if not key:
            raise _CellError(column, "the row names no incident")
        return key[:200]

    def _at(self, row: Row, moment: Moment) -> datetime:
        at = self._moment(row, "at", moment)
        if at is None:
            raise _CellError(self.columns["at"], "the row has no time")
        return at

    def _opened_at(self, row: Row, moment: Moment) -> datetime | None:
        return self._moment(row, "opened_at", moment) if "opened_at" in self.columns else None

    def _moment(self, row: Row, name: str, moment: Moment) -> datetime | None:
        column = self.columns[name]
        try:
            return moment(row.values.get(column, ""))
        except ValueError as error:
            raise _CellError(column, str(error)) from None

    def _kind(self, named: str, values: Mapping[str, str]) -> EventKind | None:
        """Return the event that a change of a field is, beside that of its values."""
        if name_key(named) == _ESCALATION and values[self.columns["after"]].strip().lower() not in _NORMAL:
            return EventKind.ESCALATED
        return _COMMENTS.get(name_key(named))

    def _by(self, values: Mapping[str, str]) -> str | None:
        return value_of(values.get(self.columns.get("by", ""), ""))


def _first(keys: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((keys[key] for name in names if (key := name_key(name)) in keys), None)


def _with(columns: dict[str, str], by: str | None) -> dict[str, str]:
    return columns if by is None else {**columns, "by": by}
