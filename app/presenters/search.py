"""Search results as views."""

from __future__ import annotations

from collections.abc import Iterable

from app.schemas.search import Found, SearchView
from kb.records.excerpt import excerpt, headline
from kb.retrieval.article_index import ArticleHit
from kb.retrieval.incident_index import IncidentHit


def search_view(hits: Iterable[IncidentHit | ArticleHit]) -> SearchView:
    """Return the view of what a search found, in its order."""
    return SearchView(
        results=[_article_result(hit) if isinstance(hit, ArticleHit) else _incident_result(hit) for hit in hits]
    )


def _article_result(hit: ArticleHit) -> Found:
    article = hit.article
    return Found(
        kind="article",
        id=article.id,
        title=article.title,
        score=round(hit.score, 4),
        excerpt=excerpt(hit.passage.text),
        source=article.source,
        section=hit.passage.section,
        state=article.state,
        workaround=article.solves,
        audience=article.audience,
        service=article.service,
    )


def _incident_result(hit: IncidentHit) -> Found:
    incident = hit.incident
    return Found(
        kind="incident",
        id=incident.number,
        title=headline(incident.short_description, incident.description),
        score=round(hit.score, 4),
        excerpt=excerpt(incident.resolution or incident.description),
        source=incident.channel,
        state=incident.state,
        service=incident.service,
    )
