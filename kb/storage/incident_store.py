"""The store: what has been acknowledged is on disk, and what changed since can be followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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
from kb.records.errors import UnknownRecordError
from kb.records.incident import EXAMPLE_STATE, OPEN_STATES, Incident
from kb.records.label_change import relabelled
from kb.records.written import IncidentVersion, Written, WrittenIncidents
from kb.storage.article_store import ArticleStore
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.feedback_store import FeedbackStore, corrections
from kb.storage.import_log import ImportLog
from kb.storage.incident_rows import incident_from_row, stream
from kb.storage.incident_writer import IncidentWriter
from kb.storage.label_changes import LabelChanges
from kb.storage.schema import (
    clock,
    embeddings,
    incidents,
    removals,
)
from models.encoder import Encoder


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
        self.feedback = FeedbackStore(database, self.embeddings)
        self._writer = IncidentWriter(database, self.articles, self.embeddings, self.masking)

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
        """Add or replace incidents by number in one act, as `IncidentWriter.write` does."""
        return self._writer.write(records, imported=imported, revision=revision, check=check)

    def update(self, number: str, change: Callable[[Incident], Incident]) -> Incident:
        """Change a stored incident in one act and return it as it is stored then; raises UnknownRecordError.

        `change` is given the incident as nobody else can change it meanwhile. What it raises undoes the whole act.
        """
        return self._writer.update(number, change)

    def add_or_update(
        self, number: str, change: Callable[[Incident | None], Incident], *, masked: Incident | None = None
    ) -> Incident:
        """Change an incident as `update` does, or add the one that `change` makes where there is none.

        What that takes from the texts of a `masked` one needs no masking.
        """
        return self._writer.add_or_update(number, change, masked=masked)

    def version(self, number: str) -> IncidentVersion:
        """Return the incident with this number and the revision of its last write; raises UnknownRecordError."""
        with self.database.reading() as connection:
            row = connection.execute(select(incidents).where(incidents.c.number == number)).one_or_none()
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
            self._writer.store(connection, found, {row.number: row for row in rows})
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


def _text_of_row(row: Row[Any]) -> str:
    return incident_from_row(row).text
