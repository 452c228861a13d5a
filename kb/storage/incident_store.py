"""The store: what has been acknowledged is on disk, and what changed since can be followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Row,
    Text,
    cast,
    func,
    or_,
    select,
)

from kb.privacy.masking import Masking
from kb.reading.boilerplate import NO_BOILERPLATE, Boilerplate
from kb.records.errors import no_incident
from kb.records.incident import EXAMPLE_STATE, Incident
from kb.records.incident_event import BY_CALL, EventSource, Origin
from kb.records.label_change import relabelled
from kb.records.written import IncidentVersion, Written, WrittenIncidents
from kb.storage.act_store import ActStore
from kb.storage.article_store import ArticleStore
from kb.storage.column_mappings import ColumnMappings
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.event_log import EventLog
from kb.storage.feedback_store import FeedbackStore, corrections
from kb.storage.import_log import ImportLog
from kb.storage.incident_rows import by_key, incident_from_row, label_column, stream
from kb.storage.incident_writer import IncidentWriter, Observer
from kb.storage.label_changes import LabelChanges
from kb.storage.restricted_store import RestrictedStore
from kb.storage.schema import (
    clock,
    embeddings,
    incidents,
    removals,
)
from kb.storage.state_meanings import StateMeanings
from kb.vocabulary.stage import FINISHED, OPEN, Stage
from models.encoder import Encoder, Vectors

# vectors that are compared at a time: bounds memory
_ROWS_COMPARED = 5_000
_UNRESOLVED = tuple(stage for stage in Stage if stage not in FINISHED)


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident with the vector of its text, float16 of shape (dimension,), and the revision of its first writing.

    `decided` names the fields whose value a person chose against what was suggested.
    """

    incident: Incident
    vector: NDArray[np.float16]
    added: int = 0
    decided: frozenset[str] = frozenset()


