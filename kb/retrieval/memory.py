"""Memory: searches incidents and articles, and follows the store as it changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from threading import RLock

from kb.reading.said import said
from kb.records.article import Audience
from kb.records.errors import UnknownRecordError
from kb.records.record_kind import RecordKind
from kb.retrieval.article_index import ArticleHit, ArticleIndex
from kb.retrieval.incident_index import IncidentHit, IncidentIndex
from kb.retrieval.links import chosen_by, day_of
from kb.retrieval.ranking import Compared, Query, same
from kb.retrieval.refusals import Refusals
from kb.retrieval.weights import Weights
from kb.storage.incident_store import IncidentStore, StoredIncident
from models.conditional_logit import ConditionalLogit
from models.encoder import Vectors

# incidents that are added to an index at a time: bounds memory
_BATCH = 2000
# texts whose vectors are kept: one ticket's is needed several times while it is answered
_KEPT = 256


class Memory:
    """Both search indexes, kept in step with the store."""

    def __init__(self, store: IncidentStore, weights: Callable[[], Weights] = Weights) -> None:
        """`weights` returns the learnt weights of ranking."""
        self.store = store
        self.weights = weights
        self.lock = RLock()
        self._vector = lru_cache(_KEPT)(self._encoded)
        self._clear()

    def _clear(self) -> None:
        self.incidents = IncidentIndex(self.store.encoder.dimension, frozen=self.store.encoder.frozen)
        self.articles = ArticleIndex(self.store.encoder.searching)
        self.refusals = Refusals()
        self.withdrawals = 0
        """How often decisions were withdrawn; whatever learnt from them has to learn again without them."""
        self.revision = 0

    def read_anew(self) -> None:
        """Rebuild both indexes, with texts as they are read now."""
        with self.lock:
            self._clear()
            self.refresh()

    def refresh(self) -> None:
        """Add what any process has written since the last call."""
        with self.lock:
            if not self._refresh():
                self.store.embeddings.add_missing(since=self.revision)
                self._refresh()

    def _refresh(self) -> bool:
        """Add what was written, in one transaction; return `False` where a text still lacks a vector."""
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
            withdrawn = self.store.feedback.withdrawn_since(self.revision)
            self.refusals.forget(withdrawn)
            self.withdrawals += bool(withdrawn)
            self.refusals.put(self.store.feedback.values_since(self.revision))
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
        """Search incidents, articles or both, best first; an exact id comes before all others."""
        read = said("", text, self.store.embeddings.boilerplate)
        query = self.query(read.complaint, read.searched)
        found: list[IncidentHit | ArticleHit] = []
        with self.lock:
            self.refresh()
            asked = self.compare(query)
            if kind is not RecordKind.INCIDENTS:
                found += self.search_articles(asked, limit=limit, service=service, audience=audience)
            if kind is not RecordKind.ARTICLES:
                found += self.incidents.search(asked, limit=limit, service=service, weights=self.weights())
            named = self._called(text.strip(), kind, service, audience)
        others = [hit for hit in sorted(found, key=lambda hit: -hit.score) if _id(hit) not in map(_id, named)]
        return [*named, *others][:limit]

    def _called(
        self, key: str, kind: RecordKind | None, service: str | None, audience: Audience | None
    ) -> list[IncidentHit | ArticleHit]:
        """Return the article and the incident with exactly this id; letter case is ignored for articles."""
        found: list[IncidentHit | ArticleHit] = []
        if kind is not RecordKind.INCIDENTS and (hit := self.articles.called(key, service, audience)) is not None:
            found.append(hit)
        if kind is not RecordKind.ARTICLES:
            with suppress(UnknownRecordError):
                incident = self.store.incident(key)
                if service is None or same(incident.service, service):
                    found.append(IncidentHit(incident, 1.0, 1.0))
        return found

    def uses(self) -> dict[str, int]:
        """Return how often each article was linked, by id."""
        with self.lock:
            self.refresh()
            return self.articles.uses(self.incidents.links.uses())

    def search_articles(
        self,
        asked: Compared,
        *,
        limit: int,
        service: str | None = None,
        audience: Audience | None = None,
        without: Collection[str] = (),
    ) -> list[ArticleHit]:
        """Search articles except `without`, by their text and by what solved similar incidents."""
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
        """Return the articles that solved similar incidents, by their link names, each with a score from 0 to 1.

        `solving` is the learnt model; without it the nearest incidents vote.
        """
        table = self.incidents.links.table()
        if solving is None:
            return table.votes(asked.similarities)
        return chosen_by(solving, table.evidence(asked, self.incidents.vectors(), self.title_of))

    def title_of(self, name: str) -> str:
        """Return the title of the article that a link names, or that name where there is no such article."""
        article = self.articles.linked(name)
        return article.title if article else name

    def query(self, text: str, searched: str | None = None) -> Query:
        """Return the query for the meaning of a text and the words of `searched`, by default its own."""
        return Query(text if searched is None else searched, self._vector(text))

    def _encoded(self, text: str) -> Vectors:
        vector: Vectors = self.store.encoder.encode([text])[0]
        vector.flags.writeable = False  # it is handed out again
        return vector

    def compare(
        self,
        query: Query,
        *,
        similarities: Vectors | None = None,
        words: Vectors | None = None,
        at: datetime | None = None,
    ) -> Compared:
        """Compare a query with every incident; arguments that are given are not computed, `at` defaults to now."""
        with self.lock:
            return Compared(
                query,
                self.incidents.similarities(query.vector) if similarities is None else similarities,
                self.incidents.words(query.text) if words is None else words,
                day_of(at or datetime.now(UTC)),
            )


class PastMemory(Memory):
    """A memory of the incidents known at one time, which does not follow the store."""

    def __init__(self, store: IncidentStore, records: Iterable[StoredIncident]) -> None:
        super().__init__(store)
        for batch in _batches(records):
            self.add_known(batch)

    def add_known(self, records: list[StoredIncident]) -> None:
        """Add incidents that became known one step later."""
        self.revision += 1
        self.incidents.put([replace(record, added=self.revision) for record in records])

    def refresh(self) -> None:
        """Do nothing: this memory does not follow the store."""


def _id(hit: IncidentHit | ArticleHit) -> tuple[RecordKind, str]:
    if isinstance(hit, ArticleHit):
        return RecordKind.ARTICLES, hit.article.id
    return RecordKind.INCIDENTS, hit.incident.number


def _logged(record: StoredIncident) -> datetime:
    """Return when an incident was logged; one without a date counts as new."""
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
