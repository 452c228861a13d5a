"""Restricted rows: where restricted incidents stand, and how everything else is kept from holding one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from kb.records.incident import EXAMPLE_PREFIX, EXAMPLE_STATE, Incident
from kb.records.incident_changes import events_of_change
from kb.records.incident_event import EventKind, EventSource, IncidentEvent, Origin
from kb.records.security import RestrictedIncident, Restriction, SecurityKind, Severity, Tlp
from kb.storage.append_only import changeable
from kb.storage.incident_rows import as_json, by_key, incident_from_json, next_revision
from kb.storage.kept_answers import forget_answers_naming
from kb.storage.major_schema import major_events
from kb.storage.reconciliation import is_superseded, reconciled
from kb.storage.restricted_numbers import restricted_numbers
from kb.storage.schema import (
    answers,
    deliveries,
    feedback,
    findings,
    flags,
    gaps,
    incident_events,
    incidents,
    metadata,
    removals,
    restricted_incidents,
    uses,
)

_NUMBER = restricted_incidents.c.number
# what people wrote of an article: it stays, without the incident that it came from
_OF_ARTICLES = (uses, flags)
_APPEND_ONLY = {incident_events: incident_events.c.number, major_events: major_events.c.lead}
# columns that name an incident
_NAMING = ("number", "lead", "into", "other")
_MOMENTS = ("happened_at", "recorded_at")


def divert(connection: Connection, records: Mapping[str, Incident]) -> None:
    """Write records of restricted incidents where those stand, each as it replaces the one before."""
    rows = by_key(connection, select(restricted_incidents), _NUMBER, records)
    for row in list(rows):
        kept = restricted_from_row(row)
        if not is_superseded(records[row.number], kept.incident):
            change(connection, kept, reconciled(records[row.number], kept.incident), Origin(EventSource.API))


def change(connection: Connection, kept: RestrictedIncident, after: Incident, origin: Origin) -> None:
    """Write a restricted incident as it is after a change, with the events that the change is."""
    events = events_of_change(kept.incident, after, origin, datetime.now(UTC))
    write(connection, replace(kept, incident=after, events=(*kept.events, *events)))


def write(connection: Connection, kept: RestrictedIncident) -> None:
    """Write a restricted incident in place of the one before."""
    number = kept.incident.number
    connection.execute(delete(restricted_incidents).where(restricted_incidents.c.number == number))
    connection.execute(insert(restricted_incidents).values(_row(kept)))


def divert_events(connection: Connection, events: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """Write the events of restricted incidents where those stand; returns the others."""
    hidden = restricted_numbers(connection, {event.number for event in events})
    for row in list(by_key(connection, select(restricted_incidents), _NUMBER, hidden)):
        kept = restricted_from_row(row)
        known = list(map(_said, kept.events))
        fresh = [event for event in events if event.number == row.number and _said(event) not in known]
        write(connection, replace(kept, events=(*kept.events, *fresh)))
    return [event for event in events if event.number not in hidden]


def take_away(connection: Connection, number: str, text_key: str) -> None:
    """Remove an incident from every table that anybody may read, and what was kept of its text.

    Every table with a column that names an incident is searched, so that one that is added later is not left out.
    """
    alike = select(incidents.c.number).where(incidents.c.text_sha256 == text_key, incidents.c.state == EXAMPLE_STATE)
    examples = {f"{EXAMPLE_PREFIX}{number}", *connection.execute(alike).scalars()}
    for one in (number, *sorted(examples)):
        _take_rows(connection, one)
        connection.execute(delete(removals).where(removals.c.number == one))
        connection.execute(insert(removals).values(number=one, revision=next_revision(connection)))
    connection.execute(delete(feedback).where(feedback.c.text_sha256 == text_key))
    for key in (number, text_key):
        connection.execute(delete(answers).where(answers.c.ticket == key))
    connection.execute(delete(deliveries).where(deliveries.c.payload.contains(f'"{number}"', autoescape=True)))
    forget_answers_naming(connection, number)
    connection.execute(delete(findings))
    for row in connection.execute(select(gaps)).all():
        if number in row.members:
            connection.execute(delete(gaps).where(gaps.c.id == row.id))


def _take_rows(connection: Connection, number: str) -> None:
    for table in reversed(metadata.sorted_tables):
        if table in _OF_ARTICLES:
            values = {"number": None, "searched": None} if table is uses else {"number": None}
            connection.execute(update(table).where(table.c.number == number).values(values))
        elif table in _APPEND_ONLY:
            with changeable(connection, table.name):
                connection.execute(delete(table).where(_APPEND_ONLY[table] == number))
        elif table is not restricted_incidents:
            for column in (table.c[name] for name in _NAMING if name in table.c):
                connection.execute(delete(table).where(column == number))


def restricted_from_row(row: Row[Any]) -> RestrictedIncident:
    """Return the restricted incident in a row."""
    return RestrictedIncident(
        incident_from_json(row.incident),
        tuple(map(_event, row.events)),
        SecurityKind(row.kind),
        Severity(row.severity),
        Restriction(Tlp(row.tlp), tuple(row.people), tuple(row.groups)),
        row.by,
        row.at,
    )


def _row(kept: RestrictedIncident) -> dict[str, Any]:
    return {
        "number": kept.incident.number,
        "incident": as_json(kept.incident),
        "events": [_event_as_json(event) for event in kept.events],
        "kind": kept.kind.value,
        "severity": kept.severity.value,
        "tlp": kept.restriction.tlp.value,
        "people": list(kept.restriction.people),
        "groups": list(kept.restriction.groups),
        "is_open": kept.incident.is_open,
        "by": kept.by,
        "at": kept.at,
    }


def _said(event: IncidentEvent) -> IncidentEvent:
    """Return what an event says, whenever it was recorded."""
    return replace(event, recorded_at=event.happened_at, id=0)


def _event_as_json(event: IncidentEvent) -> dict[str, Any]:
    moments = {name: getattr(event, name).isoformat() for name in _MOMENTS}
    values = {"before": dict(event.before), "after": dict(event.after)}
    named = {"number": event.number, "kind": event.kind.value, "by": event.by, "source": event.source.value}
    return {**named, **moments, **values}


def _event(row: Mapping[str, Any]) -> IncidentEvent:
    moments = {name: datetime.fromisoformat(row[name]) for name in _MOMENTS}
    return IncidentEvent(
        **{**row, **moments, "kind": EventKind(row["kind"]), "source": EventSource(row["source"])},
    )