class IncidentStore:
    """Incidents, articles and feedback in a database, each text with its embedding."""

    def __init__(
        self,
        database: Database,
        encoder: Encoder,
        masking: Masking | None = None,
        boilerplate: Boilerplate = NO_BOILERPLATE,
        observe: Observer = lambda _: None,
    ) -> None:
        """`boilerplate` is what counts for nothing in texts of incidents.

        `observe` is called with what happened to incidents, in the act that wrote them.
        """
        self.database = database
        self.encoder = encoder
        self.masking = masking or Masking()
        self.imports = ImportLog(database)
        self.column_mappings = ColumnMappings(database)
        self.label_changes = LabelChanges(database)
        self.states = StateMeanings(database)
        self.events = EventLog(database)
        self.embeddings = Embeddings(database, encoder, boilerplate)
        self.acts = ActStore(database)
        self.restricted = RestrictedStore(database, self.embeddings, self.events)
        self.articles = ArticleStore(database, self.embeddings)
        self.feedback = FeedbackStore(database, self.embeddings)
        self._writer = IncidentWriter(database, self.articles, self.embeddings, self.masking, observe)

    def put_incidents(self, records: Sequence[Incident], *, imported: int | None = None) -> Written:
        """Add or replace incidents by number as `write` does, and count what that did."""
        return self.write(records, imported=imported).counts

    def write(
        self,
        records: Sequence[Incident],
        *,
        imported: int | None = None,
        revision: int | None = None,
        check: Callable[[Incident], None] = lambda _: None,
        then: Callable[[Written], None] = lambda _: None,
    ) -> WrittenIncidents:
        """Add or replace incidents by number in one act, as `IncidentWriter.write` does."""
        return self._writer.write(records, imported=imported, revision=revision, check=check, then=then)

    def update(self, number: str, change: Callable[[Incident], Incident], origin: Origin = BY_CALL) -> Incident:
        """Change a stored incident in one act and return it as it is stored then; raises UnknownRecordError.

        `change` is given the incident as nobody else can change it meanwhile. What it raises undoes the whole act.
        `origin` says in the log of events who caused the change.
        """
        return self._writer.update(number, change, origin)

    def update_all(
        self, numbers: Sequence[str], change: Callable[[Incident], Incident], origin: Origin = BY_CALL
    ) -> list[Incident]:
        """Change several stored incidents in one act, as `update` does one; those that are not there are left out."""
        return self._writer.update_all(numbers, change, origin)

    def add_or_update(
        self, number: str, change: Callable[[Incident | None], Incident], *, masked: Incident | None = None
    ) -> Incident:
        """Change an incident as `update` does, or add the one that `change` makes where there is none.

        What that takes from the texts of a `masked` one needs no masking.
        """
        return self._writer.add_or_update(number, change, masked=masked)

    def remove(self, number: str) -> None:
        """Remove an incident where there is one, so that everybody who follows the store forgets it."""
        self._writer.remove(number)

    def version(self, number: str) -> IncidentVersion:
        """Return the incident with this number and the revision of its last write; raises UnknownRecordError."""
        with self.database.reading() as connection:
            row = connection.execute(select(incidents).where(incidents.c.number == number)).one_or_none()
        if row is None:
            raise no_incident(number)
        return IncidentVersion(self._incident(row), row.revision)

    def incident(self, number: str) -> Incident:
        """Return the incident with this number; raises UnknownRecordError."""
        return self.version(number).incident

    def incidents_of(self, numbers: Iterable[str]) -> list[Incident]:
        """Return the incidents with these numbers, as far as there are any."""
        with self.database.reading() as connection:
            rows = list(by_key(connection, select(incidents), incidents.c.number, numbers))
        return [self._incident(row) for row in rows]

    def incidents_since(self, revision: int) -> Iterator[StoredIncident]:
        """Incidents written after `revision` with their vectors, in the order of their numbers' first writing."""
        query = (
            select(incidents, embeddings.c.vector)
            .join_from(incidents, embeddings, incidents.c.text_sha256 == embeddings.c.text_sha256)
            .where(incidents.c.revision > revision, embeddings.c.encoder == self.encoder.name)
            .order_by(incidents.c.revision, incidents.c.number)
        )
        with self.database.reading() as connection:
            written = select(incidents.c.number).where(incidents.c.revision > revision)
            chosen = corrections(connection, connection.execute(written).scalars().all() if revision > 0 else None)
        for row, vector in self.embeddings.with_vectors(stream(self.database, query), self._text):
            incident = self._incident(row)
            decided = incident.values if incident.state == EXAMPLE_STATE else chosen.get(incident.number, {})
            yield StoredIncident(incident, vector, row.added, frozenset(decided))

    def logged_with_vectors(self, earliest: datetime, *, after: int = -1) -> list[StoredIncident]:
        """Return incidents logged from a moment on and written after a revision, by their logging, with vectors."""
        query = (
            select(incidents, embeddings.c.vector)
            .join_from(incidents, embeddings, incidents.c.text_sha256 == embeddings.c.text_sha256)
            .where(incidents.c.opened_at >= earliest, embeddings.c.encoder == self.encoder.name)
            .where(incidents.c.revision > after, incidents.c.state != EXAMPLE_STATE)
            .order_by(incidents.c.opened_at, incidents.c.number)
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return self._with_vectors(rows)

    def with_vectors_of(self, numbers: Iterable[str]) -> list[StoredIncident]:
        """Return the incidents with these numbers and their vectors, as far as there are any."""
        query = (
            select(incidents, embeddings.c.vector)
            .join_from(incidents, embeddings, incidents.c.text_sha256 == embeddings.c.text_sha256)
            .where(embeddings.c.encoder == self.encoder.name)
        )
        with self.database.reading() as connection:
            rows = list(by_key(connection, query, incidents.c.number, numbers))
        return self._with_vectors(rows)

    def _with_vectors(self, rows: Iterable[Row[Any]]) -> list[StoredIncident]:
        return [
            StoredIncident(self._incident(row), vector, row.added)
            for row, vector in self.embeddings.with_vectors(rows, self._text)
        ]

    def history(self) -> list[StoredIncident]:
        """Return every resolved incident with the values that it would carry today; examples are none."""
        self.embeddings.add_missing()
        changes = self.label_changes.all()
        return [
            replace(record, incident=relabelled(record.incident, changes))
            for record in self.incidents_since(0)
            if record.incident.is_history and record.incident.state != EXAMPLE_STATE
        ]

    def logged_since(self, moment: datetime) -> list[Incident]:
        """Incidents that were logged at a moment or later, with the values that they would carry today."""
        query = select(incidents).where(incidents.c.opened_at >= moment, incidents.c.state != EXAMPLE_STATE)
        changes = self.label_changes.all()
        return [relabelled(self._incident(row), changes) for row in stream(self.database, query)]

    def logged_between(self, earliest: datetime, latest: datetime) -> Iterator[Incident]:
        """Yield the incidents that were logged from one moment to before another, as they are stored."""
        opened_at = incidents.c.opened_at
        query = select(incidents).where(opened_at >= earliest, opened_at < latest, incidents.c.state != EXAMPLE_STATE)
        return (self._incident(row) for row in stream(self.database, query.order_by(opened_at, incidents.c.number)))

    def newest_logged(self, limit: int) -> Iterator[Incident]:
        """Yield the incidents that were logged last, the newest first, as they are stored."""
        query = select(incidents).where(incidents.c.opened_at.is_not(None), incidents.c.state != EXAMPLE_STATE)
        newest = query.order_by(incidents.c.opened_at.desc(), incidents.c.number).limit(limit)
        return (self._incident(row) for row in stream(self.database, newest))

    def count_open(self, group: str) -> int:
        """Return the number of incidents that a group has to work on."""
        query = select(func.count()).where(incidents.c.assignment_group == group, incidents.c.stage.in_(OPEN))
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def spells(self) -> Iterator[tuple[str, datetime, datetime | None]]:
        """Yield the group that each incident has now, when it was logged, and when it ended, `None` while it is open.

        Those without a group or without a moment of logging, and those whose end is not known, are left out.
        """
        columns = incidents.c
        ended_at = func.coalesce(columns.resolved_at, columns.closed_at).label("ended_at")
        is_open = columns.stage.in_(OPEN).label("is_open")
        query = select(columns.assignment_group, columns.opened_at, ended_at, is_open).where(
            columns.assignment_group.is_not(None), columns.opened_at.is_not(None), columns.state != EXAMPLE_STATE
        )
        for row in stream(self.database, query):
            if row.is_open or row.ended_at is not None:
                yield row.assignment_group, row.opened_at, None if row.is_open else row.ended_at

    def last_logged(self) -> datetime | None:
        """Return when the newest incident was logged, `None` where none says so; a date in the future is a slip."""
        is_past = incidents.c.opened_at <= datetime.now(UTC)
        query = select(func.max(incidents.c.opened_at)).where(incidents.c.state != EXAMPLE_STATE, is_past)
        with self.database.reading() as connection:
            moment: datetime | None = connection.execute(query).scalar_one()
            return moment

    def all_incidents(self) -> Iterator[Incident]:
        """Yield every incident, oldest first where they have dates."""
        query = select(incidents).order_by(incidents.c.opened_at, incidents.c.number)
        return (self._incident(row) for row in stream(self.database, query))

    def open_incidents(self, *, limit: int) -> list[Incident]:
        """Incidents that are not resolved yet, oldest first."""
        query = (
            select(incidents)
            .where(incidents.c.stage.in_(OPEN))
            .order_by(incidents.c.opened_at, incidents.c.number)
            .limit(limit)
        )
        with self.database.reading() as connection:
            return [self._incident(row) for row in connection.execute(query)]

    def open_revisions(self) -> dict[str, int]:
        """Return the revisions of all open incidents by their numbers."""
        query = select(incidents.c.number, incidents.c.revision).where(incidents.c.stage.in_(OPEN))
        with self.database.reading() as connection:
            return {row.number: row.revision for row in connection.execute(query)}

    def open_alike(self, vectors: Vectors, *, least: float) -> list[str]:
        """Return the numbers of open incidents whose text has at least this cosine with one of some vectors."""
        query = (
            select(incidents.c.number, incidents.c.text_sha256, embeddings.c.vector)
            .join_from(incidents, embeddings, incidents.c.text_sha256 == embeddings.c.text_sha256)
            .where(incidents.c.stage.in_(OPEN), embeddings.c.encoder == self.encoder.name)
        )
        found = list[str]()
        rows = self.embeddings.with_vectors(stream(self.database, query), lambda _: None)
        while some := list(islice(rows, _ROWS_COMPARED)):
            numbers = np.stack([vector for _, vector in some]).astype(np.float32)
            is_alike = (numbers @ vectors.T).max(axis=1) >= least
            found += [row.number for (row, _), alike in zip(some, is_alike, strict=True) if alike]
        return found

    def values_of_unresolved(
        self, field: str, *, parent: tuple[str, str] | None = None
    ) -> list[tuple[str, datetime | None]]:
        """Return every value that incidents carry which are not resolved, and when the last of them was logged.

        `parent` is a further field and the value that they have to carry there.
        """
        value = label_column(field)
        query = (
            select(value.label("value"), func.max(incidents.c.opened_at).label("logged"))
            .where(incidents.c.stage.in_(_UNRESOLVED), value.is_not(None), value != "")
            .group_by(value)
        )
        if parent is not None:
            query = query.where(label_column(parent[0]) == parent[1])
        with self.database.reading() as connection:
            return [(row.value, row.logged) for row in connection.execute(query)]

    def link_article(self, number: str, article: str, *, by: str | None = None) -> Incident:
        """Note that an article solved an incident; raises UnknownRecordError where either is not there.

        Of an article that was merged into another, the other one is linked.
        """
        with self.database.writing():
            surviving = self.articles.surviving(article)
            return self.update(
                number,
                lambda incident: replace(incident, articles=tuple(dict.fromkeys((*incident.articles, surviving)))),
                Origin(EventSource.LINK, by),
            )

    def relink(self, names: Sequence[str], article: str) -> int:
        """Point every link by one of these names at an article; returns the number of incidents with such links."""
        query = select(incidents).where(
            or_(*(cast(incidents.c.articles, Text).contains(json.dumps(name), autoescape=True) for name in names))
        )
        with self.database.writing() as connection:
            rows = connection.execute(query).all()
            found = {
                one.number: replace(
                    one, articles=tuple(dict.fromkeys(article if name in names else name for name in one.articles))
                )
                for one in map(self._incident, rows)
                if set(names) & set(one.articles)
            }
            self._writer.store(connection, found, {row.number: row for row in rows})
        return len(found)

    def count_incidents(self) -> int:
        """Return the number of incidents, restricted ones too."""
        with self.database.snapshot(), self.database.reading() as connection:
            seen: int = connection.execute(select(func.count()).select_from(incidents)).scalar_one()
            return seen + self.restricted.counts().total

    def removed_since(self, revision: int) -> list[str]:
        """Numbers of incidents that were removed after a revision."""
        with self.database.reading() as connection:
            return list(connection.execute(select(removals.c.number).where(removals.c.revision > revision)).scalars())

    def revision(self) -> int:
        """Number of the newest write; any process that shares the store sees it grow."""
        with self.database.reading() as connection:
            return int(connection.execute(select(clock.c.revision)).scalar_one())

    def _incident(self, row: Row[Any]) -> Incident:
        return self.embeddings.as_read(incident_from_row(row))

    def _text(self, row: Row[Any]) -> str:
        return self._incident(row).text
