"""The import log: what each import changed, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from kb.records.incident_changes import event_of_undoing
from kb.records.incident_event import EventSource, IncidentEvent, Origin
from kb.storage.database import Database
from kb.storage.event_log import append
from kb.storage.incident_rows import (
    KEYS_A_QUERY,
    by_key,
    from_json,
    incident_from_json,
    incident_from_row,
    next_revision,
)
from kb.storage.schema import import_changes, imports, incidents, removals
from kb.storage.state_meanings import as_told, told_stages
from models.errors import NotFoundError

_UNDOING = Origin(EventSource.UNDONE_IMPORT)


class NoSuchImportError(NotFoundError):
    """There is no such import to take back."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the file's name, when, when it was undone, and how many incidents it added or changed."""

    id: int
    source: str
    at: datetime
    undone_at: datetime | None
    changed: int


@dataclass(frozen=True, slots=True)
class Undone:
    """The number of incidents removed, restored, and kept because they changed after the import."""

    removed: int
    restored: int
    left: int


class ImportLog:
    """Imports of incidents, each with what every incident was before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, source: str, at: datetime | None = None) -> int:
        """Note that the import of a file begins, now unless `at` is given; returns its id."""
        with self._database.writing() as connection:
            row = {"source": source, "at": at or datetime.now(UTC)}
            (key,) = connection.execute(insert(imports).values(row)).inserted_primary_key or (0,)
            return int(key)

    def all(self) -> list[Import]:
        """Return the imports, the newest first, each with the number of incidents it added or changed."""
        count = func.count(import_changes.c.number)
        query = (
            select(imports, count.label("changed"))
            .join_from(imports, import_changes, imports.c.id == import_changes.c.import_id)
            .group_by(*imports.c)
            .order_by(imports.c.id.desc())
        )
        with self._database.reading() as connection:
            return [Import(row.id, row.source, row.at, row.undone_at, row.changed) for row in connection.execute(query)]

    def undo(self, key: int) -> Undone:
        """Undo an import: remove what it added, restore what it changed, keep what changed since.

        Raises NoSuchImportError where there is no such import, or it was undone already.
        """
        removed, restored, left = list[str](), list[dict[str, Any]](), 0
        with self._database.writing() as connection:
            if not any(entry.id == key and entry.undone_at is None for entry in self.all()):
                raise NoSuchImportError(f"no import {key} that changed anything and was not undone yet")
            revision = next_revision(connection)
            told = told_stages(connection)
            changes = connection.execute(select(import_changes).where(import_changes.c.import_id == key)).all()
            numbers = [change.number for change in changes]
            now = {row.number: row for row in by_key(connection, select(incidents), incidents.c.number, numbers)}
            moment, events = datetime.now(UTC), list[IncidentEvent]()
            for change in changes:
                stored = now.get(change.number)
                if stored is None or stored.revision != change.revision:
                    left += 1
                    continue
                before = None if change.before is None else as_told(incident_from_json(change.before), told)
                events += event_of_undoing(incident_from_row(stored), before, _UNDOING, moment)
                if before is None:
                    removed.append(change.number)
                else:
                    restored.append({**from_json(change.before), "stage": before.stage})
            append(connection, events)
            for start in range(0, len(removed), KEYS_A_QUERY):
                some = removed[start : start + KEYS_A_QUERY]
                connection.execute(delete(incidents).where(incidents.c.number.in_(some)))
            if removed:
                connection.execute(insert(removals), [{"number": number, "revision": revision} for number in removed])
            for row in restored:
                connection.execute(
                    update(incidents).where(incidents.c.number == row["number"]).values({**row, "revision": revision})
                )
            connection.execute(update(imports).where(imports.c.id == key).values(undone_at=moment))
        return Undone(len(removed), len(restored), left)


def note_changes(
    connection: Connection, key: int, rows: Sequence[Mapping[str, Any]], before: Mapping[str, dict[str, Any]]
) -> None:
    """Note what an import changed; where it changed an incident twice, the state before the first time counts."""
    mine = import_changes.c.import_id == key
    query = select(import_changes.c.number).where(mine)
    twice = {row.number for row in by_key(connection, query, import_changes.c.number, [r["number"] for r in rows])}
    for row in rows:
        if row["number"] in twice:
            where = (mine, import_changes.c.number == row["number"])
            connection.execute(update(import_changes).where(*where).values(revision=row["revision"]))
    fresh = [
        {"import_id": key, "number": row["number"], "before": before.get(row["number"]), "revision": row["revision"]}
        for row in rows
        if row["number"] not in twice
    ]
    if fresh:
        connection.execute(insert(import_changes), fresh)


def bring_back(connection: Connection, numbers: Sequence[str]) -> None:
    """Forget that incidents were removed, since they are there again."""
    for start in range(0, len(numbers), KEYS_A_QUERY):
        some = numbers[start : start + KEYS_A_QUERY]
        connection.execute(delete(removals).where(removals.c.number.in_(some)))
