"""Search: incidents and articles by meaning and by words, following the store as it changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import RLock
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kb.articles import Article, Audience, Passage, State
from kb.columns import label_of
from kb.incidents import EXAMPLE_STATE, Incident
from kb.store import Store, StoredArticle, StoredIncident
from models.encoder import Vectors
from models.lexical_index import LexicalIndex
from models.vector_index import VectorIndex

DENSE_WEIGHT = 0.75
TITLE_WEIGHT = 0.3
Mask: TypeAlias = NDArray[np.bool_]

_BATCH = 2000
_NO_LABEL = -1
_SERVICE = "service"
_ANSWERS = ("Resolution", "Workaround")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: a text with its vector, float32 of shape (dimension,)."""

    text: str
    vector: Vectors


@dataclass(frozen=True, slots=True)
class IncidentHit:
    """A resolved incident that resembles the query; `score` from 0 to 1, `similarity` the cosine alone."""

    incident: Incident
    score: float
    similarity: float


@dataclass(frozen=True, slots=True)
class ArticleHit:
    """An article that fits the query, with the passage that fits best and the best one that says what to do.

    `answer` is `None` where the article has neither resolution nor workaround; scores as for incidents.
    """

    article: Article
    passage: Passage
    answer: Passage | None
    score: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest incidents of several texts: cosines and slots of shape (texts, k), slot -1 where there are fewer."""

    similarities: Vectors
    slots: NDArray[np.int64]


def nearest(similarities: Vectors, limit: int) -> Neighbours:
    """The neighbours of one text, given its cosine with every slot."""
    limit = min(limit, len(similarities))
    if limit == 0:
        return Neighbours(np.zeros((1, 0), dtype=np.float32), np.zeros((1, 0), dtype=np.int64))
    among = np.argpartition(-similarities, limit - 1)[:limit]
    slots = among[np.argsort(-similarities[among], kind="stable")]
    return Neighbours(similarities[slots][None, :], slots[None, :])


class LabelColumn:
    """One field's value of every slot, as codes into a growing list of values; -1 is no value."""

    def __init__(self, values: Iterable[str | None]) -> None:
        self.values: list[str] = []
        self._code_of: dict[str, int] = {}
        self._codes: list[int] = []
        self._array = np.zeros(0, dtype=np.int32)
        for value in values:
            self.append(value)

    def append(self, value: str | None) -> None:
        """Set the value of the next slot."""
        self._codes.append(self._code(value))

    def rewrite(self, slot: int, value: str | None) -> None:
        """Set the value of a slot."""
        self._codes[slot] = self._code(value)
        if slot < len(self._array):
            self._array[slot] = self._codes[slot]

    def codes(self) -> NDArray[np.int32]:
        """Code of every slot, int32 of shape (slots,)."""
        if len(self._array) != len(self._codes):
            self._array = np.array(self._codes, dtype=np.int32)
        return self._array

    def matching(self, wanted: str) -> Mask:
        """Slots whose value is the wanted one, in whatever case, bool of shape (slots,)."""
        codes = [code for code, value in enumerate(self.values) if _same(value, wanted)]
        return np.isin(self.codes(), codes)

    def _code(self, value: str | None) -> int:
        if value is None:
            return _NO_LABEL
        code = self._code_of.setdefault(value, len(self.values))
        if code == len(self.values):
            self.values.append(value)
        return code


