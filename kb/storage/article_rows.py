"""Rows: articles as the database keeps them, with every version and the passages that are searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, delete, insert, update

from kb.records.article import Article, Audience, Governance, Passage, Section, State, has_words
from kb.records.incident import text_sha256
from kb.storage.schema import article_versions, articles
from kb.storage.schema import passages as passage_table


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with its passages and their vectors, float16 of shape (passages, dimension).

    `beginning` is the vector of the sections' beginning, of shape (dimension,), `None` where there are none.
    """

    article: Article
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str | None
    passages: tuple[Passage, ...] = ()
    vectors: NDArray[np.float16] | None = None
    beginning: NDArray[np.float16] | None = None


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """A version of an article, its date and its author."""

    version: int
    article: Article
    at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class ArticleStep:
    """A version of an article as a step in its life: when, by whom, and in which state it was then."""

    article: str
    at: datetime
    by: str | None
    state: State


def embedded(article: Article, passage: Passage) -> str:
    """The text whose vector stands for a passage: the article's title gives it its subject, where it says one."""
    alone = passage.section == "Title" or not has_words(article.title)
    return passage.text if alone else f"{article.title}\n{passage.text}"


_ARTICLE_COLUMNS = tuple(
    name
    for name in Article.__dataclass_fields__
    if name not in ("sections", "extra", "state", "audience", "governance", "merged_into")
)


def article_row(record: Article) -> dict[str, Any]:
    """Return an article as columns."""
    row = {name: getattr(record, name) for name in _ARTICLE_COLUMNS}
    return {
        **row,
        "state": record.state.value,
        "audience": record.audience.value,
        "governance": record.governance.value,
        "merged_into": record.merged_into,
        "sections": [asdict(section) for section in record.sections],
        "extra": dict(record.extra),
    }


def article_from_content(content: Mapping[str, Any]) -> Article:
    """Return the article in columns, or in a version stored before governance and merging existed."""
    return Article(
        **{name: content[name] for name in _ARTICLE_COLUMNS},
        sections=tuple(Section(**section) for section in content["sections"]),
        state=State(content["state"]),
        audience=Audience(content["audience"]),
        governance=Governance(content.get("governance", Governance.EXPERIENCE)),
        merged_into=content.get("merged_into"),
        extra=content["extra"],
    )


def article_from_row(row: Row[Any]) -> Article:
    """Return the article in a row of the articles table."""
    return article_from_content(dict(row._mapping))


def stored_article(row: Row[Any]) -> StoredArticle:
    """Return the article in a row with its version, without passages."""
    return StoredArticle(article_from_row(row), row.version, row.created_at, row.updated_at, row.updated_by)


def write_article(
    connection: Connection,
    record: Article,
    parts: Sequence[Passage],
    before: Row[Any] | None,
    *,
    revision: int,
    by: str | None,
) -> StoredArticle:
    """Write an article in place of the row `before`, keeping every version; return it as stored."""
    now = datetime.now(UTC)
    content = article_row(record)
    version = 1 if before is None else before.version + 1
    stamped = {**content, "version": version, "updated_at": now, "updated_by": by, "revision": revision}
    if before is None:
        connection.execute(insert(articles).values({**stamped, "created_at": now}))
    else:
        connection.execute(update(articles).where(articles.c.id == record.id).values(stamped))
        connection.execute(delete(passage_table).where(passage_table.c.article == record.id))
    connection.execute(
        insert(article_versions).values(article=record.id, version=version, content=content, at=now, by=by)
    )
    connection.execute(insert(passage_table), passage_rows(record, parts))
    return StoredArticle(record, version, now if before is None else before.created_at, now, by)


def passage_rows(record: Article, parts: Sequence[Passage]) -> list[dict[str, Any]]:
    """Return the passages of an article as columns."""
    return [
        {
            "article": record.id,
            "position": position,
            "section": part.section,
            "text": part.text,
            "text_sha256": text_sha256(embedded(record, part)),
        }
        for position, part in enumerate(parts)
    ]
