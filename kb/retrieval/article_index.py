"""Article index: KCS articles by meaning and words, each by its best passage, its beginning and its title."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.records.article import Article, Audience, Passage, State, has_words, surviving
from kb.retrieval.near_duplicates import MOST_READ, collapse, word_set
from kb.retrieval.ranking import Query, best, fuse, same, share
from kb.retrieval.weights import Weights
from kb.storage.article_rows import StoredArticle
from models.encoder import Vectors
from models.lexical_index import LexicalIndex
from models.vector_index import VectorIndex

_NOTHING: Mapping[str, Any] = {}
_ANSWERS = ("Resolution", "Workaround")


@dataclass(frozen=True, slots=True)
class ArticleRankingSettings:
    """How the parts of an article add up."""

    # weight of the title against the text; experiment 011
    title_weight: float = 0.3
    # weight of the beginning against the best passage; experiment 011
    beginning_weight: float = 0.5
    # queries that are compared at a time: bounds memory
    queries_a_step: int = 128
    # added for being validated, and for being used often: decides only between articles that fit equally well
    tie: float = 0.01
    # uses from which on more make no difference; chosen by hand
    much_used: int = 20


_SETTINGS = ArticleRankingSettings()


@dataclass(frozen=True, slots=True)
class ArticleHit:
    """An article that fits the query, with its best passage and its best passage that says what to do.

    `answer` is `None` where the article has neither resolution nor workaround. Scores are as for incidents; `linked` is
    the score from the links of similar incidents.
    """

    article: Article
    passage: Passage
    answer: Passage | None
    score: float
    similarity: float
    linked: float = 0.0


@dataclass(frozen=True, slots=True)
class ArticleScores:
    """How well articles fit a query: cosine of each passage, shape (passages,); the rest by article, (articles,).

    `closest` is the cosine of the best passage, `similarities` combines it with beginning and title, `words` is the
    lexical score.
    """

    by_passage: Vectors
    closest: Vectors
    similarities: Vectors
    words: Vectors


class ArticleIndex:
    """Articles by meaning and words, each by its best passage, its beginning and its title."""

    def __init__(self, dimension: int) -> None:
        """Of longer vectors only the last `dimension` numbers are used."""
        self._dimension = dimension
        self._vectors = VectorIndex(dimension)
        self._words = LexicalIndex()
        self._title_words = LexicalIndex()
        self._passages: list[Passage] = []
        self._owner = np.zeros(0, dtype=np.int64)
        self._title_slot: list[int] = []
        self._beginnings = VectorIndex(dimension)
        self._title_weight = np.zeros(0, dtype=np.float32)
        self._row_of: dict[str, int] = {}
        self._articles: list[Article] = []
        self._row_named: dict[str, int] | None = None
        self._row_called: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._articles)

    def put(self, records: Sequence[StoredArticle]) -> None:
        """Add new and changed articles, each with its passages and their vectors."""
        self._row_named = self._row_called = None
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
            self._beginnings.rewrite(row, self._part(_beginning(record)))
            self._title_weight[row] = _title_weights([record])[0]
            for slot in np.flatnonzero(self._owner == row):
                self._vectors.clear(int(slot))
                self._owner[slot] = -1
        self._words.append([_whole(record) for record in fresh])
        self._title_words.append([_title(record) for record in fresh])
        self._title_weight = np.append(self._title_weight, _title_weights(fresh))
        if fresh:
            self._beginnings.append(self._part(np.stack([_beginning(record) for record in fresh])))
        self._append_passages([record for record in records if record.passages])

    def _part(self, vectors: NDArray[np.floating]) -> Vectors:
        """Return the part of one or several vectors that articles are searched by, normalised to length one."""
        found = np.asarray(vectors[..., -self._dimension :], dtype=np.float32)
        if found.shape == vectors.shape:
            return found
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=-1, keepdims=True), 1e-12), dtype=np.float32)

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
        vectors = [record.vectors for record in records if record.vectors is not None]
        self._vectors.append(self._part(np.concatenate(vectors)))
        self._owner = np.concatenate([self._owner, np.array(owners, dtype=np.int64)])

    def search(
        self,
        query: Query,
        *,
        limit: int,
        service: str | None = None,
        audience: Audience | None = None,
        without: Collection[str] = (),
        weights: Weights,
        votes: Mapping[str, float] = _NOTHING,
        uses: Mapping[str, int] = _NOTHING,
    ) -> list[ArticleHit]:
        """Search articles, best first, one of each near-duplicate group; never archived ones or `without`.

        `votes` are the links of similar incidents, `uses` how often each article was linked, both by the name in the
        link.
        """
        if not self._articles:
            return []
        allowed = np.array(
            [_readable(article, service, audience) and article.id not in without for article in self._articles],
            dtype=bool,
        )
        found = self.evidence(query)
        voted = self.by_row(votes)
        scores = self.scores(found, voted, weights)
        rows = best(scores, allowed, max(MOST_READ, limit)).tolist()
        hits = (
            ArticleHit(
                self._articles[row],
                *self._best_passages(row, found.by_passage),
                min(float(scores[row]), 1.0),
                float(found.closest[row]),
                float(voted[row]),
            )
            for row in sorted(rows, key=lambda row: -scores[row] - _standing(self._articles[row], uses))
        )
        return [hit for hit, _ in collapse(hits, lambda hit: word_set(_text(hit.article), numbers=True), limit)]

    def closest(self, queries: Vectors) -> Vectors:
        """Return each query's cosine with the best passage of every article by row, (n, articles)."""
        found = np.zeros((len(queries), len(self._articles)), dtype=np.float32)
        live = np.flatnonzero(self._owner >= 0)
        if len(live):
            slots = live[np.argsort(self._owner[live], kind="stable")]
            rows, starts = np.unique(self._owner[slots], return_index=True)
            passages = self._vectors.vectors()[slots]
            for start in range(0, len(queries), _SETTINGS.queries_a_step):
                cosines = self._part(queries[start : start + _SETTINGS.queries_a_step]) @ passages.T
                found[start : start + _SETTINGS.queries_a_step, rows] = np.maximum.reduceat(cosines, starts, axis=1)
        return found

    def evidence(self, query: Query) -> ArticleScores:
        """Return how well each article fits a query by meaning and by words."""
        asked = self._part(query.vector)
        by_passage = self._vectors.scores(asked)
        closest = np.zeros(len(self._articles), dtype=np.float32)
        live = self._owner >= 0
        np.maximum.at(closest, self._owner[live], by_passage[live])
        content = (1 - _SETTINGS.beginning_weight) * closest + _SETTINGS.beginning_weight * self._beginnings.scores(
            asked
        )
        title = self._title_weight
        similarities = (1 - title) * content + title * by_passage[self._title_slot]
        words = (1 - title) * share(self._words.scores(query.text))
        words += title * share(self._title_words.scores(query.text))
        return ArticleScores(by_passage, closest, similarities, words)

    def scores(self, found: ArticleScores, voted: Vectors, weights: Weights) -> Vectors:
        """Return the score of every article, float32 of shape (articles,), from 0 to 1; `voted` as from `by_row`."""
        content = fuse(found.similarities, found.words, weights)
        return content if not voted.any() else (1 - weights.links) * content + weights.links * voted

    def linked(self, name: str) -> Article | None:
        """Return the article that a link names by id, source or title, `None` where there is none.

        Where that one was merged, return the article that it was merged into.
        """
        row = self._row_of.get(name)
        if row is None:
            if self._row_named is None:
                self._row_named = {
                    called.casefold(): row
                    for row, article in reversed(list(enumerate(self._articles)))
                    for called in (article.title, article.source)
                    if called
                }
            row = self._row_named.get(name.casefold())
        if row is None:
            return None
        return self._articles[self._row_of[surviving(self._articles[row].id, self._successor)]]

    def _successor(self, key: str) -> str | None:
        following = self._articles[self._row_of[key]].merged_into
        return following if following in self._row_of else None

    def row(self, key: str) -> int:
        """Return the row of the article with this id in `scores`."""
        return self._row_of[key]

    def nearest_passages(self, key: str, vector: Vectors, limit: int) -> tuple[Passage, ...]:
        """Return the passages of an article nearest to a vector; the title only where it is all there is."""
        by_passage = self._vectors.scores(self._part(vector))
        return tuple(self._ranked_bodies(self._row_of[key], by_passage)[:limit])

    def by_row(self, named: Mapping[str, float]) -> Vectors:
        """Return numbers by article, summed over the links to one."""
        found = np.zeros(len(self._articles), dtype=np.float32)
        for name, number in named.items():
            article = self.linked(name)
            if article is not None:
                found[self._row_of[article.id]] += number
        return found

    def uses(self, named: Mapping[str, int]) -> dict[str, int]:
        """Return how often each article was linked, by id; `named` counts the links by the name in them."""
        numbers = self.by_row(named)
        return {key: int(numbers[row]) for key, row in self._row_of.items()}

    def called(self, key: str, service: str | None, audience: Audience | None) -> ArticleHit | None:
        """Return the article with this id, whatever its case, with its first passage below the title.

        `None` where there is none that may be shown.
        """
        if self._row_called is None:
            self._row_called = {name.casefold(): row for name, row in self._row_of.items()}
        row = self._row_called.get(key.casefold())
        if row is None or not _readable(self._articles[row], service, audience):
            return None
        passages = [self._passages[slot] for slot in np.flatnonzero(self._owner == row).tolist()]
        opening = next((passage for passage in passages if passage.section != "Title"), passages[0])
        return ArticleHit(self._articles[row], opening, None, 1.0, 1.0)

    def _best_passages(self, row: int, by_passage: Vectors) -> tuple[Passage, Passage | None]:
        """Return the passage that fits best, and the best one with a resolution."""
        bodies = self._ranked_bodies(row, by_passage)
        return bodies[0], next((passage for passage in bodies if passage.section in _ANSWERS), None)

    def _ranked_bodies(self, row: int, by_passage: Vectors) -> list[Passage]:
        """Return the passages of an article, best first; the title only where it is all there is."""
        slots = sorted(np.flatnonzero(self._owner == row).tolist(), key=lambda slot: -by_passage[slot])
        found = [self._passages[slot] for slot in slots]
        return [passage for passage in found if passage.section != "Title"] or found