class IncidentIndex:
    """Resolved incidents by meaning and words, with their labels by slot."""

    def __init__(self, dimension: int) -> None:
        self._vectors = VectorIndex(dimension)
        self._words = LexicalIndex()
        self._slot_of: dict[str, int] = {}
        self._incidents: list[Incident | None] = []
        self._labels: dict[str, LabelColumn] = {_SERVICE: LabelColumn(())}
        self._shown = bytearray()

    def __len__(self) -> int:
        return len(self._slot_of)

    def put(self, records: Sequence[StoredIncident]) -> None:
        """Take in new and changed incidents; those still open are left out until they are resolved."""
        fresh = list[StoredIncident]()
        for record in records:
            slot = self._slot_of.get(record.incident.number)
            if slot is not None:
                self._rewrite(slot, record)
            elif record.incident.is_history:
                fresh.append(record)
        if not fresh:
            return
        start = len(self._incidents)
        self._vectors.append(np.stack([record.vector for record in fresh]).astype(np.float32))
        self._words.append([record.incident.text for record in fresh])
        for slot, record in enumerate(fresh, start):
            self._slot_of[record.incident.number] = slot
            self._incidents.append(record.incident)
            self._shown.append(record.incident.state != EXAMPLE_STATE)
            for name, column in self._labels.items():
                column.append(label_of(record.incident, name))

    def _rewrite(self, slot: int, record: StoredIncident) -> None:
        incident = record.incident if record.incident.is_history else None
        before = self._incidents[slot]
        self._incidents[slot] = incident
        self._shown[slot] = incident is not None and incident.state != EXAMPLE_STATE
        for name, column in self._labels.items():
            column.rewrite(slot, label_of(incident, name) if incident else None)
        if incident is None:
            self._vectors.clear(slot)
            self._words.clear(slot)
        elif before is None or before.text != incident.text:
            self._vectors.rewrite(slot, record.vector.astype(np.float32))
            self._words.rewrite(slot, incident.text)

    @property
    def slots(self) -> int:
        """How many slots there are, those of reopened incidents included."""
        return len(self._incidents)

    def incident(self, slot: int) -> Incident | None:
        """The incident in a slot, `None` where it was reopened."""
        return self._incidents[slot]

    def labels(self, name: str) -> LabelColumn:
        """Values of a field by slot."""
        column = self._labels.get(name)
        if column is None:
            column = self._labels[name] = LabelColumn(
                label_of(incident, name) if incident else None for incident in self._incidents
            )
        return column

    def vectors(self) -> Vectors:
        """Vectors by slot, float32 of shape (slots, dimension)."""
        return self._vectors.vectors()

    def neighbours(self, vectors: Vectors, limit: int) -> Neighbours:
        """The nearest incidents of each vector by cosine, best first."""
        return Neighbours(*self._vectors.search(vectors, limit))

    def similarities(self, vector: Vectors) -> Vectors:
        """Cosine of a vector with every slot, shape (slots,)."""
        return self._vectors.scores(vector)

    def search(
        self,
        query: Query,
        *,
        limit: int,
        service: str | None = None,
        besides: str | None = None,
        similarities: Vectors | None = None,
    ) -> list[IncidentHit]:
        """Incidents that resemble the query, best first.

        `besides` is the number of the one that is asked about; `similarities` spares computing them again.
        """
        if not self._incidents:
            return []
        allowed = np.array(self._shown, dtype=bool)
        if besides in self._slot_of:
            allowed[self._slot_of[besides]] = False
        if service is not None:
            allowed &= self._labels[_SERVICE].matching(service)
        if similarities is None:
            similarities = self.similarities(query.vector)
        scores = fuse(similarities, _share(self._words.scores(query.text)))
        return [
            IncidentHit(incident, float(scores[slot]), float(similarities[slot]))
            for slot in best(scores, allowed, limit)
            if (incident := self._incidents[slot]) is not None
        ]


class ArticleIndex:
    """Articles by meaning and words, each by its best passage and by its title."""

    def __init__(self, dimension: int) -> None:
        self._vectors = VectorIndex(dimension)
        self._words = LexicalIndex()
        self._title_words = LexicalIndex()
        self._passages: list[Passage] = []
        self._owner = np.zeros(0, dtype=np.int64)
        self._title_slot: list[int] = []
        self._row_of: dict[str, int] = {}
        self._articles: list[Article] = []

    def __len__(self) -> int:
        return len(self._articles)

    def put(self, records: Sequence[StoredArticle]) -> None:
        """Take in new and changed articles, each with its passages and their vectors."""
        fresh = [record for record in records if record.article.id not in self._row_of]
        for record in records:
            row = self._row_of.setdefault(record.article.id, len(self._articles))
            if row == len(self._articles):
                self._articles.append(record.article)
                self._title_slot.append(-1)
                continue
            self._articles[row] = record.article
            self._words.rewrite(row, _whole(record))
            self._title_words.rewrite(row, _title(record))
            for slot in np.flatnonzero(self._owner == row):
                self._vectors.clear(int(slot))
                self._owner[slot] = -1
        self._words.append([_whole(record) for record in fresh])
        self._title_words.append([_title(record) for record in fresh])
        self._append_passages([record for record in records if record.passages])

    def _append_passages(self, records: Sequence[StoredArticle]) -> None:
        if not records:
            return
        slot = len(self._passages)
        owners = list[int]()
        for record in records:
            row = self._row_of[record.article.id]
            self._title_slot[row] = slot + len(owners)
            owners += [row] * len(record.passages)
            self._passages += record.passages
        self._vectors.append(np.concatenate([record.vectors for record in records if record.vectors is not None]))
        self._owner = np.concatenate([self._owner, np.array(owners, dtype=np.int64)])

    def search(
        self, query: Query, *, limit: int, service: str | None = None, audience: Audience | None = None
    ) -> list[ArticleHit]:
        """Articles that fit the query, best first, archived ones never."""
        if not self._articles:
            return []
        allowed = np.array([_readable(article, service, audience) for article in self._articles], dtype=bool)
        by_passage = self._vectors.scores(query.vector)
        closest = np.zeros(len(self._articles), dtype=np.float32)
        live = self._owner >= 0
        np.maximum.at(closest, self._owner[live], by_passage[live])
        similarities = (1 - TITLE_WEIGHT) * closest + TITLE_WEIGHT * by_passage[self._title_slot]
        words = (1 - TITLE_WEIGHT) * _share(self._words.scores(query.text))
        words += TITLE_WEIGHT * _share(self._title_words.scores(query.text))
        scores = fuse(similarities, words)
        return [
            ArticleHit(
                self._articles[row], *self._best_passages(row, by_passage), float(scores[row]), float(closest[row])
            )
            for row in best(scores, allowed, limit)
        ]

    def _best_passages(self, row: int, by_passage: Vectors) -> tuple[Passage, Passage | None]:
        """The passage that fits best, the title only where nothing else is there; and the best that says what to do."""
        slots = sorted(np.flatnonzero(self._owner == row).tolist(), key=lambda slot: -by_passage[slot])
        found = [self._passages[slot] for slot in slots]
        bodies = [passage for passage in found if passage.section != "Title"] or found
        return bodies[0], next((passage for passage in bodies if passage.section in _ANSWERS), None)


