"""Restricted rows: where restricted incidents stand, and how everything else is kept from holding one."""

from __future__ import annotations

import re
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
from kb.storage.kept_findings import forget_findings
from kb.storage.major_schema import major_events
from kb.storage.reconciliation import is_superseded, reconciled
from kb.storage.restricted_numbers import restricted_numbers
from kb.storage.schema import (
    answers,
    deliveries,
    feedback,
    flags,
    gaps,
    incident_events,
    incidents,
    metadata,
    removals,
    restricted_incidents,
    uses,
)
from kb.storage.scrubbing import likeness, number_pattern, scrub

_NUMBER = restricted_incidents.c.number
# what people wrote of an article: it stays, without the incident that it came from
_OF_ARTICLES = (uses, flags)
_APPEND_ONLY = {incident_events: incident_events.c.number, major_events: major_events.c.lead}
RESTRICTED = "[restricted]"
"""Stands where number or words of a restricted incident stood."""
# columns that name an incident
_NAMING = ("number", "lead", "into", "other")
_MOMENTS = ("happened_at", "recorded_at")
# characters from which a headline is not said by chance
_TELLING = 12


def divert(connection: Connection, records: Mapping[str, Incident]) -> None:
    """Write records of restricted incidents where those stand, each as it replaces the one before.

    Who works on one is what those decide who see it: a record of another system does not change that.
    """
    rows = by_key(connection, select(restricted_incidents), _NUMBER, records)
    for row in list(rows):
        kept = restricted_from_row(row)
        record, before = records[row.number], kept.incident
        if not is_superseded(record, before):
            after = replace(
                reconciled(record, before), assignment_group=before.assignment_group, assigned_to=before.assigned_to
            )
            change(connection, kept, after, Origin(EventSource.API))


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


def take_away(connection: Connection, incident: Incident, text_key: str) -> None:
    """Remove an incident from every table that anybody may read, and what was kept of its text.

    Every table with a column that names an incident is searched, so that one that is added later is not left out.
    What was said and decided of other incidents with the same text stays.
    """
    number = incident.number
    alike = select(incidents.c.number).where(incidents.c.text_sha256 == text_key, incidents.c.number != number)
    others = set(connection.execute(alike.where(incidents.c.state.is_distinct_from(EXAMPLE_STATE))).scalars())
    examples = {f"{EXAMPLE_PREFIX}{number}"}
    for example in connection.execute(alike.where(incidents.c.state == EXAMPLE_STATE)).scalars():
        if example.removeprefix(EXAMPLE_PREFIX) not in others:
            examples.add(example)
    revision = next_revision(connection)
    for one in (number, *sorted(examples)):
        _take_rows(connection, one)
        connection.execute(delete(removals).where(removals.c.number == one))
        connection.execute(insert(removals).values(number=one, revision=revision))
    of_others = feedback.c.number.is_not(None) & feedback.c.number.in_(sorted(others))
    connection.execute(delete(feedback).where(feedback.c.text_sha256 == text_key, ~of_others))
    for key in (number, text_key):
        connection.execute(delete(answers).where(answers.c.ticket == key))
    connection.execute(delete(deliveries).where(deliveries.c.payload.contains(f'"{number}"', autoescape=True)))
    forget_answers_naming(connection, number)
    forget_findings(connection, revision)
    for row in connection.execute(select(gaps)).all():
        if number in row.members:
            connection.execute(delete(gaps).where(gaps.c.id == row.id))
    _take_words(connection, incident)


def _take_words(connection: Connection, incident: Incident) -> None:
    """Take number and headline of an incident out of what others say of it: major incidents, and events of others.

    A headline that another incident has too says nothing of this one, and a short one only where it stands alone.
    """
    said = {incident.number: number_pattern(incident.number)}
    headline = incident.short_description
    same = select(incidents.c.number).where(incidents.c.short_description == headline).limit(1)
    if headline.strip() and connection.execute(same).first() is None:
        whole = re.escape(headline)
        said[headline] = re.compile(whole if len(headline) >= _TELLING else rf"\A{whole}\Z")
    with changeable(connection, incident_events.name), changeable(connection, major_events.name):
        for words, pattern in said.items():
            for table in metadata.sorted_tables:
                if table is incident_events or table.name.startswith("major_"):
                    scrub(connection, table, pattern, likeness(words), RESTRICTED)


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
