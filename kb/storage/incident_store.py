"""The store: what has been acknowledged is on disk, and what changed since can be followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Connection,
    Row,
    Text,
    cast,
    func,
    insert,
    or_,
    select,
    update,
)

from kb.privacy.masking import Masking
from kb.records.errors import EditConflictError, UnknownRecordError, Written
from kb.records.incident import EXAMPLE_STATE, OPEN_STATES, Incident
from kb.records.label_change import relabelled
from kb.records.sensitive_data import MaskedKind
from kb.storage.article_store import ArticleStore
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.feedback_store import FeedbackStore, corrections
from kb.storage.import_log import ImportLog, bring_back, note_changes
from kb.storage.incident_rows import as_json, by_key, incident_from_row, incident_row, next_revision, stream
from kb.storage.label_changes import LabelChanges
from kb.storage.reconciliation import is_superseded, kept_fields, settled
from kb.storage.schema import (
    clock,
    embeddings,
    incidents,
    removals,
)
from models.encoder import Encoder, Vectors


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident with the vector of its text, float16 of shape (dimension,), and the revision of its first writing.

    `decided` names the fields whose value a person chose against what was suggested.
    """

    incident: Incident
    vector: NDArray[np.float16]
    added: int = 0
    decided: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IncidentVersion:
    """An incident as it is stored, and the revision of its last write."""

    incident: Incident
    revision: int


@dataclass(frozen=True, slots=True)
class WrittenIncident:
    """What became of a record: the incident as it is stored now, and the revision of its last write.

    `masked` says which kinds of secrets it had, `kept` in which fields the value that was sent is not the one that is
    stored. A record that is `superseded` was older than what is stored.
    """

    incident: Incident
    revision: int
    masked: frozenset[MaskedKind]
    superseded: bool
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrittenIncidents:
    """What a write did, and every incident of it as it is stored now."""

    counts: Written
    incidents: tuple[WrittenIncident, ...]


