"""Restricted articles: what was written from an incident says no more of it once the incident is restricted."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from kb.records.article import Article, State, passages
from kb.storage.article_rows import article_from_row, embedded, write_article
from kb.storage.embeddings import Embeddings
from kb.storage.incident_rows import next_revision
from kb.storage.schema import article_versions, articles
from kb.storage.scrubbing import as_text, likeness, number_pattern, without

_ORIGINS = ("captured_from", "drafted_from")
_UNCHECKED = frozenset({State.WORK_IN_PROGRESS, State.NOT_VALIDATED})


def empty_articles(connection: Connection, embeddings: Embeddings, number: str, instead: str) -> list[str]:
    """Empty and archive the articles that were written from an incident and validated by nobody; returns their ids.

    Earlier versions go too. A validated article stays, since somebody answers for what it says; it names the incident
    no longer.
    """
    emptied = list[str]()
    for row in connection.execute(select(articles).where(as_text(articles.c.extra).like(likeness(number)))).all():
        article = article_from_row(row)
        if not any(number in _listed(article.extra.get(name)) for name in _ORIGINS):
            continue
        if article.state in _UNCHECKED:
            empty = Article(article.id, instead, state=State.ARCHIVED, governance=article.governance)
            parts = passages(empty)
            embeddings.complete(connection, [embedded(empty, part) for part in parts], {})
            kept = write_article(connection, empty, parts, row, revision=next_revision(connection), by=None)
            older = article_versions.c.version < kept.version
            connection.execute(delete(article_versions).where(article_versions.c.article == article.id, older))
            emptied.append(article.id)
        else:
            extra = {name: value for name, value in article.extra.items() if name not in _ORIGINS}
            revision = next_revision(connection)
            connection.execute(
                update(articles).where(articles.c.id == article.id).values(extra=extra, revision=revision)
            )
            _take_number_out(connection, article.id, number, instead)
    return emptied


def _take_number_out(connection: Connection, article: str, number: str, instead: str) -> None:
    pattern = number_pattern(number)
    one = article_versions.c.article == article
    for row in connection.execute(select(article_versions.c.version, article_versions.c.content).where(one)).all():
        content = without(row.content, pattern, instead)
        version = article_versions.c.version == row.version
        connection.execute(update(article_versions).where(one, version).values(content=content))


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
