"""Clocks of the queue: when the targets of open incidents are used up, kept beside the queue that they follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update

from kb.records.clock_mark import ClockMark
from kb.records.clock_state import Measure
from kb.records.incident import Incident
from kb.storage.database import Database
from kb.storage.incident_rows import by_key, incident_from_row
from kb.storage.schema import incidents, queue_entries


class QueueClocks:
    """The clock marks of the open incidents of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, numbers: Iterable[str], practice: str) -> dict[str, ClockMark]:
        """Return the marks of incidents that follow from a practice and from all that happened to them."""
        query = select(queue_entries).where(queue_entries.c.practice == practice)
        with self._database.reading() as connection:
            rows = by_key(connection, query, queue_entries.c.number, numbers)
            return {row.number: _mark(row) for row in rows}

    def outdated(self, practice: str, *, estimated_before: datetime, limit: int) -> list[tuple[Incident, int]]:
        """Return open incidents whose mark follows from another practice, and the revisions of their entries.

        Once there are none, they are those whose running target can still be met and whose probability of a breach was
        estimated before a moment.
        """
        columns = queue_entries.c
        is_old = and_(
            columns.clocked_at < estimated_before,
            columns.breach_probability.is_not(None),
            or_(columns.breaches_at.is_(None), columns.breaches_at >= estimated_before),
        )
        with self._database.reading() as connection:
            for condition in (columns.practice != practice, is_old):
                query = (
                    select(incidents, columns.revision.label("entry_revision"))
                    .join_from(queue_entries, incidents, incidents.c.number == columns.number)
                    .where(condition)
                    .order_by(columns.need, columns.urgency, columns.since, columns.number)
                    .limit(limit)
                )
                if found := connection.execute(query).all():
                    return [(incident_from_row(row), row.entry_revision) for row in found]
        return []

    def put(self, marks: Iterable[tuple[ClockMark, int]], practice: str, now: datetime) -> None:
        """Write marks in one act; those of incidents that changed after the revision of their entry are left out."""
        with self._database.writing() as connection:
            for mark, revision in marks:
                connection.execute(
                    update(queue_entries)
                    .where(queue_entries.c.number == mark.number, queue_entries.c.revision == revision)
                    .values(
                        practice=practice,
                        clocked_at=now,
                        stage_since=mark.stage_since,
                        measure=None if mark.measure is None else mark.measure.value,
                        warns_at=mark.warns_at,
                        due_at=mark.due_at,
                        breaches_at=mark.breaches_at,
                        left_seconds=mark.left,
                        breach_probability=mark.breach_probability,
                        hops=mark.hops,
                    )
                )

    def loads(self) -> Mapping[str, int]:
        """Return how many open incidents each group has."""
        group = queue_entries.c.assignment_group
        query = select(group, func.count().label("incidents")).where(group.is_not(None))
        with self._database.reading() as connection:
            return {row.assignment_group: row.incidents for row in connection.execute(query.group_by(group))}


def _mark(row: Row[Any]) -> ClockMark:
    return ClockMark(
        row.number,
        row.stage_since,
        None if row.measure is None else Measure(row.measure),
        row.warns_at,
        row.due_at,
        row.breaches_at,
        row.left_seconds,
        row.breach_probability,
        row.hops,
    )
