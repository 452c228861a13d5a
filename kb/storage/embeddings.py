"""Embeddings: the vector of every text, by the encoder that made it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Exists, Row, Select, delete, insert, select

from kb.reading.boilerplate import NO_BOILERPLATE, Boilerplate
from kb.records.article import passages
from kb.records.incident import Incident, text_sha256
from kb.storage.article_rows import article_from_row, embedded
from kb.storage.database import Database
from kb.storage.incident_rows import by_key, incident_from_row
from kb.storage.schema import articles, embeddings, incidents
from kb.storage.schema import passages as passage_table
from models.encoder import Encoder, Vectors

_TEXTS_A_STEP = 500
_ROWS_A_STEP = 1000
# The square of a unit vector's length, rounded to float16, is within 0.001 of one; that of random bytes is far from it.
_ROUNDING = 0.02
_log = logging.getLogger(__name__)


class Embeddings:
    """The vectors that one encoder made of the texts in a database."""

    def __init__(self, database: Database, encoder: Encoder, boilerplate: Boilerplate = NO_BOILERPLATE) -> None:
        """`boilerplate` is what counts for nothing in texts of incidents."""
        self.database = database
        self.encoder = encoder
        self.boilerplate = boilerplate

    def as_read(self, incident: Incident) -> Incident:
        """Return an incident whose text is without the organisation's boilerplate."""
        return replace(incident, boilerplate=self.boilerplate) if self.boilerplate.runs else incident

    def add_missing(self, since: int = -1, report: Callable[[float], None] = lambda _: None) -> int:
        """Embed every text written after a revision that this encoder has not embedded yet; returns how many.

        Such texts were written under another encoder. `report` is called with the share that is done.
        """
        pending = self.pending(since)
        keys = list(pending)
        for start in range(0, len(keys), _TEXTS_A_STEP):
            report(start / len(keys))
            vectors = self.encoded({key: pending[key] for key in keys[start : start + _TEXTS_A_STEP]})
            with self.database.writing() as connection:
                self.keep(connection, vectors)
        return len(keys)

    def pending(self, since: int = -1) -> dict[str, str]:
        """Return the texts written after a revision that this encoder has not embedded yet, by their keys."""
        unread = select(passage_table.c.article).where(
            passage_table.c.article == articles.c.id, ~self._is_there(passage_table.c.text_sha256)
        )
        return self._texts(
            select(incidents).where(incidents.c.revision > since, ~self._is_there(incidents.c.text_sha256)),
            select(articles).where(articles.c.revision > since, unread.exists()),
        )

    def _is_there(self, key: ColumnElement[str]) -> Exists:
        """Return, for each row, whether this encoder has a vector for the text with that key."""
        found = select(embeddings.c.vector).where(
            embeddings.c.encoder == self.encoder.name, embeddings.c.text_sha256 == key
        )
        return found.exists()

    def renew(self) -> Iterator[tuple[int, int]]:
        """Embed every text anew in place of the vector kept for it; yields how many of how many are done."""
        texts = self._texts(select(incidents), select(articles))
        keys = list(texts)
        for start in range(0, len(keys), _TEXTS_A_STEP):
            some = keys[start : start + _TEXTS_A_STEP]
            vectors = self.encoded({key: texts[key] for key in some})
            with self.database.writing() as connection:
                self._replace(connection, vectors)
            yield start + len(some), len(keys)

    def _texts(
        self, some_incidents: Select[tuple[object, ...]], some_articles: Select[tuple[object, ...]]
    ) -> dict[str, str]:
        """Return every text that is embedded for these incidents and articles, by the key under which its row has it.

        The key of a row may be that of the text as an earlier version of triage read it.
        """
        texts: dict[str, str] = {}
        with self.database.reading() as connection:
            for row in connection.execute(some_incidents):
                texts[row.text_sha256] = self.as_read(incident_from_row(row)).text
            for row in connection.execute(some_articles):
                article = article_from_row(row)
                texts.update((text_sha256(text), text) for text in (embedded(article, p) for p in passages(article)))
        return texts

    def with_vectors(
        self, rows: Iterable[Row[Any]], text_of: Callable[[Row[Any]], str | None]
    ) -> Iterator[tuple[Row[Any], NDArray[np.float16]]]:
        """Yield rows that have a `vector` with it, float16 of shape (dimension,).

        A damaged one (of another length, not of numbers, not of length one) is made anew of the row's text, in the
        database too; a row whose text is not known is left out.
        """
        size, rows = self.encoder.dimension, iter(rows)
        while some := list(islice(rows, _ROWS_A_STEP)):
            stored = [row.vector for row in some]
            if any(len(vector) != 2 * size for vector in stored):
                stored = [vector if len(vector) == 2 * size else bytes(2 * size) for vector in stored]
            vectors = np.frombuffer(b"".join(stored), dtype=np.float16).reshape(len(some), size)
            numbers = vectors.astype(np.float32)
            is_sound = np.abs(np.einsum("ij,ij->i", numbers, numbers) - 1) < _ROUNDING
            if is_sound.all():
                yield from zip(some, vectors, strict=True)
                continue
            damaged = np.flatnonzero(~is_sound).tolist()
            texts = {some[place].text_sha256: text_of(some[place]) for place in damaged}
            anew = self._renewed({key: text for key, text in texts.items() if text is not None})
            for place, row in enumerate(some):
                if is_sound[place] or row.text_sha256 in anew:
                    yield row, vectors[place] if is_sound[place] else anew[row.text_sha256]

    def _renewed(self, texts: Mapping[str, str]) -> dict[str, NDArray[np.float16]]:
        """Embed texts anew in place of the vectors kept for them; returns the new ones, both by their keys."""
        _log.warning("the database holds damaged vectors: %d are made anew from their texts", len(texts))
        vectors = self.encoded(texts)
        with self.database.writing() as connection:
            self._replace(connection, vectors)
        return {key: vector.astype(np.float16) for key, vector in vectors.items()}

    def _replace(self, connection: Connection, vectors: Mapping[str, Vectors]) -> None:
        kept = (embeddings.c.encoder == self.encoder.name, embeddings.c.text_sha256.in_(vectors))
        connection.execute(delete(embeddings).where(*kept))
        self.keep(connection, vectors)

    def forget(self) -> None:
        """Drop every embedding of this encoder, which is not going to serve."""
        with self.database.writing() as connection:
            connection.execute(delete(embeddings).where(embeddings.c.encoder == self.encoder.name))

    def missing(self, texts: Iterable[str]) -> dict[str, Vectors]:
        """Vectors of the texts that have none yet, by the hash of the text; they are not kept by that."""
        with self.database.reading() as connection:
            lacking = self.lacking(connection, texts)
        return self.encoded(lacking)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return the vector of each text, of shape (texts, dimension), as it is stored, encoded now where it is not."""
        by_hash = {text_sha256(text): text for text in texts}
        query = select(embeddings.c.text_sha256, embeddings.c.vector).where(embeddings.c.encoder == self.encoder.name)
        with self.database.reading() as connection:
            rows = list(by_key(connection, query, embeddings.c.text_sha256, by_hash))
        stored = self.with_vectors(rows, lambda row: by_hash[row.text_sha256])
        known = {row.text_sha256: vector.astype(np.float32) for row, vector in stored}
        known |= self.encoded({key: text for key, text in by_hash.items() if key not in known})
        empty = np.empty((0, self.encoder.dimension), dtype=np.float32)
        return np.stack([known[text_sha256(text)] for text in texts]) if texts else empty

    def lacking(self, connection: Connection, texts: Iterable[str]) -> dict[str, str]:
        """Return the texts that have no vector yet, by their hash."""
        by_key = {text_sha256(text): text for text in texts}
        known = self._known(connection, by_key)
        return {key: text for key, text in by_key.items() if key not in known}

    def encoded(self, texts: Mapping[str, str]) -> dict[str, Vectors]:
        """Return the vectors of texts, both by the hash of the text."""
        return dict(zip(texts, self.encoder.encode(list(texts.values())), strict=True))

    def complete(self, connection: Connection, texts: Iterable[str], ready: Mapping[str, Vectors]) -> None:
        """Store the vector of every text that has none yet, within an act.

        `ready` holds vectors, by the hash of their text, that were made before the act; only what is not among them
        is encoded now, while other writers wait.
        """
        lacking = self.lacking(connection, texts)
        made = self.encoded({key: text for key, text in lacking.items() if key not in ready})
        self._insert(connection, {key: made[key] if key in made else ready[key] for key in lacking})

    def keep(self, connection: Connection, vectors: Mapping[str, Vectors]) -> None:
        """Keep vectors, by the hash of their text, in a transaction."""
        known = self._known(connection, vectors)
        self._insert(connection, {key: vector for key, vector in vectors.items() if key not in known})

    def _insert(self, connection: Connection, vectors: Mapping[str, Vectors]) -> None:
        rows = [
            {"encoder": self.encoder.name, "text_sha256": key, "vector": vector.astype(np.float16).tobytes()}
            for key, vector in vectors.items()
        ]
        if rows:
            connection.execute(insert(embeddings), rows)

    def _known(self, connection: Connection, keys: Iterable[str]) -> set[str]:
        query = select(embeddings.c.text_sha256).where(embeddings.c.encoder == self.encoder.name)
        return {row.text_sha256 for row in by_key(connection, query, embeddings.c.text_sha256, keys)}
