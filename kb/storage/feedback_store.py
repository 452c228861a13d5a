"""Feedback store: what people decided where values were suggested, and what follows from it for incidents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, insert, or_, select, update

from kb.records.feedback import Feedback, WithdrawnFeedback
from kb.records.incident import text_sha256
from kb.records.value_feedback import ValueFeedback
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.incident_rows import by_key, next_revision, stream
from kb.storage.restricted_numbers import refuse_restricted
from kb.storage.schema import embeddings, feedback, incidents
from models.encoder import Vectors


class FeedbackStore:
    """Decisions of people in a database, each with the text of the ticket that it was made on."""

    def __init__(self, database: Database, embeddings: Embeddings) -> None:
        self._database = database
        self._embeddings = embeddings

    def put(
        self,
        entry: Feedback,
        text: str,
        vectors: Mapping[str, Vectors] = MappingProxyType({}),
        *,
        before: Mapping[str, str | None] | None = None,
    ) -> int:
        """Add a decision on a ticket with this text and return its id; both are masked already.

        `vectors` may hold that of the text, by its hash, where it was made before the act. `before` is the value that
        the field had, under `value`, where the ticket is stored. Raises UnknownRecordError for a restricted incident.
        """
        key = text_sha256(text)
        with self._database.writing() as connection:
            refuse_restricted(connection, [entry.number] if entry.number else [])
            self._embeddings.complete(connection, [text], vectors)
            row = {**asdict(entry), "text_sha256": key, "revision": next_revision(connection), "before": before}
            (number,) = connection.execute(insert(feedback).values(row)).inserted_primary_key or (0,)
            return int(number)

    def withdraw(self, keys: Iterable[int], at: datetime) -> list[WithdrawnFeedback]:
        """Withdraw decisions, the newest first; returns those that held until now.

        The incidents that they concern count as written, so that everybody who follows them reads them anew.
        """
        found = list[WithdrawnFeedback]()
        with self._database.writing() as connection:
            revision = next_revision(connection)
            for key in sorted(keys, reverse=True):
                where = (feedback.c.id == key, feedback.c.withdrawn_at.is_(None))
                row = connection.execute(select(feedback).where(*where)).one_or_none()
                if row is None:
                    continue
                values = {"withdrawn_at": at, "revision": revision}
                connection.execute(update(feedback).where(feedback.c.id == key).values(values))
                if row.number is not None:
                    touched = update(incidents).where(incidents.c.number == row.number)
                    connection.execute(touched.values(revision=revision))
                left = self._taught(connection, row.number)
                found.append(
                    WithdrawnFeedback(
                        key, row.field, row.number, row.chosen, row.before, left.get(row.field), is_last=not left
                    )
                )
        return found

    def holding(self, *, number: str | None = None, field: str | None = None, act: int | None = None) -> list[int]:
        """Return the ids of the decisions that hold, on an incident, a field or of an act, the oldest first."""
        wanted = {feedback.c.number: number, feedback.c.field: field, feedback.c.act: act}
        query = select(feedback.c.id).where(feedback.c.withdrawn_at.is_(None))
        query = query.where(*(column == value for column, value in wanted.items() if value is not None))
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(feedback.c.id)).scalars())

    def is_known(self, key: int) -> bool:
        """Return whether there is a decision with this id, withdrawn or not."""
        with self._database.reading() as connection:
            return connection.execute(select(feedback.c.id).where(feedback.c.id == key)).one_or_none() is not None

    def _taught(self, connection: Connection, number: str | None) -> dict[str, str]:
        """Return what people chose for an incident, by field, accepted values included; the last decision counts."""
        if number is None:
            return {}
        query = select(feedback.c.field, feedback.c.chosen).where(
            feedback.c.number == number, feedback.c.chosen.is_not(None), feedback.c.withdrawn_at.is_(None)
        )
        return {row.field: row.chosen for row in connection.execute(query.order_by(feedback.c.id))}

    def all(self, *, number: str | None = None) -> list[Feedback]:
        """Return what people decided and did not withdraw, oldest first, on one incident or on all."""
        query = select(feedback).where(feedback.c.withdrawn_at.is_(None)).order_by(feedback.c.id)
        if number is not None:
            query = query.where(feedback.c.number == number)
        with self._database.reading() as connection:
            return [
                Feedback(row.field, row.chosen, row.at, row.number, row.ticket, row.suggested, row.by, row.act)
                for row in connection.execute(query)
            ]

    def vectors_since(self, revision: int) -> Vectors:
        """Return the vectors of the texts on which people decided after a revision, shape (texts, dimension).

        Decisions that were withdrawn after it are among them.
        """
        query = (
            select(embeddings.c.text_sha256, embeddings.c.vector)
            .join_from(embeddings, feedback, feedback.c.text_sha256 == embeddings.c.text_sha256)
            .where(feedback.c.revision > revision, embeddings.c.encoder == self._embeddings.encoder.name)
            .distinct()
        )
        with self._database.reading() as connection:
            rows: list[Row[Any]] = list(connection.execute(query))
        found = [vector for _, vector in self._embeddings.with_vectors(rows, lambda _: None)]
        return np.array(found, dtype=np.float32).reshape(len(found), self._embeddings.encoder.dimension)

    def withdrawn_since(self, revision: int) -> set[tuple[str, str]]:
        """Return the fields and the hashes of the texts on which decisions were withdrawn after a revision."""
        query = select(feedback.c.field, feedback.c.text_sha256).where(
            feedback.c.withdrawn_at.is_not(None), feedback.c.revision > revision
        )
        with self._database.reading() as connection:
            return {(row.field, row.text_sha256) for row in connection.execute(query)}

    def values_since(self, revision: int) -> Iterator[ValueFeedback]:
        """Yield what was refused or chosen after a revision, oldest first.

        Where a decision was withdrawn since, all that still hold on its field and text are among them.
        """
        withdrawn = feedback.alias("withdrawn")
        is_left_over = (
            select(withdrawn.c.id)
            .where(
                withdrawn.c.revision > revision,
                withdrawn.c.withdrawn_at.is_not(None),
                withdrawn.c.field == feedback.c.field,
                withdrawn.c.text_sha256 == feedback.c.text_sha256,
            )
            .exists()
        )
        query = (
            select(feedback, embeddings.c.vector)
            .join_from(feedback, embeddings, feedback.c.text_sha256 == embeddings.c.text_sha256)
            .where(or_(feedback.c.revision > revision, is_left_over), feedback.c.withdrawn_at.is_(None))
            .where(embeddings.c.encoder == self._embeddings.encoder.name)
            .order_by(feedback.c.id)
        )
        for row, vector in self._embeddings.with_vectors(stream(self._database, query), lambda _: None):
            value = row.suggested if row.chosen is None else row.chosen
            if value is not None:
                yield ValueFeedback(row.field, value, row.text_sha256, row.chosen is None, vector.astype(np.float32))


def corrections(connection: Connection, numbers: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
    """Return what people chose against what was suggested, by number and field.

    The last decision on a field counts. Without `numbers` it is that of all incidents.
    """
    query = select(feedback.c.number, feedback.c.field, feedback.c.suggested, feedback.c.chosen).where(
        feedback.c.chosen.is_not(None), feedback.c.number.is_not(None), feedback.c.withdrawn_at.is_(None)
    )
    rows = (
        connection.execute(query.order_by(feedback.c.id))
        if numbers is None
        else list(by_key(connection, query.order_by(feedback.c.id), feedback.c.number, numbers))
    )
    chosen: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.chosen != row.suggested:
            chosen.setdefault(row.number, {})[row.field] = row.chosen
        elif chosen.get(row.number, {}).get(row.field) != row.chosen:
            chosen.get(row.number, {}).pop(row.field, None)
    return chosen
