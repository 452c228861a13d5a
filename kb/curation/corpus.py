"""Curation corpus: everything that curation looks at, read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from statistics import median

import numpy as np
from numpy.typing import NDArray

from kb.authoring.editing import ArticleEditing
from kb.records.article import Article, State
from kb.records.incident import Incident
from kb.retrieval.article_index import ArticleIndex
from kb.retrieval.memory import Memory
from kb.storage.article_rows import StoredArticle
from kb.storage.article_uses import ArticleUse
from models.distinctive_terms import Vocabulary
from models.encoder import Vectors

# minutes that an incident takes where no times are known: an assumption, open to debate
DEFAULT_MINUTES = 30.0

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class CorpusSettings:
    """What counts as an organisation that links, a fitting article and handling time."""

    # longest handling time, a working day: an incident that is open longer waits without anybody working on it
    longest_minutes: float = 480.0
    # linked incidents from which on the organisation counts as one that links articles
    least_linked: int = 30
    # links that are sampled to measure how well articles fit: bounds the reading
    linked_read: int = 200
    # an article fits if it is as near as half of the linked ones are
    fit_quantile: float = 0.5
    # cosine where there are no links; chosen by hand
    default_fit: float = 0.55


_SETTINGS = CorpusSettings()


@dataclass(frozen=True, slots=True)
class Case:
    """A resolved incident, the articles that it was solved by, and its place in the vectors."""

    incident: Incident
    articles: tuple[str, ...]
    place: int

    @property
    def moment(self) -> datetime | None:
        """Return when it was resolved, or logged where that is not known."""
        return self.incident.resolved_at or self.incident.opened_at

    @property
    def reopened(self) -> bool:
        """Return whether it was reopened."""
        return bool(self.incident.reopen_count)

    @property
    def bounced(self) -> bool:
        """Return whether it was reassigned more than once."""
        return (self.incident.reassignment_count or 0) > 1

    @property
    def minutes(self) -> float | None:
        """Return the minutes from the start of work to the resolution, at most a working day; `None` if unknown."""
        begun, done = self.incident.assigned_at or self.incident.opened_at, self.incident.resolved_at
        if begun is None or done is None or done < begun:
            return None
        return min((done - begun).total_seconds() / 60, _SETTINGS.longest_minutes)


@dataclass(frozen=True)
class CurationCorpus:
    """Live articles, resolved incidents oldest first with unit vectors (incidents, dimension), and uses.

    `now` is when the newest incident was logged: a history that ended long ago is judged as of its end.
    """

    articles: tuple[StoredArticle, ...]
    index: ArticleIndex
    cases: tuple[Case, ...]
    vectors: Vectors
    uses: tuple[ArticleUse, ...]
    now: datetime
    encode: Callable[[list[str]], Vectors]

    @cached_property
    def cases_of(self) -> dict[str, list[Case]]:
        """Return the incidents that each article solved, oldest first."""
        found: dict[str, list[Case]] = {record.article.id: [] for record in self.articles}
        for case in self.cases:
            for key in case.articles:
                if key in found:
                    found[key].append(case)
        return found

    @cached_property
    def begin(self) -> datetime | None:
        """Return when the first incident of known date was resolved."""
        return min((moment for case in self.cases if (moment := case.moment)), default=None)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Return the words of all incidents."""
        return Vocabulary(case.incident.text for case in self.cases)

    @cached_property
    def named(self) -> dict[str, Article]:
        """Return live articles by id."""
        return {record.article.id: record.article for record in self.articles}

    @cached_property
    def unaided(self) -> dict[tuple[str | None, str | None], list[Case]]:
        """Return the incidents without linked article and with known handling time, by category and subcategory."""
        found = dict[tuple[str | None, str | None], list[Case]]()
        for case in self.cases:
            if not case.articles and case.minutes is not None:
                found.setdefault((case.incident.category, case.incident.subcategory), []).append(case)
        return found

    @cached_property
    def linked_share(self) -> float | None:
        """Return the share of incidents with a linked article, `None` where there are too few links."""
        linked = sum(bool(case.articles) for case in self.cases)
        return linked / len(self.cases) if linked >= _SETTINGS.least_linked else None

    @cached_property
    def fit(self) -> float:
        """Return the cosine from which an article counts as fitting: the median over a sample of the links."""
        linked = [case for case in self.cases if case.articles and case.articles[0] in self.column]
        if len(linked) < _SETTINGS.least_linked:
            return _SETTINGS.default_fit
        read = spread(linked, _SETTINGS.linked_read)
        found = self.similarities(read)
        return float(
            np.quantile(
                [row[self.column[case.articles[0]]] for row, case in zip(found, read, strict=True)],
                _SETTINGS.fit_quantile,
            )
        )

    @cached_property
    def column(self) -> dict[str, int]:
        """Return the column of each live article in `similarities`."""
        return {record.article.id: column for column, record in enumerate(self.articles)}

    def similarities(self, cases: Sequence[Case]) -> Vectors:
        """Return incidents' cosine with the best passage of live articles, float32 of (cases, live articles)."""
        rows = [self.index.row(record.article.id) for record in self.articles]
        places = np.array([case.place for case in cases], dtype=np.int64)
        closest: Vectors = self.index.closest(self.vectors[places])[:, rows]
        return closest

    def since(self, days: float) -> list[Case]:
        """Return the cases of the last days, and those without a date."""
        begin = self.now - timedelta(days=days)
        return [case for case in self.cases if case.moment is None or case.moment >= begin]

    def minutes(self, cases: Iterable[Case]) -> float:
        """Return the median handling time of cases, or the assumed one where no time is known."""
        known = [minutes for case in cases if (minutes := case.minutes) is not None]
        return median(known) if known else DEFAULT_MINUTES


