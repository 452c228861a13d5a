"""Feedback store: what people decided where values were suggested, and what follows from it for incidents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from types import MappingProxyType

import numpy as np
from sqlalchemy import Connection, insert, select

from kb.records.feedback import Feedback
from kb.records.incident import text_sha256
from kb.records.ruling import Ruling
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.incident_rows import by_key, next_revision, stream
from kb.storage.schema import embeddings, feedback
from models.encoder import Vectors


class FeedbackStore:
    """Decisions of people in a database, each with the text of the ticket that it was made on."""

    def __init__(self, database: Database, embeddings: Embeddings) -> None:
        self._database = database
        self._embeddings = embeddings

    def put(self, entry: Feedback, text: str, vectors: Mapping[str, Vectors] = MappingProxyType({})) -> int:
        """Add a decision on a ticket with this text and return its id; both are masked already.

        `vectors` may hold that of the text, by its hash, where it was made before the act.
        """
        key = text_sha256(text)
        with self._database.writing() as connection:
            self._embeddings.complete(connection, [text], vectors)
            row = {**asdict(entry), "text_sha256": key, "revision": next_revision(connection)}
            (number,) = connection.execute(insert(feedback).values(row)).inserted_primary_key or (0,)
            return int(number)

    def all(self, *, number: str | None = None) -> list[Feedback]:
        """Return what people decided, oldest first, on one incident or on all."""
        query = select(feedback).order_by(feedback.c.id)
        if number is not None:
            query = query.where(feedback.c.number == number)
        with self._database.reading() as connection:
            return [
                Feedback(row.field, row.chosen, row.at, row.number, row.ticket, row.suggested, row.by)
                for row in connection.execute(query)
            ]

    def rulings_since(self, revision: int) -> Iterator[Ruling]:
        """Yield what was refused or chosen after a revision, oldest first."""
        query = (
            select(feedback, embeddings.c.vector)
            .join_from(feedback, embeddings, feedback.c.text_sha256 == embeddings.c.text_sha256)
            .where(feedback.c.revision > revision, embeddings.c.encoder == self._embeddings.encoder.name)
            .order_by(feedback.c.id)
        )
        for row, vector in self._embeddings.with_vectors(stream(self._database, query), lambda _: None):
            value = row.suggested if row.chosen is None else row.chosen
            if value is not None:
                yield Ruling(row.field, value, row.text_sha256, row.chosen is None, vector.astype(np.float32))


def corrections(connection: Connection, numbers: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
    """Return what people chose against what was suggested, by number and field.

    The last decision on a field counts. Without `numbers` it is that of all incidents.
    """
    query = select(feedback.c.number, feedback.c.field, feedback.c.suggested, feedback.c.chosen).where(
        feedback.c.chosen.is_not(None), feedback.c.number.is_not(None)
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
