"""Search weights: learns them from the articles that solved past incidents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from kb.retrieval.memory import Memory
from kb.retrieval.ranking import Query
from kb.retrieval.weights import Weights
from training.history import Seen
from training.link_model import learn_solving

# fifty links are enough to choose two weights of a few values each; experiment 011
LEAST_LINKS = 50

Ranks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WeightSettings:
    """Which weights of search are tried."""

    # links that are searched for: bounds the time of a training
    most_links: int = 1000
    # weights of meaning that are tried: densest around the starting value; experiment 011
    meaning: tuple[float, ...] = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0)
    # weights of links that are tried: from none to most of the score
    links: tuple[float, ...] = (0.0, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7)


_SETTINGS = WeightSettings()


@dataclass(frozen=True, slots=True)
class LearntWeights:
    """Weights, and the rank (0 is first) of each judged link's article with them, shape (links,).

    `incidents` holds the number of the incident of each link.
    """

    weights: Weights
    ranks: Ranks
    incidents: tuple[str, ...]

    def found_within(self, places: int) -> float:
        """Return the share of links whose article is among the first so many."""
        return float((self.ranks < places).mean()) if len(self.ranks) else 0.0


def learn_weights(memory: Memory, *, seen: Seen | None = None) -> LearntWeights | None:
    """Return the weights with the best mean reciprocal rank over real links; `None` for too few links.

    Each incident is searched as if it were new, without its own link. The starting values stay unless others are better
    by more than one standard error of the difference. `seen` as for `fit_fields`: those texts are not judged by.
    """
    memory.refresh()
    links = _links(memory, seen or memory.store.encoder.has_seen)
    if len(links) < LEAST_LINKS:
        return None
    solving = learn_solving(memory, seen=seen)
    tried = [Weights(meaning, share, solving) for meaning, share in product(_SETTINGS.meaning, _SETTINGS.links)]
    ranks = np.array([list(_ranks(memory, slot, key, tried)) for slot, key in links]).T
    gains = 1 / (1 + ranks)
    start = tried.index(Weights(solving=solving))
    best = int(gains.mean(axis=1).argmax())
    difference = gains[best] - gains[start]
    if difference.mean() <= difference.std() / np.sqrt(len(links)):
        best = start
    incidents = [memory.incidents.incident(slot) for slot, _ in links]
    return LearntWeights(tried[best], ranks[best], tuple(incident.number for incident in incidents if incident))


def _links(memory: Memory, seen: Seen) -> list[tuple[int, str]]:
    """Return slot and article of at most a thousand links to judge by, evenly chosen."""
    index = memory.incidents
    found = [
        (slot, article.id)
        for slot in range(index.slots)
        if (incident := index.incident(slot)) is not None and incident.text
        for name in incident.articles[:1]
        if (article := memory.articles.linked(name)) is not None
    ]
    texts = [incident.text for slot, _ in found if (incident := index.incident(slot)) is not None]
    unseen = np.flatnonzero(~seen(texts)) if texts else np.zeros(0, dtype=np.int64)
    chosen = (
        unseen[np.linspace(0, len(unseen) - 1, min(len(unseen), _SETTINGS.most_links)).astype(int)]
        if len(unseen)
        else []
    )
    return [found[i] for i in chosen]


def _ranks(memory: Memory, slot: int, key: str, tried: list[Weights]) -> Iterator[int]:
    incident = memory.incidents.incident(slot)
    vector = memory.incidents.vectors()[slot].copy()
    query = Query(incident.searched_text if incident else "", vector)
    asked = memory.compare(query, at=incident.opened_at if incident else None)
    asked.similarities[slot], asked.words[slot] = -1.0, 0.0
    votes = memory.articles.by_row(memory.solved_by(asked, tried[0].solving))
    evidence = memory.articles.evidence(query)
    row = memory.articles.row(key)
    for weights in tried:
        scores = memory.articles.scores(evidence, votes, weights)
        yield int((scores > scores[row]).sum())