def read_corpus(memory: Memory, knowledge: ArticleEditing) -> CurationCorpus:
    """Read everything that curation looks at."""
    with memory.lock:
        memory.refresh()
        index = memory.articles
    records = [record for record in knowledge.store.articles.since(0) if record.article.state is not State.ARCHIVED]
    history = knowledge.store.history()
    history.sort(key=lambda record: (record.incident.opened_at or datetime.max.replace(tzinfo=UTC), record.added))
    vectors = np.stack([record.vector for record in history]).astype(np.float32) if history else _nothing(memory)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    cases = tuple(
        Case(record.incident, tuple(_resolved(record.incident.articles, index)), place)
        for place, record in enumerate(history)
    )
    return CurationCorpus(
        articles=tuple(sorted(records, key=lambda record: record.article.id)),
        index=index,
        cases=cases,
        vectors=vectors,
        uses=tuple(knowledge.uses.all()),
        now=knowledge.store.last_logged() or datetime.now(UTC),
        encode=knowledge.store.encoder.encode,
    )


def spread(cases: list[Case], limit: int) -> list[Case]:
    """Return at most so many cases, evenly chosen."""
    if len(cases) <= limit:
        return cases
    return [cases[int(place)] for place in np.linspace(0, len(cases) - 1, limit)]


def mostly(values: Iterable[str | None]) -> tuple[str, float] | None:
    """Return the most frequent value and its share of all, `None` where there is none."""
    counts = Counter(values)
    total = counts.total()
    counts.pop(None, None)
    if not counts:
        return None
    value = min((value for value in counts if value is not None), key=lambda one: (-counts[one], one))
    return value, counts[value] / total


def _resolved(names: Iterable[str], index: ArticleIndex) -> list[str]:
    found = (index.linked(name) for name in names)
    return list(dict.fromkeys(article.id for article in found if article is not None))


def _nothing(memory: Memory) -> NDArray[np.float32]:
    return np.zeros((0, memory.store.encoder.dimension), dtype=np.float32)
