"""Searching articles: those that a text finds, as a list that can be narrowed down."""

from __future__ import annotations

from kb.records.article import Article, Audience, State
from kb.records.errors import UnknownRecordError
from kb.records.record_kind import RecordKind
from kb.retrieval.article_index import ArticleHit
from kb.retrieval.memory import Memory
from kb.storage.article_rows import StoredArticle

_MOST_FOUND = 100


def found_articles(
    memory: Memory, text: str, *, limit: int, state: State | None, audience: Audience | None, category: str | None
) -> list[StoredArticle]:
    """Return the articles that a text finds, the best first; before all the one with that very id, even archived."""
    articles = memory.store.articles
    try:
        found = [articles.get(text.strip())]
    except UnknownRecordError:
        found = []

    def is_wanted(article: Article) -> bool:
        return (
            state in (None, article.state)
            and audience in (None, article.audience)
            and category in (None, article.category)
        )

    hits = memory.search(text, kind=RecordKind.ARTICLES, limit=_MOST_FOUND)
    keys = [hit.article.id for hit in hits if isinstance(hit, ArticleHit)]
    found += [articles.get(key) for key in keys if key not in {stored.article.id for stored in found}]
    return [stored for stored in found if is_wanted(stored.article)][:limit]
