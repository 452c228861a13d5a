"""Article store: every version of every article, and the passages that are searched with their vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, func, insert, select

from kb.records.article import BEGINNING, Article, Audience, Passage, State, passages, surviving
from kb.records.errors import EditConflictError, UnknownRecordError
from kb.records.wording import Wording
from kb.records.written import Written
from kb.storage.article_rows import (
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
from models.encoder import Vectors


class ArticleStore:
    """Articles in a database."""

    def __init__(self, database: Database, embeddings: Embeddings) -> None:
        self._database = database
        self._embeddings = embeddings

    def put(self, records: Sequence[Article], *, by: str | None = None) -> Written:
        """Add or replace articles by id, keeping every version; all of them are on disk when this returns."""
        latest = {record.id: record for record in records}
        parts = {key: passages(record) for key, record in latest.items()}
        texts = [embedded(latest[key], part) for key in latest for part in parts[key]]
        vectors = self._embeddings.missing(texts)
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
            self._embeddings.complete(connection, texts, vectors)
        return written

    def create(self, record: Article, *, by: str | None, vectors: Mapping[str, Vectors] | None = None) -> StoredArticle:
        """Add an article and return it as stored.

        `vectors` are those of `vectors_of`, where the caller opened an act and made them before it.

        Raises: EditConflictError where its id is taken.
        """
        ready = self.vectors_of(record) if vectors is None else vectors
        parts = passages(record)
        with self._database.writing() as connection:
            if connection.execute(select(articles.c.id).where(articles.c.id == record.id)).first():
                raise EditConflictError(
                    Wording(
                        "there is an article {article} already: change it, or choose another id", {"article": record.id}
                    )
                )
            self._embeddings.complete(connection, _texts(record, parts), ready)
            return write_article(connection, record, parts, None, revision=next_revision(connection), by=by)

    def vectors_of(self, record: Article) -> dict[str, Vectors]:
        """Return the vectors that are yet to be made for an article, by the hash of their text."""
        return self._embeddings.missing(_texts(record, passages(record)))

    def vectors_after(self, key: str, changes_to: Callable[[Article], Mapping[str, Any]]) -> dict[str, Vectors]:
        """Return the vectors that are yet to be made for an article once it is changed, by the hash of their text.

        Raises: UnknownRecordError.
        """
        with self._database.reading() as connection:
            article = article_from_row(_article_row(connection, key))
            changed = replace(article, **changes_to(article))
            lacking = self._embeddings.lacking(connection, _texts(changed, passages(changed)))
        return self._embeddings.encoded(lacking)

    def edit(
        self,
        key: str,
        changes: Mapping[str, Any],
        *,
        by: str | None,
        version: int | None = None,
        check: Callable[[Article, Article], None] = lambda _before, _after: None,
        vectors: Mapping[str, Vectors] | None = None,
    ) -> StoredArticle:
        """Change parts of an article, keep the version before, and return the article as stored.

        The changes are made to what is stored when they are written, whatever was read before: another editor's
        change to other parts stays. `version` is the one the editor saw. `check` is given the article before and
        after, within the act, and raises where this may not be. `vectors` are those of `vectors_after`, where the
        caller opened an act and made them before it.

        Raises: EditConflictError where there is a newer version than `version`; UnknownRecordError.
        """
        ready = self.vectors_after(key, lambda _: changes) if vectors is None else vectors
        with self._database.writing() as connection:
            row = _article_row(connection, key)
            if version is not None and row.version != version:
                raise EditConflictError(
                    Wording(
                        "article {key} is at version {version}, this edit began at version {seen}: read it again and "
                        "repeat the change",
                        {"key": str(key), "version": row.version, "seen": version},
                    )
                )
            before = article_from_row(row)
            after = replace(before, **changes)
            if after == before:
                return stored_article(row)
            check(before, after)
            parts = passages(after)
            self._embeddings.complete(connection, _texts(after, parts), ready)
            return write_article(connection, after, parts, row, revision=next_revision(connection), by=by)

    def get(self, key: str) -> StoredArticle:
        """Return the article with this id, without passages; raises UnknownRecordError."""
        with self._database.reading() as connection:
            return stored_article(_article_row(connection, key))

    def all(self) -> Iterator[Article]:
        """Return every article, archived ones too, by id."""
        return (article_from_row(row) for row in stream(self._database, select(articles).order_by(articles.c.id)))

    def surviving(self, key: str) -> str:
        """Return the id of the article that a merged one redirects to, or its own; raises UnknownRecordError.

        See `kb.records.article.surviving` for what an import may have brought.
        """
        other = articles.alias()
        query = select(other.c.id).join_from(articles, other, articles.c.merged_into == other.c.id)
        with self._database.reading() as connection:
            _article_row(connection, key)
            return surviving(
                key, lambda one: connection.execute(query.where(articles.c.id == one)).scalar_one_or_none()
            )

    def page(
        self,
        *,
        limit: int,
        offset: int = 0,
        state: State | None = None,
        audience: Audience | None = None,
        category: str | None = None,
    ) -> tuple[list[StoredArticle], int]:
        """Return a page of articles by title, and the total number."""
        wanted = ((articles.c.state, state), (articles.c.audience, audience), (articles.c.category, category))
        where = [column == str(value) for column, value in wanted if value is not None]
        with self._database.reading() as connection:
            total = connection.execute(select(func.count()).select_from(articles).where(*where)).scalar_one()
            query = select(articles).where(*where).order_by(articles.c.title, articles.c.id).limit(limit).offset(offset)
            return [stored_article(row) for row in connection.execute(query)], total

    def categories(self) -> list[str]:
        """Return the categories that articles have, by name."""
        query = select(articles.c.category).where(articles.c.category.is_not(None)).distinct()
        with self._database.reading() as connection:
            return sorted(connection.execute(query.order_by(articles.c.category)).scalars())

    def titles(self) -> dict[str, str]:
        """Return the title of every article by id."""
        with self._database.reading() as connection:
            return {row.id: row.title for row in connection.execute(select(articles.c.id, articles.c.title))}

    def archived(self) -> set[str]:
        """Return the ids of the archived articles."""
        query = select(articles.c.id).where(articles.c.state == str(State.ARCHIVED))
        with self._database.reading() as connection:
            return set(connection.execute(query).scalars())

    def history(self, key: str) -> list[ArticleVersion]:
        """Return every version of an article, oldest first; raises UnknownRecordError."""
        query = select(article_versions).where(article_versions.c.article == key).order_by(article_versions.c.version)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        if not rows:
            raise UnknownRecordError(Wording("no article {key}", {"key": str(key)}))
        return [ArticleVersion(row.version, article_from_content(row.content), row.at, row.by) for row in rows]

    def version(self, key: str, number: int) -> Article:
        """Return an article as it was in one of its versions; raises UnknownRecordError."""
        this = (article_versions.c.article == key, article_versions.c.version == number)
        with self._database.reading() as connection:
            row = connection.execute(select(article_versions.c.content).where(*this)).one_or_none()
            if row is None:
                _article_row(connection, key)
                raise UnknownRecordError(
                    Wording("article {key} never had a version {number}", {"key": str(key), "number": number})
                )
        return article_from_content(row.content)

    def steps(self) -> Iterator[ArticleStep]:
        """Yield every version of every article as a step of its life cycle, by article, oldest first."""
        columns = article_versions.c
        state = columns.content["state"].as_string().label("state")
        query = select(columns.article, columns.at, columns.by, state).order_by(columns.article, columns.version)
        for row in stream(self._database, query):
            yield ArticleStep(row.article, row.at, row.by, State(row.state))

    def since(self, revision: int) -> Iterator[StoredArticle]:
        """Yield articles written after `revision` with their passages and vectors."""
        changed = select(articles).where(articles.c.revision > revision).order_by(articles.c.revision, articles.c.id)
        with self._database.reading() as connection:
            rows = {row.id: row for row in connection.execute(changed)}
            parts: dict[str, list[tuple[Passage, NDArray[np.float16]]]] = {key: [] for key in rows}
            query = (
                select(passage_table, embeddings.c.vector)
                .join_from(passage_table, embeddings, passage_table.c.text_sha256 == embeddings.c.text_sha256)
                .join(articles, articles.c.id == passage_table.c.article)
                .where(articles.c.revision > revision, embeddings.c.encoder == self._embeddings.encoder.name)
                .order_by(passage_table.c.article, passage_table.c.position)
            )
            found = connection.execute(query).all()

        def text_of(row: Row[Any]) -> str:
            return embedded(article_from_row(rows[row.article]), Passage(row.section, row.text))

        for part, vector in self._embeddings.with_vectors(found, text_of):
            parts[part.article].append((Passage(part.section, part.text), vector))
        for row in rows.values():
            searched = [(passage, vector) for passage, vector in parts[row.id] if passage.section != BEGINNING]
            yield replace(
                stored_article(row),
                passages=tuple(passage for passage, _ in searched),
                vectors=np.stack([vector for _, vector in searched]) if searched else None,
                beginning=next((vector for passage, vector in parts[row.id] if passage.section == BEGINNING), None),
            )

    def cut(self) -> None:
        """Cut every article without passages into passages, as after an upgrade that cuts them differently."""
        there = select(passage_table.c.article).where(passage_table.c.article == articles.c.id)
        uncut = select(articles).where(~there.exists())
        with self._database.reading() as connection:
            if connection.execute(uncut.limit(1)).first() is None:
                return
        with self._database.writing() as connection:
            for article in map(article_from_row, connection.execute(uncut).all()):
                connection.execute(insert(passage_table), passage_rows(article, passages(article)))


def _article_row(connection: Connection, key: str) -> Row[Any]:
    row = connection.execute(select(articles).where(articles.c.id == key)).one_or_none()
    if row is None:
        raise UnknownRecordError(Wording("no article {key}", {"key": str(key)}))
    return row


def _texts(record: Article, parts: Sequence[Passage]) -> list[str]:
    """Return the texts of an article that are embedded."""
    return [embedded(record, part) for part in parts]