class Kind(StrEnum):
    """What can be searched for."""

    INCIDENTS = "incidents"
    ARTICLES = "articles"


class Memory:
    """What the desk knows, searchable: both indexes, kept level with the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lock = RLock()
        self.incidents = IncidentIndex(store.encoder.dimension)
        self.articles = ArticleIndex(store.encoder.dimension)
        self.revision = 0

    def refresh(self) -> None:
        """Take in what any process has written since the last call."""
        newest = self.store.revision()
        if newest == self.revision:
            return
        with self.lock:
            for batch in _batches(self.store.incidents_since(self.revision)):
                self.incidents.put(batch)
            self.articles.put(list(self.store.articles_since(self.revision)))
            self.revision = newest

    def search(
        self,
        text: str,
        *,
        limit: int,
        kind: Kind | None = None,
        service: str | None = None,
        audience: Audience | None = None,
    ) -> list[IncidentHit | ArticleHit]:
        """The best incidents, articles or both."""
        query = self.query(text)
        found: list[IncidentHit | ArticleHit] = []
        with self.lock:
            self.refresh()
            if kind is not Kind.INCIDENTS:
                found += self.articles.search(query, limit=limit, service=service, audience=audience)
            if kind is not Kind.ARTICLES:
                found += self.incidents.search(query, limit=limit, service=service)
        return sorted(found, key=lambda hit: -hit.score)[:limit]

    def query(self, text: str) -> Query:
        """The query for a text."""
        return Query(text, self.store.encoder.encode([text])[0])


def fuse(similarities: Vectors, words: Vectors) -> Vectors:
    """Weighted sum of cosine and lexical score, both from 0 to 1."""
    return DENSE_WEIGHT * similarities + (1 - DENSE_WEIGHT) * words


def _share(lexical: Vectors) -> Vectors:
    """BM25 as a share of its highest score, so that it can be added to a cosine."""
    return lexical / max(float(lexical.max(initial=0.0)), 1e-9)


def _whole(record: StoredArticle) -> str:
    return "\n".join(passage.text for passage in record.passages)


def _title(record: StoredArticle) -> str:
    return record.passages[0].text


def best(scores: Vectors, allowed: Mask, limit: int) -> NDArray[np.int64]:
    """Indices of the `limit` highest scores above zero among those allowed, best first."""
    among = np.flatnonzero(allowed & (scores > 0))
    if limit == 0:
        return among[:0]
    if len(among) > limit:
        among = among[np.argpartition(-scores[among], limit - 1)[:limit]]
    return among[np.argsort(-scores[among], kind="stable")]


def _readable(article: Article, service: str | None, audience: Audience | None) -> bool:
    if article.state is State.ARCHIVED or (audience is not None and article.audience not in _OPEN_TO[audience]):
        return False
    return service is None or _same(article.service, service)


_OPEN_TO = {
    Audience.INTERNAL: frozenset(Audience),
    Audience.PARTNERS: frozenset({Audience.PARTNERS, Audience.CUSTOMERS}),
    Audience.CUSTOMERS: frozenset({Audience.CUSTOMERS}),
}


def _same(value: str | None, wanted: str) -> bool:
    return value is not None and value.casefold() == wanted.casefold()


def _batches(records: Iterable[StoredIncident]) -> Iterable[list[StoredIncident]]:
    batch = list[StoredIncident]()
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
