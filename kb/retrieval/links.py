"""Links: which articles solved which incidents, and the evidence from that for a new incident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kb.retrieval.ranking import Compared, share
from models.conditional_logit import ConditionalLogit, Features
from models.encoder import Vectors
from models.lexical_index import words
from models.top_k import top_k
from models.votes import vote_weights

Slots = NDArray[np.int64]

# column of the words of the title among the features
_TITLE = 8


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Parameters of the evidence from links (experiment 006)."""

    # incidents with a link that vote: the number of the plain votes that it is compared with
    voters: int = 40
    # nearest linked incidents among which the closest ones of each article are searched: bounds time
    read: int = 400
    # best articles by each kind of evidence that are compared in full: bounds time
    candidates: int = 12
    # shrinkage of the covariance towards a sphere: vectors have more numbers than most desks have links; by hand
    shrinkage: float = 0.3
    # incidents of the general mean added to an article's own; chosen by hand
    prior: float = 2.0
    # share of votes that an article without votes is given, so that it has a logarithm
    least_share: float = 0.003
    # days in which the weight of a use fades to 1/e: two months, and two weeks
    fades_in: tuple[float, ...] = (60.0, 15.0)
    # growth in links before the covariance is recomputed: it changes slowly and costs most
    growth: float = 1.05


_SETTINGS = LinkSettings()


@dataclass(frozen=True, slots=True)
class LinkEvidence:
    """Articles that may solve an incident, by their names in links: features, (names, ten), and the closest cosine.

    The features: logarithm of the share of votes of the forty nearest incidents with a link, by cosine; cosine of the
    closest incident with a link to it, and mean of the three closest; the same two of lexical scores; logarithms of
    uses fading within two months, within two weeks and not at all; share of the words of its title that the text has;
    and the discriminant score (Fisher 1936) of the text against the texts that it solved.
    """

    names: tuple[str, ...]
    features: Features
    closest: Features


class LinkTable:
    """An immutable table of the links at one time, by slot of the incident."""

    def __init__(
        self, links: Mapping[int, Sequence[str]], days: Mapping[int, float], *, precision: Features | None = None
    ) -> None:
        """`days` by slot, where the incident has a date; `precision` may come from a slightly smaller table."""
        self.slots = np.fromiter(links, dtype=np.int64, count=len(links))
        code_of: dict[str, int] = {}
        self._code = np.array(
            [code_of.setdefault(name, len(code_of)) for names in links.values() for name in names], dtype=np.int64
        )
        self._place = np.repeat(np.arange(len(links)), [len(names) for names in links.values()])
        self.names = tuple(code_of)
        self._solved = sparse.csr_matrix(
            (np.ones(len(self._code)), (self._code, self._place)), shape=(len(self.names), len(links))
        )
        self._uses = np.asarray(self._solved.sum(axis=1)).ravel()
        self._days = np.array([days.get(int(slot), np.nan) for slot in self.slots])
        self.precision = precision
        self._discriminants: tuple[Vectors, Vectors] | None = None

    def discriminants(self, vectors: Vectors) -> tuple[Vectors, Vectors]:
        """Return weights (names, dimension) and offsets (names,) of the discriminant score.

        They need the inverse covariance of the linked vectors, `precision`, which is computed once.
        """
        if self._discriminants is None:
            linked = vectors[self.slots].astype(np.float64)
            if self.precision is None:
                self.precision = _precision(linked)
            mean = linked.mean(axis=0)
            means = (self._solved @ linked + _SETTINGS.prior * mean) / (self._uses + _SETTINGS.prior)[:, None]
            weights = (means - mean) @ self.precision
            offsets = -0.5 * (weights * (means + mean)).sum(axis=1)
            self._discriminants = weights.astype(np.float32), offsets.astype(np.float32)
        return self._discriminants

    def _uses_by(self, day: float) -> Features:
        """Return every name's uses up to a day, decayed over two months, two weeks and not at all, (names, 3)."""
        ages = np.nan_to_num(np.maximum(day - self._days, 0.0))
        fading = [self._solved @ np.exp(-ages / span) for span in _SETTINGS.fades_in]
        return np.stack([*fading, self._uses], axis=1)

    def votes(self, similarities: Vectors) -> dict[str, float]:
        """Return the articles linked to the incidents most similar to a text, each with a score from 0 to 1.

        A link's score is its share of the votes of the forty nearest, times the cosine of the nearest one that has it,
        so that distant ones count little even where they agree.
        """
        cosines = similarities[self.slots]
        voted, closest = self._voted(cosines), self._closest(cosines)[0]
        return {
            self.names[code]: min(float(voted[code]), 1.0) * max(float(closest[code]), 0.0)
            for code in np.flatnonzero(voted > 0)
        }

    def evidence(self, asked: Compared, vectors: Vectors, title_of: Callable[[str], str] = str) -> LinkEvidence:
        """Return the evidence for each candidate article, given the vector of every slot."""
        cosines, lexical = asked.similarities[self.slots], share(asked.words[self.slots])
        closest, three = self._closest(cosines)
        closest_words = self._closest(lexical)[0]
        weights, offsets = self.discriminants(vectors)
        scores = weights @ asked.query.vector + offsets
        voted, voted_words, uses = self._voted(cosines), self._voted(lexical), self._uses_by(asked.day)
        columns = np.stack([voted, voted_words, closest, closest_words, scores, uses[:, 0]])
        candidates = np.unique(top_k(columns, _SETTINGS.candidates))
        said = frozenset(words(asked.query.text))
        features = np.stack(
            [
                np.log(voted + _SETTINGS.least_share),
                closest,
                three,
                np.log(voted_words + _SETTINGS.least_share),
                closest_words,
                *np.log1p(uses).T,
                np.zeros(len(self.names)),
                scores,
            ],
            axis=1,
        )[candidates]
        names = tuple(self.names[code] for code in candidates)
        features[:, _TITLE] = [_share_said(title_of(name), said) for name in names]
        return LinkEvidence(names, features, closest[candidates])

    def _voted(self, scores: Vectors) -> Features:
        """Return each name's share of the votes of the nearest incidents, (names,)."""
        near = top_k(scores[None], _SETTINGS.voters)[0]
        shares = np.zeros(len(scores))
        shares[near] = vote_weights(scores[None, near], np.zeros((1, len(near)), dtype=np.int32))[0]
        return np.asarray(self._solved @ shares)

    def _closest(self, scores: Vectors) -> tuple[Features, Features]:
        """Return the score of each name's closest incident, and the mean of its three closest; 0 for distant ones."""
        near = np.zeros(len(scores), dtype=bool)
        near[top_k(scores[None], _SETTINGS.read)[0]] = True
        pairs = np.flatnonzero(near[self._place])
        pairs = pairs[np.lexsort((-scores[self._place[pairs]], self._code[pairs]))]
        codes, values = self._code[pairs], scores[self._place[pairs]]
        names, starts = np.unique(codes, return_index=True)
        rank = np.arange(len(codes)) - np.repeat(starts, np.diff([*starts, len(codes)]))
        closest, three = np.zeros(len(self.names)), np.zeros(len(self.names))
        closest[names] = values[starts]
        np.add.at(three, codes[rank < 3], values[rank < 3] / 3)
        return closest, three


