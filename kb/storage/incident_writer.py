"""Incident writer: records of incidents into the database, each write one act that reads what it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from kb.privacy.masking import Masking
from kb.records.errors import EditConflictError, no_incident
from kb.records.incident import Incident
from kb.records.incident_changes import events_of_change, events_of_new
from kb.records.incident_event import BY_CALL, EventSource, IncidentEvent, Origin
from kb.records.wording import Wording
from kb.records.written import IncidentVersion, Written, WrittenIncident, WrittenIncidents
from kb.storage.article_store import ArticleStore
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.event_log import append
from kb.storage.import_log import bring_back, note_changes
from kb.storage.incident_rows import as_json, by_key, incident_from_row, incident_row, next_revision
from kb.storage.reconciliation import is_superseded, kept_fields, settled
from kb.storage.restricted_numbers import refuse_restricted, restricted_numbers
from kb.storage.restricted_rows import divert
from kb.storage.schema import articles, incidents, removals
from kb.storage.state_meanings import as_told, told_stages
from models.encoder import Vectors

Observer: TypeAlias = Callable[[Sequence[tuple[Incident, Sequence[IncidentEvent]]]], None]
"""Is told what happened to incidents, each as it is now."""

_BY_IMPORT = Origin(EventSource.IMPORT)


class IncidentWriter:
    """Writes incidents, masked, with the vectors of their texts and the events that each write is."""

    def __init__(
        self,
        database: Database,
        articles: ArticleStore,
        embeddings: Embeddings,
        masking: Masking,
        observe: Observer = lambda _: None,
    ) -> None:
        """`observe` is called with what happened to incidents, in the act that wrote them."""
        self._database = database
        self._articles = articles
        self._embeddings = embeddings
        self._masking = masking
        self._observe = observe

    def write(
        self,
        records: Sequence[Incident],
        *,
        imported: int | None = None,
        revision: int | None = None,
        check: Callable[[Incident], None] = lambda _: None,
        then: Callable[[Written], None] = lambda _: None,
    ) -> WrittenIncidents:
        """Add or replace incidents by number in one act; all of them are on disk when this returns.

        Secrets in their texts are masked. `check` is called with each masked record, and raises where it may not be
        written; `then` is called in the same act once they are, with what that did. `imported` is the import that they
        came with, which can be undone. Of several records of one number the last counts.

        A record that says when it was updated (`updated_at`), and is older than what is stored or sent beside it, is
        superseded: it changes nothing. What another one replaces, and what of the stored incident stays, is told in
        `reconciled`. What people chose against suggestions stays as they chose, and the texts with which an incident
        was first written while it was open stay known as those it was filed with. An article that was merged is linked
        by the one that took its place.

        A record of a restricted incident goes where that is kept; the answer holds no more than was sent.

        With a `revision`, that of the incident as it was read, the record replaces it as a whole. Raises
        EditConflictError where there is none, or another one by now.
        """
        sent, superseded = _newest(records)
        masked = {number: self._masking.incident(record) for number, record in sent.items()}
        fresh = {number: record for number, (record, _) in masked.items()}
        as_read = revision is not None
        with self._database.snapshot(), self._database.reading() as connection:
            told = told_stages(connection)
            for record in fresh.values():
                check(as_told(record, told))
            likely = settled(connection, fresh, _incidents(_rows(connection, fresh)), as_read=as_read)
            read = [self._embeddings.as_read(record) for record in likely.values()]
            texts = self._embeddings.lacking(connection, [record.text for record in read])
        vectors = self._embeddings.encoded(texts)
        with self._database.writing() as connection:
            rows = _rows(connection, fresh)
            if revision is not None:
                _check_unchanged(fresh, rows, revision)
            older = {number for number, one in _incidents(rows).items() if is_superseded(fresh[number], one)}
            newer = {number: record for number, record in fresh.items() if number not in older}
            hidden = restricted_numbers(connection, newer)
            diverted = {number: as_told(newer.pop(number), told) for number in hidden}
            divert(connection, diverted)
            newer = self._following_merges(connection, newer)
            counts, stored = self.store(
                connection,
                newer,
                rows,
                vectors,
                imported=imported,
                as_read=as_read,
                origin=BY_CALL if imported is None else _BY_IMPORT,
            )
            then(counts)
        stored |= {number: IncidentVersion(incident_from_row(rows[number]), rows[number].revision) for number in older}
        stored |= {number: IncidentVersion(record, 0) for number, record in diverted.items()}
        return WrittenIncidents(
            replace(counts, superseded=len(older) + superseded, updated=counts.updated + len(diverted)),
            tuple(
                WrittenIncident(
                    stored[number].incident,
                    stored[number].revision,
                    masked=kinds,
                    superseded=number in older,
                    restricted=number in diverted,
                    kept=() if number in older else tuple(kept_fields(record, stored[number].incident)),
                )
                for number, (record, kinds) in masked.items()
            ),
        )

    def update(self, number: str, change: Callable[[Incident], Incident], origin: Origin = BY_CALL) -> Incident:
        """Change a stored incident in one act and return it as it is stored then; raises UnknownRecordError."""
        with self._database.writing() as connection:
            rows = _rows(connection, [number])
            if number not in rows:
                raise no_incident(number)
            before = incident_from_row(rows[number])
            after, _ = self._masking.incident(change(before), known=before)
            return self.store(connection, {number: after}, rows, origin=origin)[1][number].incident

    def update_all(
        self, numbers: Sequence[str], change: Callable[[Incident], Incident], origin: Origin = BY_CALL
    ) -> list[Incident]:
        """Change several stored incidents in one act and return them as they are stored then, in their order."""
        with self._database.writing() as connection:
            rows = _rows(connection, numbers)
            before = _incidents(rows)
            after = {
                number: self._masking.incident(change(before[number]), known=before[number])[0]
                for number in numbers
                if number in before
            }
            stored = self.store(connection, after, rows, origin=origin)[1]
            return [stored[number].incident for number in after]

    def add_or_update(
        self, number: str, change: Callable[[Incident | None], Incident], *, masked: Incident | None = None
    ) -> Incident:
        """Change an incident, or add the one that `change` makes where there is none."""
        with self._database.writing() as connection:
            rows = _rows(connection, [number])
            before = incident_from_row(rows[number]) if number in rows else None
            after, _ = self._masking.incident(change(before), known=before or masked)
            return self.store(connection, {number: after}, rows)[1][number].incident

    def remove(self, number: str) -> None:
        """Remove an incident where there is one, so that everybody who follows the store forgets it."""
        with self._database.writing() as connection:
            if connection.execute(delete(incidents).where(incidents.c.number == number)).rowcount:
                bring_back(connection, [number])
                row = {"number": number, "revision": next_revision(connection)}
                connection.execute(insert(removals).values(row))

    def store(
        self,
        connection: Connection,
        records: Mapping[str, Incident],
        rows: Mapping[str, Row[Any]],
        vectors: Mapping[str, Vectors] = MappingProxyType({}),
        *,
        imported: int | None = None,
        as_read: bool = True,
        origin: Origin = BY_CALL,
    ) -> tuple[Written, dict[str, IncidentVersion]]:
        """Store masked records in an act, in place of `rows`; `vectors` are those made of their texts before it.

        Returns what that did, and every one as it is stored. Raises UnknownRecordError for a restricted one.
        """
        refuse_restricted(connection, records)
        before = _incidents(rows)
        told = told_stages(connection)
        stored: dict[str, IncidentVersion] = {}
        added, changed = list[dict[str, Any]](), list[dict[str, Any]]()
        latest = settled(connection, records, before, as_read=as_read)
        latest = {number: self._embeddings.as_read(as_told(record, told)) for number, record in latest.items()}
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
        if changed:
            one = update(incidents).where(incidents.c.number == bindparam("stored"))
            connection.execute(one, [{**row, "stored": row["number"]} for row in changed])
        bring_back(connection, [row["number"] for row in added])
        happened = _log_changes(
            connection, [(before.get(row["number"]), latest[row["number"]]) for row in (*added, *changed)], origin
        )
        self._observe(happened)
        if imported is not None:
            note_changes(
                connection,
                imported,
                [*added, *changed],
                {row["number"]: as_json(before[row["number"]]) for row in changed},
            )
        self._embeddings.complete(connection, [record.text for record in latest.values()], vectors)
        return Written(len(added), len(changed), len(latest) - len(added) - len(changed)), stored

    def _following_merges(self, connection: Connection, records: Mapping[str, Incident]) -> dict[str, Incident]:
        """Return records with the articles that took the place of those that they name and that were merged."""
        names = {name for record in records.values() for name in record.articles}
        merged = select(articles.c.id).where(articles.c.merged_into.is_not(None))
        rows = by_key(connection, merged, articles.c.id, names)
        surviving = {row.id: self._articles.surviving(row.id) for row in rows}
        return {
            number: replace(record, articles=tuple(dict.fromkeys(surviving.get(one, one) for one in record.articles)))
            for number, record in records.items()
        }


def _rows(connection: Connection, numbers: Iterable[str]) -> dict[str, Row[Any]]:
    return {row.number: row for row in by_key(connection, select(incidents), incidents.c.number, numbers)}


def _incidents(rows: Mapping[str, Row[Any]]) -> dict[str, Incident]:
    return {number: incident_from_row(row) for number, row in rows.items()}


def _log_changes(
    connection: Connection, changes: Iterable[tuple[Incident | None, Incident]], origin: Origin
) -> list[tuple[Incident, list[IncidentEvent]]]:
    """Append the events of incidents that are new, or take the place of another state of theirs, and return them."""
    now = datetime.now(UTC)
    happened = [
        (
            after,
            events_of_new(after, origin, now) if before is None else events_of_change(before, after, origin, now),
        )
        for before, after in changes
    ]
    append(connection, [event for _, events in happened for event in events])
    return happened


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


def _check_unchanged(numbers: Iterable[str], rows: Mapping[str, Row[Any]], revision: int) -> None:
    """Raise EditConflictError for an incident that is not at a revision."""
    for number in numbers:
        if number not in rows or rows[number].revision != revision:
            raise EditConflictError(
                Wording(
                    "incident {number} is not as it was when it was read: read it again and repeat the change",
                    {"number": number},
                )
            )