class IncidentStore:
    """Incidents, articles and feedback in a database, each text with its embedding."""

    def __init__(self, database: Database, encoder: Encoder, masking: Masking | None = None) -> None:
        self.database = database
        self.encoder = encoder
        self.masking = masking or Masking()
        self.imports = ImportLog(database)
        self.label_changes = LabelChanges(database)
        self.embeddings = Embeddings(database, encoder)
        self.articles = ArticleStore(database, self.embeddings)
        self.feedback = FeedbackStore(database, self.embeddings)

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
    ) -> WrittenIncidents:
        """Add or replace incidents by number in one act; all of them are on disk when this returns.

        Secrets in their texts are masked. `check` is called with each masked record, and raises where it may not be
        written. `imported` is the import that they came with, which can be undone. Of several records of one number
        the last counts.

        A record that says when it was updated (`updated_at`), and is older than what is stored or sent beside it, is
        superseded: it changes nothing. What another one replaces, and what of the stored incident stays, is told in
        `reconciled`. What people chose against suggestions stays as they chose, and the texts with which an incident
        was first written while it was open stay known as those it was filed with.

        With a `revision`, that of the incident as it was read, the record replaces it as a whole. Raises
        EditConflictError where there is none, or another one by now.
        """
        sent, superseded = _newest(records)
        masked = {number: self.masking.incident(record) for number, record in sent.items()}
        fresh = {number: record for number, (record, _) in masked.items()}
        as_read = revision is not None
        with self.database.snapshot():
            for record in fresh.values():
                check(record)
            with self.database.reading() as connection:
                likely = settled(connection, fresh, _incidents(self._rows(connection, fresh)), as_read=as_read)
                texts = self.embeddings.lacking(connection, [record.text for record in likely.values()])
        vectors = self.embeddings.encoded(texts)
        with self.database.writing() as connection:
            rows = self._rows(connection, fresh)
            if revision is not None:
                _check_unchanged(fresh, rows, revision)
            older = {number for number, one in _incidents(rows).items() if is_superseded(fresh[number], one)}
            newer = {number: record for number, record in fresh.items() if number not in older}
            counts, stored = self._store(connection, newer, rows, vectors, imported=imported, as_read=as_read)
        stored |= {number: IncidentVersion(incident_from_row(rows[number]), rows[number].revision) for number in older}
        return WrittenIncidents(
            replace(counts, superseded=len(older) + superseded),
            tuple(
                WrittenIncident(
                    stored[number].incident,
                    stored[number].revision,
                    masked=kinds,
                    superseded=number in older,
                    kept=() if number in older else tuple(kept_fields(record, stored[number].incident)),
                )
                for number, (record, kinds) in masked.items()
            ),
        )

    def update(self, number: str, change: Callable[[Incident], Incident]) -> Incident:
        """Change a stored incident in one act and return it as it is stored then; raises UnknownRecordError.

        `change` is given the incident as nobody else can change it meanwhile. What it raises undoes the whole act.
        """
        with self.database.writing() as connection:
            rows = self._rows(connection, [number])
            if number not in rows:
                raise UnknownRecordError(f"no incident {number}")
            before = incident_from_row(rows[number])
            after, _ = self.masking.incident(change(before), known=before)
            return self._store(connection, {number: after}, rows, {})[1][number].incident

    def add_or_update(
        self, number: str, change: Callable[[Incident | None], Incident], *, masked: Incident | None = None
    ) -> Incident:
        """Change an incident as `update` does, or add the one that `change` makes where there is none.

        What that takes from the texts of a `masked` one needs no masking.
        """
        with self.database.writing() as connection:
            rows = self._rows(connection, [number])
            before = incident_from_row(rows[number]) if number in rows else None
            after, _ = self.masking.incident(change(before), known=before or masked)
            return self._store(connection, {number: after}, rows, {})[1][number].incident

    def _store(
        self,
        connection: Connection,
        records: Mapping[str, Incident],
        rows: Mapping[str, Row[Any]],
        vectors: Mapping[str, Vectors],
        *,
        imported: int | None = None,
        as_read: bool = True,
    ) -> tuple[Written, dict[str, IncidentVersion]]:
        """Store masked records in an act, in place of `rows`; `vectors` are those made of their texts before it.

        Returns what that did, and every one as it is stored.
        """
        before = _incidents(rows)
        stored: dict[str, IncidentVersion] = {}
        added, changed = list[dict[str, Any]](), list[dict[str, Any]]()
        latest = settled(connection, records, before, as_read=as_read)
        for number, record in latest.items():
            if number not in before:
                added.append(incident_row(record))
            elif replace(before[number], updated_at=record.updated_at) != record:
                changed.append(incident_row(record))
            else:
                stored[number] = IncidentVersion(record, rows[number].revision)
                if before[number].updated_at != record.updated_at:
                    where = incidents.c.number == number
                    connection.execute(update(incidents).where(where).values(updated_at=record.updated_at))
        if added or changed:
            revision = next_revision(connection)
            stored |= {row["number"]: IncidentVersion(latest[row["number"]], revision) for row in (*added, *changed)}
            added = [{**row, "revision": revision, "added": revision} for row in added]
            changed = [{**row, "revision": revision} for row in changed]
        if added:
            connection.execute(insert(incidents), added)
        for row in changed:
            connection.execute(update(incidents).where(incidents.c.number == row["number"]).values(row))
        bring_back(connection, [row["number"] for row in added])
        if imported is not None:
            note_changes(
                connection,
                imported,
                [*added, *changed],
                {row["number"]: as_json(before[row["number"]]) for row in changed},
            )
        self.embeddings.complete(connection, [record.text for record in latest.values()], vectors)
        return Written(len(added), len(changed), len(latest) - len(added) - len(changed)), stored

    @staticmethod
    def _rows(connection: Connection, numbers: Iterable[str]) -> dict[str, Row[Any]]:
        return {row.number: row for row in by_key(connection, select(incidents), incidents.c.number, numbers)}

    def version(self, number: str) -> IncidentVersion:
        """Return the incident with this number and the revision of its last write; raises UnknownRecordError."""
        with self.database.reading() as connection:
            row = self._rows(connection, [number]).get(number)
        if row is None:
            raise UnknownRecordError(f"no incident {number}")
        return IncidentVersion(incident_from_row(row), row.revision)

    def incident(self, number: str) -> Incident:
        """Return the incident with this number; raises UnknownRecordError."""
        return self.version(number).incident

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
        for row, vector in self.embeddings.with_vectors(stream(self.database, query), _text_of_row):
            incident = incident_from_row(row)
            decided = incident.values if incident.state == EXAMPLE_STATE else chosen.get(incident.number, {})
            yield StoredIncident(incident, vector, row.added, frozenset(decided))

    def open_between(self, earliest: datetime, latest: datetime) -> list[StoredIncident]:
        """Incidents logged from one moment to another and not resolved yet, the earliest first, with their vectors."""
        query = (
            select(incidents, embeddings.c.vector)
            .join_from(incidents, embeddings, incidents.c.text_sha256 == embeddings.c.text_sha256)
            .where(incidents.c.opened_at.between(earliest, latest), embeddings.c.encoder == self.encoder.name)
            .where(func.lower(func.trim(incidents.c.state)).in_(OPEN_STATES))
            .order_by(incidents.c.opened_at, incidents.c.number)
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            StoredIncident(incident_from_row(row), vector, row.added)
            for row, vector in self.embeddings.with_vectors(rows, _text_of_row)
        ]

    def logged_for(self) -> timedelta:
        """The time between the first and the last incident that was logged, none where no times are known."""
        query = select(func.min(incidents.c.opened_at), func.max(incidents.c.opened_at))
        with self.database.reading() as connection:
            first, last = connection.execute(query).one()
        return last - first if first else timedelta(0)

    def history(self) -> list[StoredIncident]:
        """Every resolved incident with the values that it would carry today; examples are none."""
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
        return [relabelled(incident_from_row(row), changes) for row in stream(self.database, query)]

    def last_logged(self) -> datetime | None:
        """When the newest incident was logged, `None` where none says so."""
        query = select(func.max(incidents.c.opened_at)).where(incidents.c.state != EXAMPLE_STATE)
        with self.database.reading() as connection:
            moment: datetime | None = connection.execute(query).scalar_one()
            return moment

    def all_incidents(self) -> Iterator[Incident]:
        """Every incident, oldest first where they have dates."""
        query = select(incidents).order_by(incidents.c.opened_at, incidents.c.number)
        return (incident_from_row(row) for row in stream(self.database, query))

    def open_incidents(self, *, limit: int) -> list[Incident]:
        """Incidents that are not resolved yet, oldest first."""
        query = (
            select(incidents)
            .where(func.lower(func.trim(incidents.c.state)).in_(OPEN_STATES))
            .order_by(incidents.c.opened_at, incidents.c.number)
            .limit(limit)
        )
        with self.database.reading() as connection:
            return [incident_from_row(row) for row in connection.execute(query)]

    def link_article(self, number: str, article: str) -> Incident:
        """Note that an article solved an incident; raises UnknownRecordError where either is not there.

        Of an article that was merged into another, the other one is linked.
        """
        with self.database.writing():
            surviving = self.articles.surviving(article)
            return self.update(
                number,
                lambda incident: replace(incident, articles=tuple(dict.fromkeys((*incident.articles, surviving)))),
            )

    def relink(self, names: Sequence[str], article: str) -> int:
        """Let every link by one of these names be one to an article; returns how many incidents had such links."""
        query = select(incidents).where(
            or_(*(cast(incidents.c.articles, Text).contains(json.dumps(name), autoescape=True) for name in names))
        )
        with self.database.writing() as connection:
            rows = connection.execute(query).all()
            found = {
                one.number: replace(
                    one, articles=tuple(dict.fromkeys(article if name in names else name for name in one.articles))
                )
                for one in map(incident_from_row, rows)
                if set(names) & set(one.articles)
            }
            self._store(connection, found, {row.number: row for row in rows}, {})
        return len(found)

    def count_incidents(self) -> int:
        """How many incidents there are."""
        with self.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(incidents)).scalar_one()

    def removed_since(self, revision: int) -> list[str]:
        """Numbers of incidents that were removed after a revision."""
        with self.database.reading() as connection:
            return list(connection.execute(select(removals.c.number).where(removals.c.revision > revision)).scalars())

    def revision(self) -> int:
        """Number of the newest write; any process that shares the store sees it grow."""
        with self.database.reading() as connection:
            return int(connection.execute(select(clock.c.revision)).scalar_one())


def _incidents(rows: Mapping[str, Row[Any]]) -> dict[str, Incident]:
    return {number: incident_from_row(row) for number, row in rows.items()}


def _newest(records: Sequence[Incident]) -> tuple[dict[str, Incident], int]:
    """The records by number, of several the last that is no older than another, and how many older ones there are."""
    newest: dict[str, Incident] = {}
    superseded = 0
    for record in records:
        if is_superseded(record, newest.get(record.number)):
            superseded += 1
        else:
            newest[record.number] = record
    return newest, superseded


def _text_of_row(row: Row[Any]) -> str:
    return incident_from_row(row).text


def _check_unchanged(numbers: Iterable[str], rows: Mapping[str, Row[Any]], revision: int) -> None:
    """Raise EditConflictError for an incident that is not at a revision."""
    for number in numbers:
        if number not in rows or rows[number].revision != revision:
            raise EditConflictError(
                f"incident {number} is not as it was when it was read: read it again and repeat the change"
            )
