"""Explanation: the words and incidents for and against a suggested value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from kb.retrieval.incident_index import IncidentIndex, Neighbours
from models.classifier import LabelClassifier
from models.features import CIRCUMSTANCE, Features, TextFeatures
from models.votes import vote_weights
from triage.function_words import FUNCTION_WORDS

# words and incidents a side: as many as can be read at a glance
SHOWN = 5
HABIT = "(what the same caller or channel came with before)"
_NO_WORDS = frozenset({HABIT, CIRCUMSTANCE})


@dataclass(frozen=True, slots=True)
class Word:
    """A word or pair of words of the ticket and how much it moved the score of the value, against the runner-up."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Voter:
    """An incident that carries the value, with its cosine and its share of all votes."""

    number: str
    similarity: float
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a value: words for and against it, incidents that carried it, and articles linked to those.

    `derived_from` has the values of the fields that a rule derives it from, as the matrix does a priority from impact
    and urgency; words and incidents then say nothing about it.
    """

    value: str
    words_for: tuple[Word, ...]
    words_against: tuple[Word, ...]
    incidents: tuple[Voter, ...]
    articles: tuple[str, ...]
    derived_from: Mapping[str, str] = field(default_factory=dict)


def words_for_and_against(
    classifier: LabelClassifier, text_features: TextFeatures, features: Features, *, value: str, instead_of: str | None
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Return the words for and against a value in the one text of `features`, strongest first.

    The score of the linear estimator on words is a sum over words, so each word's part is exact; it is the difference
    to the part in the runner-up's score. The estimator on habits adds one entry, for what the same caller or channel
    came with before. What holds a function word or repeats stronger words is left out. Both are empty for a value that
    the classifier does not know.
    """
    if value not in classifier.values:
        return (), ()
    places = [classifier.values.index(one) for one in (value, instead_of) if one in classifier.values]

    def ahead(scores: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.asarray(scores[:, places[0]] - scores[:, places[1:]].sum(axis=1))

    row = features.words
    by_word = row.data * ahead(classifier.estimators["words"].arrays()["weights"][row.indices])
    parts = np.append(by_word, ahead(classifier.estimators["habits"].scores(features)))
    names = [*text_features.vocabulary[row.indices], HABIT]
    order = np.argsort(-parts)

    def listed(chosen: Iterable[int]) -> tuple[Word, ...]:
        telling = _telling(Word(str(names[i]), round(float(parts[i]), 4)) for i in chosen)
        return tuple(islice(telling, SHOWN))

    return listed(i for i in order if parts[i] > 0), listed(i for i in order[::-1] if parts[i] < 0)


def _telling(words: Iterable[Word]) -> Iterator[Word]:
    """Yield the words, strongest first, that a person learns something from."""
    said = set[str]()
    for word in words:
        if word.text in _NO_WORDS:
            yield word
            continue
        parts = set(word.text.split())
        if parts - said and not parts & FUNCTION_WORDS and all(len(part) > 1 for part in parts):
            said |= parts
            yield word


def voters_of(index: IncidentIndex, neighbours: Neighbours, name: str, value: str) -> tuple[Voter, ...]:
    """Return the neighbours of one text that have a value, strongest first."""
    column = index.labels(name)
    codes = np.append(column.codes(), np.int32(-1))[neighbours.slots]
    shares = vote_weights(neighbours.similarities, codes)[0]
    found = [
        Voter(incident.number, round(float(similarity), 4), round(float(share), 4))
        for slot, similarity, code, share in zip(
            neighbours.slots[0], neighbours.similarities[0], codes[0], shares, strict=True
        )
        if code >= 0 and column.values[code] == value and (incident := index.incident(int(slot))) is not None
    ]
    return tuple(sorted(found, key=lambda voter: -voter.share)[:SHOWN])


def linked_articles(index: IncidentIndex, neighbours: Neighbours) -> tuple[str, ...]:
    """Return the articles linked to the neighbours of one text, the most linked first."""
    counts: Counter[str] = Counter()
    for slot in neighbours.slots[0]:
        incident = index.incident(int(slot)) if slot >= 0 else None
        counts.update(incident.articles if incident else ())
    return tuple(key for key, _ in counts.most_common(SHOWN))
