"""Restricted store: security incidents that only named people and groups may see.

A restricted incident is moved out of every other table into one of its own. What searches, suggests, learns, measures,
exports, announces or lists never meets it, whichever face asks, and a new face cannot forget to leave it out. This
store alone reads that table, for a viewer and nobody else; it tells everybody how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select

from kb.records.errors import UnknownRecordError, no_incident
from kb.records.incident import Incident
from kb.records.incident_changes import NOTE
from kb.records.incident_event import EventKind, EventSource, IncidentEvent, Origin
from kb.records.security import RestrictedIncident, Restriction, SecurityKind, Severity, Viewer
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.event_log import EventLog, append
from kb.storage.import_log import bring_back
from kb.storage.incident_rows import incident_from_row, incident_row, next_revision
from kb.storage.restricted_articles import empty_articles
from kb.storage.restricted_numbers import restricted_numbers
from kb.storage.restricted_rows import RESTRICTED, change, restricted_from_row, take_away, write
from kb.storage.schema import embeddings, incidents, restricted_incidents


@dataclass(frozen=True, slots=True)
class RestrictedCounts:
    """The number of restricted incidents, and how many of them are open."""

    total: int
    still_open: int


class RestrictedStore:
    """Restricted incidents in a database."""

    def __init__(self, database: Database, embeddings: Embeddings, events: EventLog) -> None:
        self._database = database
        self._embeddings = embeddings
        self._events = events

    def get(self, number: str, viewer: Viewer) -> RestrictedIncident:
        """Return a restricted incident; raises UnknownRecordError where there is none that the viewer may see."""
        query = select(restricted_incidents).where(restricted_incidents.c.number == number)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        found = None if row is None else restricted_from_row(row)
        if found is None or not found.restriction.is_seen_by(viewer):
            raise UnknownRecordError(Wording("no restricted incident {number} that you may see", {"number": number}))
        return found

    def seen_by(self, viewer: Viewer, *, limit: int) -> list[RestrictedIncident]:
        """Return the restricted incidents that a viewer may see, open ones first, the newest first."""
        order = (restricted_incidents.c.is_open.desc(), restricted_incidents.c.at.desc(), restricted_incidents.c.number)
        found = list[RestrictedIncident]()
        with self._database.reading() as connection:
            for row in connection.execute(select(restricted_incidents).order_by(*order)):
                one = restricted_from_row(row)
                if one.restriction.is_seen_by(viewer):
                    found.append(one)
                if len(found) == limit:
                    break
        return found

    def counts(self) -> RestrictedCounts:
        """Return how many restricted incidents there are."""
        query = select(restricted_incidents.c.is_open, func.count().label("incidents"))
        with self._database.reading() as connection:
            rows = connection.execute(query.group_by(restricted_incidents.c.is_open)).all()
        counted = {bool(row.is_open): row.incidents for row in rows}
        return RestrictedCounts(sum(counted.values()), counted.get(True, 0))

    def unrestricted(self, incidents: Sequence[Incident]) -> list[Incident]:
        """Return those of some incidents that are not restricted."""
        with self._database.reading() as connection:
            hidden = restricted_numbers(connection, [incident.number for incident in incidents])
        return [incident for incident in incidents if incident.number not in hidden]

    def restrict(
        self,
        number: str,
        kind: SecurityKind,
        severity: Severity,
        restriction: Restriction,
        change: Callable[[Incident], Incident] = lambda incident: incident,
        *,
        by: str | None,
    ) -> RestrictedIncident:
        """Move an incident, as `change` leaves it, to where only those who are named see it, in one act.

        Raises UnknownRecordError where there is no such incident that everybody may see.
        """
        now = datetime.now(UTC)
        with self._database.writing() as connection:
            row = connection.execute(select(incidents).where(incidents.c.number == number)).one_or_none()
            if row is None:
                raise no_incident(number)
            before = incident_from_row(row)
            events = self._events.of(number)
            take_away(connection, before, row.text_sha256)
            _drop_vector(connection, row.text_sha256)
            emptied = empty_articles(connection, self._embeddings, number, RESTRICTED)
            said = f"restricted as {_words(kind)}, TLP:{restriction.tlp.upper()}"
            if emptied:
                said += f"; emptied what was written from it: {', '.join(emptied)}"
            told = _note(number, said, now, by)
            kept = RestrictedIncident(before, (*events, told), kind, severity, restriction, by, now)
            write(connection, kept)
            return self._changed(connection, kept, change(before), Origin(EventSource.API, by, now))

    def update(
        self, number: str, viewer: Viewer, change: Callable[[Incident], Incident], origin: Origin
    ) -> RestrictedIncident:
        """Change a restricted incident that the viewer may see, in one act, and return it."""
        with self._database.writing() as connection:
            kept = self.get(number, viewer)
            return self._changed(connection, kept, change(kept.incident), origin)

    def restrict_anew(
        self,
        number: str,
        viewer: Viewer,
        kind: SecurityKind,
        severity: Severity,
        restriction: Restriction,
        *,
        by: str | None,
    ) -> RestrictedIncident:
        """Change what a restricted incident is and who may see it, in one act, and return it."""
        now = datetime.now(UTC)
        with self._database.writing() as connection:
            kept = self.get(number, viewer)
            told = _note(number, f"restricted as {_words(kind)}, TLP:{restriction.tlp.upper()}", now, by)
            events = (*kept.events, told)
            kept = replace(kept, kind=kind, severity=severity, restriction=restriction, events=events)
            write(connection, kept)
            return kept

    def lift(self, number: str, viewer: Viewer, *, by: str | None) -> Incident:
        """Return a restricted incident that the viewer may see to where everybody sees it, in one act."""
        with self._database.writing() as connection:
            kept = self.get(number, viewer)
            incident = kept.incident
            connection.execute(delete(restricted_incidents).where(restricted_incidents.c.number == number))
            revision = next_revision(connection)
            row = {**incident_row(incident), "revision": revision, "added": revision}
            connection.execute(insert(incidents).values(row))
            bring_back(connection, [number])
            append(connection, [*kept.events, _note(number, "restriction lifted", datetime.now(UTC), by)])
            self._embeddings.complete(connection, [self._embeddings.as_read(incident).text], {})
        return incident

    def _changed(
        self, connection: Connection, kept: RestrictedIncident, after: Incident, origin: Origin
    ) -> RestrictedIncident:
        if after != kept.incident:
            change(connection, kept, after, origin)
        query = select(restricted_incidents).where(restricted_incidents.c.number == kept.incident.number)
        return restricted_from_row(connection.execute(query).one())


def _note(number: str, said: str, at: datetime, by: str | None) -> IncidentEvent:
    return IncidentEvent(number, EventKind.NOTED, at, at, by, after={NOTE: said})


def _words(kind: SecurityKind) -> str:
    return kind.value.replace("_", " ")


def _drop_vector(connection: Connection, key: str) -> None:
    """Drop the vectors of a text that no other incident has."""
    others = select(incidents.c.number).where(incidents.c.text_sha256 == key).limit(1)
    if connection.execute(others).one_or_none() is None:
        connection.execute(delete(embeddings).where(embeddings.c.text_sha256 == key))
