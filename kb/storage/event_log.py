"""The event log: what happened to incidents, appended and never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from kb.records.incident_event import EventKind, EventSource, IncidentEvent
from kb.storage.database import Database
from kb.storage.incident_rows import KEYS_A_QUERY, by_key, stream
from kb.storage.restricted_rows import divert_events
from kb.storage.schema import incident_events, queue_entries

_KNOWN = select(incident_events.c.digest)


class EventLog:
    """Events of incidents in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, number: str) -> list[IncidentEvent]:
        """Return the events of an incident in the order in which they were recorded."""
        query = select(incident_events).where(incident_events.c.number == number).order_by(incident_events.c.id)
        with self._database.reading() as connection:
            return [_event(row) for row in connection.execute(query)]

    def of_each(self, numbers: Iterable[str]) -> dict[str, list[IncidentEvent]]:
        """Return the events of several incidents, each as `of` does; those without events have an empty list."""
        query = select(incident_events).order_by(incident_events.c.id)
        found: dict[str, list[IncidentEvent]] = {number: [] for number in numbers}
        with self._database.reading() as connection:
            for row in by_key(connection, query, incident_events.c.number, found):
                found[row.number].append(_event(row))
        return found

    def all(self) -> Iterator[IncidentEvent]:
        """Yield every event, incident by incident, each in the order in which it was recorded."""
        query = select(incident_events).order_by(incident_events.c.number, incident_events.c.id)
        return map(_event, stream(self._database, query))

    def between(self, earliest: datetime, latest: datetime) -> Iterator[IncidentEvent]:
        """Yield what happened from one moment to before another, the earliest first."""
        happened_at = incident_events.c.happened_at
        query = select(incident_events).where(happened_at >= earliest, happened_at < latest)
        return map(_event, stream(self._database, query.order_by(happened_at, incident_events.c.id)))

    def count(self) -> int:
        """Return the number of events."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(incident_events)).scalar_one())

    def add(self, event: IncidentEvent) -> None:
        """Append an event that changes nothing in its incident, such as a note."""
        with self._database.writing() as connection:
            append(connection, [event])
            _let_clocks_follow(connection, [event.number])

    def append_once(self, events: Sequence[IncidentEvent]) -> int:
        """Append those events of another system's log that are not in the log yet; returns how many they are.

        The same event is known by its incident, kind, moment, person and values, and by nothing else: an event that
        a write of the incident left is the same where kind and second agree. Logs keep minutes, so what happened again
        after it was taken back in the same minute is another event; all events of an incident come in one call.
        """
        with self._database.writing() as connection:
            fresh = _by_digest(divert_events(connection, events))
            for row in by_key(connection, _KNOWN, incident_events.c.digest, list(fresh)):
                del fresh[row.digest]
            written = _written_moments(connection, {event.number for event in fresh.values()})
            rows = [
                {**_row(event), "digest": digest}
                for digest, event in fresh.items()
                if (event.number, event.kind.value, event.happened_at.replace(microsecond=0)) not in written
            ]
            if rows:
                connection.execute(insert(incident_events), rows)
                _let_clocks_follow(connection, sorted({row["number"] for row in rows}))
        return len(rows)


def append(connection: Connection, events: Sequence[IncidentEvent]) -> None:
    """Append events in an act, in their order."""
    if events:
        connection.execute(insert(incident_events), [_row(event) for event in events])


def _let_clocks_follow(connection: Connection, numbers: Sequence[str]) -> None:
    """Let the clocks of the queue be worked out anew for incidents that no write of their own tells of.

    The revision of an entry keeps out what was worked out before; one below all others is followed by any write.
    """
    columns = queue_entries.c
    for start in range(0, len(numbers), KEYS_A_QUERY):
        some = columns.number.in_(numbers[start : start + KEYS_A_QUERY])
        connection.execute(update(queue_entries).where(some).values(practice="", revision=columns.revision - 1))


def _written_moments(connection: Connection, numbers: Iterable[str]) -> set[tuple[str, str, datetime]]:
    """Return the kinds and seconds of the events of incidents that no other system's log told."""
    columns = incident_events.c
    query = select(columns.number, columns.kind, columns.happened_at).where(
        columns.source != EventSource.AUDIT_LOG.value
    )
    rows = by_key(connection, query, columns.number, numbers)
    return {(row.number, row.kind, row.happened_at.replace(microsecond=0)) for row in rows}


def _by_digest(events: Iterable[IncidentEvent]) -> dict[str, IncidentEvent]:
    """Return events, incident by incident, under their digests; one that only repeats what holds is left out."""
    found: dict[str, IncidentEvent] = {}
    values: dict[tuple[str, str], str | None] = {}
    for event in events:
        times, changes = 0, {(event.number, name): value for name, value in event.after.items()}
        while (digest := _digest(event, times)) in found:
            times += 1
        if not times or any(values.get(name) != value for name, value in changes.items()):
            found[digest] = event
        values |= changes
    return found


def _digest(event: IncidentEvent, times: int = 0) -> str:
    """Return what an event is known by; `times` counts how often the same happened before."""
    values = dict(event.before), dict(event.after)
    said: list[Any] = [event.number, event.kind, event.happened_at.isoformat(), event.by, *values]
    said += [times] if times else []
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _row(event: IncidentEvent) -> dict[str, Any]:
    return {
        "number": event.number,
        "kind": event.kind.value,
        "happened_at": event.happened_at,
        "recorded_at": event.recorded_at,
        "by": event.by,
        "before": dict(event.before),
        "after": dict(event.after),
        "source": event.source.value,
    }


def _event(row: Row[Any]) -> IncidentEvent:
    return IncidentEvent(
        row.number,
        EventKind(row.kind),
        row.happened_at,
        row.recorded_at,
        row.by,
        row.before,
        row.after,
        EventSource(row.source),
        row.id,
    )
