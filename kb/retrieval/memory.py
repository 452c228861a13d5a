"""Search: what the desk knows, following the store as it changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from threading import RLock

from kb.records.article import Audience
from kb.records.record_kind import RecordKind
from kb.retrieval.article_index import ArticleHit, ArticleIndex
from kb.retrieval.incident_index import IncidentHit, IncidentIndex
from kb.retrieval.links import chosen_by, day_of
from kb.retrieval.ranking import Compared, Query
from kb.retrieval.refusals import Refusals
from kb.retrieval.weights import Weights
from kb.storage.incident_store import IncidentStore, StoredIncident
from models.conditional_logit import ConditionalLogit
from models.encoder import Vectors

# incidents that an index takes in at a time: bounds memory
_BATCH = 2000


class Memory:
    """What the desk knows, searchable: both indexes, kept level with the store."""

    def __init__(self, store: IncidentStore, weights: Callable[[], Weights] = Weights) -> None:
        """`weights` gives what is learnt of ranking by now."""
        self.store = store
        self.weights = weights
        self.lock = RLock()
        self.incidents = IncidentIndex(store.encoder.dimension, frozen=store.encoder.frozen)
        self.articles = ArticleIndex(store.encoder.searching)
        self.refusals = Refusals()
        self.revision = 0

    def refresh(self) -> None:
        """Take in what any process has written since the last call."""
        with self.lock:
            if not self._refresh():
                self.store.embeddings.add_missing(since=self.revision)
                self._refresh()

    def _refresh(self) -> bool:
        """Take in what was written, in one transaction; returns whether every text of it has a vector to go by."""
        with self.store.database.snapshot():
            newest = self.store.revision()
            if newest == self.revision:
                return True
            if self.store.embeddings.pending(since=self.revision):
                return False
            self.incidents.relabel(self.store.label_changes.all())
            self.incidents.remove(self.store.removed_since(self.revision))
            records: Iterable[StoredIncident] = self.store.incidents_since(self.revision)
            if self.revision == 0:
                records = sorted(records, key=_logged)
            for batch in _batches(records):
                self.incidents.put(batch)
            self.articles.put(list(self.store.articles.since(self.revision)))
            self.refusals.put(self.store.feedback.rulings_since(self.revision))
            self.revision = newest
            return True

    def search(
        self,
        text: str,
        *,
        limit: int,
        kind: RecordKind | None = None,
        service: str | None = None,
        audience: Audience | None = None,
    ) -> list[IncidentHit | ArticleHit]:
        """The best incidents, articles or both."""
        query = self.query(text)
        found: list[IncidentHit | ArticleHit] = []
        with self.lock:
            self.refresh()
            asked = self.compare(query)
            if kind is not RecordKind.INCIDENTS:
                found += self.search_articles(asked, limit=limit, service=service, audience=audience)
            if kind is not RecordKind.ARTICLES:
                found += self.incidents.search(asked, limit=limit, service=service, weights=self.weights())
        return sorted(found, key=lambda hit: -hit.score)[:limit]

    def search_articles(
        self,
        asked: Compared,
        *,
        limit: int,
        service: str | None = None,
        audience: Audience | None = None,
        without: Collection[str] = (),
    ) -> list[ArticleHit]:
        """The best articles but `without`, by their text and by what solved similar incidents."""
        return self.articles.search(
            asked.query,
            limit=limit,
            service=service,
            audience=audience,
            without=without,
            votes=self.solved_by(asked, self.weights().solving) if len(self.articles) else {},
            uses=self.incidents.links.uses(),
            weights=self.weights(),
        )

    def solved_by(self, asked: Compared, solving: ConditionalLogit | None) -> dict[str, float]:
        """What solved similar incidents: articles, by the names that links give them, each from 0 to 1.

        `solving` is what was learnt of that; without it the nearest incidents vote.
        """
        table = self.incidents.links.table()
        if solving is None:
            return table.votes(asked.similarities)
        return chosen_by(solving, table.evidence(asked, self.incidents.vectors(), self.title_of))

    def title_of(self, name: str) -> str:
        """Title of the article that a link names, or that name where there is no such article."""
        article = self.articles.linked(name)
        return article.title if article else name

    def query(self, text: str) -> Query:
        """The query for a text."""
        return Query(text, self.store.encoder.encode([text])[0])

    def compare(
        self,
        query: Query,
        *,
        similarities: Vectors | None = None,
        words: Vectors | None = None,
        at: datetime | None = None,
    ) -> Compared:
        """A query compared with every incident; what is given need not be computed, `at` is now unless given."""
        with self.lock:
            return Compared(
                query,
                self.incidents.similarities(query.vector) if similarities is None else similarities,
                self.incidents.words(query.text) if words is None else words,
                day_of(at or datetime.now(UTC)),
            )


class PastMemory(Memory):
    """What was known at one time: the incidents it was given, whatever the store takes in."""

    def __init__(self, store: IncidentStore, records: Iterable[StoredIncident]) -> None:
        super().__init__(store)
        for batch in _batches(records):
            self.add_known(batch)

    def add_known(self, records: list[StoredIncident]) -> None:
        """Add incidents that became known one step later."""
        self.revision += 1
        self.incidents.put([replace(record, added=self.revision) for record in records])

    def refresh(self) -> None:
        """Leave everything as it was."""


def _logged(record: StoredIncident) -> datetime:
    """When an incident was logged; one without date counts as new."""
    return record.incident.opened_at or datetime.max.replace(tzinfo=UTC)


def _batches(records: Iterable[StoredIncident]) -> Iterable[list[StoredIncident]]:
    batch = list[StoredIncident]()
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
