"""Audit log: recognises a file of another tool's updates by its shape and reads it as events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import islice
from pathlib import Path

from kb.importers.date_order import DateOrder, date_order
from kb.importers.dates import DateReader
from kb.importers.events.documents import JIRA, DocumentLog
from kb.importers.events.tables import TableLog
from kb.importers.events.update import LoggedUpdate, StateReader, logged_events
from kb.importers.tables import Row, columns_of, read_table
from kb.importers.tables.json_document import read_document
from kb.importers.tables.packing import table_name
from kb.privacy.masking import Masking
from kb.records.clean_text import clean
from kb.records.incident_event import IncidentEvent
from kb.records.rejects import Reject, UnreadableFileError
from kb.vocabulary.stage import Stage

_DATE_SAMPLE = 20_000
_VALUES_KEPT = 1 << 16
_LONGEST = 1_000  # characters of a value that is kept: labels are names


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The recognised form of a file, its updates, and what could not be read.

    `columns` are those of a table, by their meaning. `is_keyed` says that updates name incidents by their tool's
    internal key, not by number.
    """

    path: Path
    shape: str
    tool: str | None
    columns: Mapping[str, str]
    order: DateOrder | None
    updates: tuple[LoggedUpdate, ...]
    rejects: tuple[Reject, ...]
    is_keyed: bool = False

    @classmethod
    def open(
        cls, path: Path, *, zone: tzinfo = UTC, encoding: str | None = None, day_first: bool | None = None
    ) -> AuditLog:
        """Read a file; raises UnreadableFileError where it is not a known kind of audit log."""
        document = _document(path, encoding)
        if document is not None:
            log = DocumentLog(path.name, document, DateReader(zone=zone))
            shape = "changelogs of issues" if log.tool == JIRA else "audits of tickets"
            updates, rejects = _parted(log.updates())
            return cls(path, shape, log.tool, {}, None, updates, rejects)
        table = TableLog.open(path, columns_of(path, encoding=encoding))
        order = _order(table, encoding) if day_first is None else DateOrder(day_first, "you said so")
        updates, rejects = _parted(table.updates(order.reader(zone), encoding))
        shape = "states of incidents" if table.fields else "changed values"
        columns = {**table.columns, **table.fields}
        return cls(path, shape, table.tool, columns, order, updates, rejects, table.is_keyed)

    @property
    def incidents(self) -> int:
        """Return how many incidents it has updates of."""
        return len({update.number for update in self.updates})

    def events(
        self, meanings: Mapping[str, Stage], now: datetime, numbers: Mapping[str, str] | None = None
    ) -> Iterator[IncidentEvent]:
        """Yield its events, incident by incident, without secrets.

        `meanings` are the organisation's meanings of states. `numbers` maps their tool's keys to incident numbers.
        """
        known = numbers or {}
        updates = (replace(one, number=known.get(one.number, one.number)) for one in self.updates)
        for event in logged_events(updates, StateReader(self.tool, meanings), now):
            yield replace(
                event,
                by=_clean(event.by),
                before={name: _clean(value) for name, value in event.before.items()},
                after={name: _clean(value) for name, value in event.after.items()},
            )


def _document(path: Path, encoding: str | None) -> object | None:
    """Return the content of a JSON file of issues or audits, `None` for any other file."""
    if not path.is_file():
        raise UnreadableFileError(f"{path}: there is no such file")
    if not table_name(path).endswith(".json"):
        return None
    document = read_document(path, encoding)
    return document if DocumentLog(path.name, document, DateReader()).tool is not None else None


def _parted(read: Iterator[LoggedUpdate | Reject]) -> tuple[tuple[LoggedUpdate, ...], tuple[Reject, ...]]:
    updates, rejects = list[LoggedUpdate](), list[Reject]()
    for one in read:
        if isinstance(one, Reject):
            rejects.append(one)
        else:
            updates.append(one)
    return tuple(updates), tuple(rejects)


def _order(table: TableLog, encoding: str | None) -> DateOrder:
    columns = [table.columns[name] for name in ("opened_at", "at") if name in table.columns]
    rows = (row.values for row in read_table(table.path, encoding=encoding) if isinstance(row, Row))
    return date_order(islice(rows, _DATE_SAMPLE), columns, columns)


@lru_cache(maxsize=_VALUES_KEPT)
def _clean(value: str | None) -> str | None:
    return None if value is None else Masking().text(clean(value)[:_LONGEST]).text
