"""Article store: every version of every article, and the passages that are searched with their vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, insert, select

from kb.records.article import BEGINNING, Article, Passage, State, passages
from kb.records.errors import EditConflictError, UnknownRecordError, Written
from kb.storage.article_rows import (
    ArticleState,
    ArticleStep,
    ArticleVersion,
    StoredArticle,
    article_from_content,
    article_from_row,
    embedded,
    passage_rows,
    stored_article,
    write_article,
)
from kb.storage.database import Database
from kb.storage.embeddings import Embeddings
from kb.storage.incident_rows import by_key, next_revision, stream
from kb.storage.schema import article_versions, articles, embeddings
from kb.storage.schema import passages as passage_table


class ArticleStore:
    """Articles in a database."""

    def __init__(self, database: Database, embeddings: Embeddings) -> None:
        self._database = database
        self._embeddings = embeddings

    def put(self, records: Sequence[Article], *, by: str | None = None) -> Written:
        """Add or replace articles by id, keeping every version; all of them are on disk when this returns."""
        latest = {record.id: record for record in records}
        parts = {key: passages(record) for key, record in latest.items()}
        vectors = self._embeddings.missing([embedded(latest[key], part) for key in latest for part in parts[key]])
        written = Written()
        with self._database.writing() as connection:
            known = {row.id: row for row in by_key(connection, select(articles), articles.c.id, latest)}
            revision = next_revision(connection)
            for key, record in latest.items():
                row = known.get(key)
                if row is not None and article_from_row(row) == record:
                    written += Written(unchanged=1)
                    continue
                written += Written(new=1) if row is None else Written(updated=1)
                write_article(connection, record, parts[key], row, revision=revision, by=by)
            self._embeddings.keep(connection, vectors)
        return written

    def create(self, record: Article, *, by: str | None) -> None:
        """Add an article; raises EditConflictError where its id is taken."""
        parts = passages(record)
        vectors = self._embeddings.missing([embedded(record, part) for part in parts])
        with self._database.writing() as connection:
            if connection.execute(select(articles.c.id).where(articles.c.id == record.id)).first():
                raise EditConflictError(f"there is an article {record.id} already: change it, or choose another id")
            write_article(connection, record, parts, None, revision=next_revision(connection), by=by)
            self._embeddings.keep(connection, vectors)

    def edit(
        self,
        key: str,
        changes: Mapping[str, Any],
        *,
        by: str | None,
        version: int | None = None,
        check: Callable[[Article, Article], None] = lambda _before, _after: None,
    ) -> None:
        """Change parts of an article and keep the version before.

        `version` is the one the editor saw: raises EditConflictError where there is a newer one, and
        UnknownRecordError where there is no such article. `check` is given both and raises where it may not be.
        """
        stored = self.get(key)
        if version is not None and stored.version != version:
            raise EditConflictError(
                f"article {key} is at version {stored.version}, this edit began at version {version}: "
                "read it again and repeat the change"
            )
        edited = replace(stored.article, **changes)
        if edited != stored.article:
            check(stored.article, edited)
        parts = passages(edited)
        vectors = self._embeddings.missing([embedded(edited, part) for part in parts])
        with self._database.writing() as connection:
            row = connection.execute(select(articles).where(articles.c.id == key)).one()
            if row.version != stored.version:
                raise EditConflictError(f"article {key} was changed at the same moment: read it again and repeat")
            if edited != stored.article:
                write_article(connection, edited, parts, row, revision=next_revision(connection), by=by)
            self._embeddings.keep(connection, vectors)

    def get(self, key: str) -> StoredArticle:
        """The article with this id, without passages; raises UnknownRecordError."""
        with self._database.reading() as connection:
            row = connection.execute(select(articles).where(articles.c.id == key)).one_or_none()
        if row is None:
            raise UnknownRecordError(f"no article {key}")
        return stored_article(row)

    def all(self) -> Iterator[Article]:
        """Every article, archived ones too, by id."""
        return (article_from_row(row) for row in stream(self._database, select(articles).order_by(articles.c.id)))

    def surviving(self, key: str) -> str:
        """Id of the article that took the place of one that was merged, or its own; raises UnknownRecordError.

        An import may name an article that is not there, or two that were merged into each other: the last one on the
        way that is there, and was not passed already, counts.
        """
        stored, passed = self.get(key).article, {key}
        while stored.merged_into is not None and stored.merged_into not in passed:
            try:
                stored = self.get(stored.merged_into).article
            except UnknownRecordError:
                break
            passed.add(stored.id)
        return stored.id

    def page(self, *, limit: int, offset: int = 0, state: State | None = None) -> tuple[list[StoredArticle], int]:
        """A page of articles by title, and how many there are in all."""
        where = [] if state is None else [articles.c.state == state.value]
        with self._database.reading() as connection:
            total = connection.execute(select(func.count()).select_from(articles).where(*where)).scalar_one()
            query = select(articles).where(*where).order_by(articles.c.title, articles.c.id).limit(limit).offset(offset)
            return [stored_article(row) for row in connection.execute(query)], total

    def states(self) -> dict[str, ArticleState]:
        """Title and state of every article by id."""
        query = select(articles.c.id, articles.c.title, articles.c.state)
        with self._database.reading() as connection:
            return {row.id: ArticleState(row.title, State(row.state)) for row in connection.execute(query)}

    def history(self, key: str) -> list[ArticleVersion]:
        """Every version of an article, oldest first; raises UnknownRecordError."""
        self.get(key)
        query = select(article_versions).where(article_versions.c.article == key).order_by(article_versions.c.version)
        with self._database.reading() as connection:
            return [
                ArticleVersion(row.version, article_from_content(row.content), row.at, row.by)
                for row in connection.execute(query)
            ]

    def steps(self) -> Iterator[ArticleStep]:
        """Every version of every article as a step in its life, by article, oldest first."""
        columns = article_versions.c
        state = columns.content["state"].as_string().label("state")
        query = select(columns.article, columns.at, columns.by, state).order_by(columns.article, columns.version)
        for row in stream(self._database, query):
            yield ArticleStep(row.article, row.at, row.by, State(row.state))

    def since(self, revision: int) -> Iterator[StoredArticle]:
        """Articles written after `revision` with their passages and vectors."""
        changed = select(articles).where(articles.c.revision > revision).order_by(articles.c.revision, articles.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(changed).all()
            parts: dict[str, list[tuple[Passage, NDArray[np.float16]]]] = {row.id: [] for row in rows}
            query = (
                select(passage_table, embeddings.c.vector)
                .join_from(passage_table, embeddings, passage_table.c.text_sha256 == embeddings.c.text_sha256)
                .join(articles, articles.c.id == passage_table.c.article)
                .where(articles.c.revision > revision, embeddings.c.encoder == self._embeddings.encoder.name)
                .order_by(passage_table.c.article, passage_table.c.position)
            )
            for row in connection.execute(query):
                vector = np.frombuffer(row.vector, dtype=np.float16)
                parts[row.article].append((Passage(row.section, row.text), vector))
        for row in rows:
            found = [(passage, vector) for passage, vector in parts[row.id] if passage.section != BEGINNING]
            yield replace(
                stored_article(row),
                passages=tuple(passage for passage, _ in found),
                vectors=np.stack([vector for _, vector in found]) if found else None,
                beginning=next((vector for passage, vector in parts[row.id] if passage.section == BEGINNING), None),
            )

    def cut(self) -> None:
        """Cut into passages every article that has none: another version of triage had cut it otherwise."""
        there = select(passage_table.c.article).where(passage_table.c.article == articles.c.id)
        uncut = select(articles).where(~there.exists())
        with self._database.reading() as connection:
            if connection.execute(uncut.limit(1)).first() is None:
                return
        with self._database.writing() as connection:
            for article in map(article_from_row, connection.execute(uncut).all()):
                connection.execute(insert(passage_table), passage_rows(article, passages(article)))