def _whole(record: StoredArticle) -> str:
    return "\n".join(passage.text for passage in record.passages)


def _title(record: StoredArticle) -> str:
    return record.passages[0].text


def _beginning(record: StoredArticle) -> Vectors:
    """Return the vector of an article's beginning, or of its title where there is nothing else."""
    found = record.vectors[0] if record.beginning is None and record.vectors is not None else record.beginning
    return np.asarray(found, dtype=np.float32)


def _title_weights(records: Sequence[StoredArticle]) -> Vectors:
    """Return each article's title weight, 0 where the title says nothing."""
    return np.array([_SETTINGS.title_weight * has_words(_title(record)) for record in records], dtype=np.float32)


def _standing(article: Article, uses: Mapping[str, int]) -> float:
    """Return a bonus of at most 0.02 for articles that are validated and often used, to break ties."""
    used = sum(uses.get(name, 0) for name in {article.id, article.source, article.title} if name)
    much = min(math.log1p(max(used, 0)) / math.log1p(_SETTINGS.much_used), 1.0)
    return _SETTINGS.tie * ((article.state is State.VALIDATED) + much)


def _text(article: Article) -> str:
    return "\n".join([article.title, article.summary, *(section.text for section in article.named_sections)])


def _readable(article: Article, service: str | None, audience: Audience | None) -> bool:
    if article.state is State.ARCHIVED or (audience is not None and article.audience not in _OPEN_TO[audience]):
        return False
    return service is None or same(article.service, service)


_OPEN_TO = {
    Audience.INTERNAL: frozenset(Audience),
    Audience.PARTNERS: frozenset({Audience.PARTNERS, Audience.CUSTOMERS}),
    Audience.CUSTOMERS: frozenset({Audience.CUSTOMERS}),
}
