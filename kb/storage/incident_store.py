"""The store: what has been acknowledged is on disk, and what changed since can be followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
from kb.records.errors import UnknownRecordError, Written
from kb.records.feedback import Feedback
from kb.records.incident import EXAMPLE_STATE, OPEN_STATES, Incident, text_sha256
from kb.records.label_change import relabelled
from kb.records.ruling import Ruling
from kb.storage.article_store import ArticleStore
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.import_log import ImportLog, bring_back, note_changes
from kb.storage.incident_rows import as_json, by_key, incident_from_row, incident_row, next_revision, stream
from kb.storage.label_changes import LabelChanges
from kb.storage.schema import (
    clock,
    embeddings,
    feedback,
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

    # Incidents

    def put_incidents(self, records: Sequence[Incident], *, imported: int | None = None) -> Written:
        """Add or replace incidents by number; all of them are on disk when this returns.

        `imported` is the import that they came with, which can be undone.
        Secrets in their texts are masked. Where a number stands twice, the last one counts. The texts with which an
        incident was first written while it was open stay known as those it was filed with, and what a person
        corrected stays as that person chose.
        """
        masked = {record.number: self.masking.incident(record)[0] for record in records}
        with self.database.reading() as connection:
            likely = _settled(connection, masked, self._rows(connection, masked))
        vectors = self.embeddings.missing([record.text for record in likely.values()])
        with self.database.writing() as connection:
            return self._write(connection, masked, vectors, imported=imported)

    def update(self, number: str, change: Callable[[Incident], Incident]) -> Incident:
        """Change a stored incident and return it as it is stored then, in one act; raises UnknownRecordError.

        `change` is given the incident as nobody else can change it meanwhile. What it raises undoes the whole act.
        """
        with self.database.writing() as connection:
            before = self.incident(number)
            after = change(before)
            if _texts(after) != _texts(before):
                after = self.masking.incident(after)[0]
            self._write(connection, {number: after}, {})
            return self.incident(number)

    def _write(
        self,
        connection: Connection,
        records: Mapping[str, Incident],
        vectors: Mapping[str, Vectors],
        *,
        imported: int | None = None,
    ) -> Written:
        """Write masked incidents, by number, in an act; `vectors` are those made of their texts before it began."""
        known = self._rows(connection, records)
        latest = _settled(connection, records, known)
        unforeseen = [record.text for record in latest.values() if record.text_sha256 not in vectors]
        revision = next_revision(connection)
        added, changed = [], []
        for number, record in latest.items():
            row = incident_row(record)
            if number not in known:
                added.append({**row, "revision": revision, "added": revision})
            elif incident_from_row(known[number]) != record:
                changed.append({**row, "revision": revision})
        if added:
            connection.execute(insert(incidents), added)
        for row in changed:
            connection.execute(update(incidents).where(incidents.c.number == row["number"]).values(row))
        bring_back(connection, [row["number"] for row in added])
        if imported is not None:
            before = {row["number"]: as_json(incident_from_row(known[row["number"]])) for row in changed}
            note_changes(connection, imported, [*added, *changed], before)
        self.embeddings.keep(connection, {**vectors, **self.embeddings.missing(unforeseen)})
        return Written(len(added), len(changed), len(latest) - len(added) - len(changed))

    @staticmethod
    def _rows(connection: Connection, numbers: Iterable[str]) -> dict[str, Row[Any]]:
        return {row.number: row for row in by_key(connection, select(incidents), incidents.c.number, numbers)}

    def incident(self, number: str) -> Incident:
        """The incident with this number; raises UnknownRecordError."""
        with self.database.reading() as connection:
            row = connection.execute(select(incidents).where(incidents.c.number == number)).one_or_none()
        if row is None:
            raise UnknownRecordError(f"no incident {number}")
        return incident_from_row(row)

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
            chosen = _corrections(connection, connection.execute(written).scalars().all() if revision > 0 else None)
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
            found = {
                one.number: replace(
                    one, articles=tuple(dict.fromkeys(article if name in names else name for name in one.articles))
                )
                for one in map(incident_from_row, connection.execute(query).all())
                if set(names) & set(one.articles)
            }
            self._write(connection, found, {})
        return len(found)

    def count_incidents(self) -> int:
        """How many incidents there are."""
        with self.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(incidents)).scalar_one()

    def removed_since(self, revision: int) -> list[str]:
        """Numbers of incidents that were removed after a revision."""
        with self.database.reading() as connection:
            return list(connection.execute(select(removals.c.number).where(removals.c.revision > revision)).scalars())

    # Articles

    # Feedback

    def put_feedback(self, entry: Feedback, text: str) -> int:
        """Keep what a person decided on a ticket with this text; returns its id."""
        vectors = self.embeddings.missing([text])
        with self.database.writing() as connection:
            row = {
                **asdict(entry),
                "ticket": None if entry.ticket is None else self.masking.fields(entry.ticket),
                "text_sha256": text_sha256(text),
                "revision": next_revision(connection),
            }
            (key,) = connection.execute(insert(feedback).values(row)).inserted_primary_key or (0,)
            self.embeddings.keep(connection, vectors)
            return int(key)

    def rulings_since(self, revision: int) -> Iterator[Ruling]:
        """What was refused or chosen after a revision, oldest first."""
        query = (
            select(feedback, embeddings.c.vector)
            .join_from(feedback, embeddings, feedback.c.text_sha256 == embeddings.c.text_sha256)
            .where(feedback.c.revision > revision, embeddings.c.encoder == self.encoder.name)
            .order_by(feedback.c.id)
        )
        for row, vector in self.embeddings.with_vectors(stream(self.database, query), lambda _: None):
            value = row.suggested if row.chosen is None else row.chosen
            if value is not None:
                yield Ruling(row.field, value, row.text_sha256, row.chosen is None, vector.astype(np.float32))

    def feedback(self, *, number: str | None = None) -> list[Feedback]:
        """What people decided, oldest first, on one incident or on all."""
        query = select(feedback).order_by(feedback.c.id)
        if number is not None:
            query = query.where(feedback.c.number == number)
        with self.database.reading() as connection:
            rows = connection.execute(query)
            return [
                Feedback(row.field, row.chosen, row.at, row.number, row.ticket, row.suggested, row.by) for row in rows
            ]

    # Both

    def revision(self) -> int:
        """Number of the newest write; any process that shares the store sees it grow."""
        with self.database.reading() as connection:
            return int(connection.execute(select(clock.c.revision)).scalar_one())


def _settled(
    connection: Connection, records: Mapping[str, Incident], known: Mapping[str, Row[Any]]
) -> dict[str, Incident]:
    """The records with the texts they were filed with, and the values that people chose."""
    chosen = _corrections(connection, records)
    filed = {number: _as_filed(record, known.get(number)) for number, record in records.items()}
    return {
        number: record.with_values(chosen[number]) if number in chosen else record for number, record in filed.items()
    }


def _as_filed(record: Incident, row: Row[Any] | None) -> Incident:
    before = None if row is None else incident_from_row(row)
    return record.filed_as(before) if before is not None and _tells(before, record) else record


def _texts(record: Incident) -> tuple[object, ...]:
    """What of an incident is masked."""
    return (record.short_description, record.description, record.resolution, record.extra)


def _text_of_row(row: Row[Any]) -> str:
    return incident_from_row(row).text


def _tells(first: Incident, record: Incident) -> bool:
    """Whether an earlier state of an incident says how it was filed, and that matters by now."""
    known = first.is_as_filed or not first.is_history
    return known and not record.is_as_filed and (record.is_history or record.text != first.text)


def _corrections(connection: Connection, numbers: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
    """What people chose against what was suggested, by number and field; the last decision on a field counts."""
    query = select(feedback.c.number, feedback.c.field, feedback.c.suggested, feedback.c.chosen).where(
        feedback.c.chosen.is_not(None), feedback.c.number.is_not(None)
    )
    rows = (
        connection.execute(query.order_by(feedback.c.id))
        if numbers is None
        else list(by_key(connection, query.order_by(feedback.c.id), feedback.c.number, numbers))
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.chosen != row.suggested:
            found.setdefault(row.number, {})[row.field] = row.chosen
        elif found.get(row.number, {}).get(row.field) != row.chosen:
            found.get(row.number, {}).pop(row.field, None)
    return found