class Links:
    """Which articles solved which incidents, by slot of the incident."""

    def __init__(self) -> None:
        self._names: dict[int, tuple[str, ...]] = {}
        self._days: dict[int, float] = {}
        self._uses: Counter[str] = Counter()
        self._table: LinkTable | None = None
        self._before: LinkTable | None = None

    def __len__(self) -> int:
        return len(self._names)

    def put(self, slot: int, names: Sequence[str], day: float | None) -> None:
        """Set the links of an incident that was logged on some day; an empty `names` removes them."""
        before = self._names.pop(slot, ())
        if not before and not names:
            return
        self._uses.subtract(before)
        self._days.pop(slot, None)
        if names:
            self._names[slot] = tuple(names)
            self._uses.update(names)
            if day is not None:
                self._days[slot] = day
        self._table = None

    def uses(self) -> Counter[str]:
        """Return how often each article was linked."""
        return self._uses

    def by_slot(self) -> Mapping[int, tuple[str, ...]]:
        """Return the links by slot, in the order in which they were added."""
        return self._names

    def days(self) -> Mapping[int, float]:
        """Return the day on which each slot's incident was logged, where it has a date."""
        return self._days

    def table(self) -> LinkTable:
        """Return all present links; reuse the covariance of an earlier table until there are 5 % more."""
        if self._table is None:
            before = self._before
            near = before is not None and len(before.slots) <= len(self) <= _SETTINGS.growth * len(before.slots)
            spared = before.precision if before and near else None
            self._table = LinkTable(self._names, self._days, precision=spared)
            if spared is None:
                self._before = self._table
        return self._table


def day_of(moment: datetime) -> float:
    """Return a moment in days since the Unix epoch."""
    return moment.timestamp() / 86400


def _precision(vectors: Features) -> Features:
    """Return the inverse covariance of vectors (n, dimension), shrunk towards a sphere."""
    covariance = np.cov(vectors, rowvar=False, bias=True)
    sphere = np.eye(len(covariance))
    spread = _SETTINGS.shrinkage * np.trace(covariance) / len(covariance) + 1e-9
    return np.asarray(np.linalg.inv(covariance + spread * sphere))


def chosen_by(model: ConditionalLogit, evidence: LinkEvidence) -> dict[str, float]:
    """Return each article's score from 0 to 1: its probability times the cosine of the nearest incident."""
    shares = model.probabilities(evidence.features) * np.maximum(evidence.closest, 0.0)
    return dict(zip(evidence.names, shares.tolist(), strict=True))


def _share_said(title: str, said: frozenset[str]) -> float:
    wanted = frozenset(words(title.replace("-", " ").replace("_", " ")))
    return len(wanted & said) / max(len(wanted), 1)
