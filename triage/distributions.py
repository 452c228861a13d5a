"""Distributions: how probable each value of a field is for each of several tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.records.label_change import LabelChange
from kb.retrieval.incident_index import Neighbours
from kb.retrieval.label_columns import LabelColumn
from models.classifier import LabelClassifier
from models.encoder import Vectors
from models.features import Features
from models.stacking import Probabilities
from models.votes import Shares, vote_shares

# trust in votes alone: nothing was held out to measure them by, so confidences stay modest; chosen by hand
UNTRAINED_TRUST = 0.6
# added to each part of a split value, so that parts without any probability share evenly
_EVEN_PART = 0.01


@dataclass(frozen=True, slots=True)
class Distribution:
    """Probability of each of `values` for several tickets, shape (tickets, values); a row may sum to less than one."""

    values: Sequence[str]
    probabilities: Probabilities

    def ranked(self, row: int, limit: int | None = None) -> list[tuple[str, float]]:
        """Return the values of one ticket by probability, best first, those above zero."""
        chances = self.probabilities[row]
        if limit is not None and limit < len(chances):
            among = np.argpartition(-chances, limit - 1)[:limit]
        else:
            among = np.arange(len(chances))
        order = among[np.argsort(-chances[among], kind="stable")]
        return [(self.values[i], float(chances[i])) for i in order if chances[i] > 0]

    def without(self, refused: Sequence[set[str]]) -> Distribution:
        """Return the distribution without each ticket's refused values; the others share their probability."""
        if not any(refused):
            return self
        place = {value: position for position, value in enumerate(self.values)}
        chances = self.probabilities.copy()
        for row, values in enumerate(refused):
            known = [place[value] for value in values if value in place]
            lost = chances[row, known].sum()
            chances[row, known] = 0.0
            chances[row] /= max(1 - lost, 1e-12)
        return Distribution(self.values, np.minimum(chances, 1.0))

    def with_certain(self, given: Sequence[str | None]) -> Distribution:
        """Return the distribution in which each ticket's given value, where it has one, is certain."""
        if not any(given):
            return self
        values = list(dict.fromkeys([*self.values, *filter(None, given)]))
        place = {value: position for position, value in enumerate(values)}
        chances = np.pad(self.probabilities, ((0, 0), (0, len(values) - len(self.values))))
        for row, value in enumerate(given):
            if value:
                chances[row] = 0.0
                chances[row, place[value]] = 1.0
        return Distribution(values, chances)

    def called_today(self, field: str, changes: Sequence[LabelChange]) -> Distribution:
        """Return the distribution over the values in use today; an old value has probability zero.

        A renamed or merged value passes its probability on, a split one shares it among its parts in proportion to
        theirs, a retired one leaves it to all others.
        """
        values, chances = list(self.values), self.probabilities.copy()
        for change in changes:
            if change.field != field or change.old not in values:
                continue
            old = values.index(change.old)
            lost = chances[:, [old]].copy()
            chances[:, old] = 0.0
            lacking = [value for value in change.new if value not in values]
            values += lacking
            chances = np.hstack([chances, np.zeros((len(chances), len(lacking)))])
            if change.new:
                parts = [values.index(value) for value in change.new]
                own = chances[:, parts] + _EVEN_PART
                chances[:, parts] += lost * own / own.sum(axis=1, keepdims=True)
            else:
                chances = chances / np.maximum(1 - lost, 1e-12)
        return Distribution(values, chances)


def from_neighbours(neighbours: Neighbours, column: LabelColumn) -> Distribution:
    """Return the distribution by the nearest incidents, for fields without a classifier."""
    (shares,) = shares_of([neighbours], np.append(column.codes(), np.int32(-1)), len(column.values))
    return Distribution(column.values, UNTRAINED_TRUST * shares.astype(np.float64))


def shares_of(voters: Sequence[Neighbours], codes: NDArray[np.int32], labels: int) -> Shares:
    """Return each label's share of the votes of each voter, shape (voters, tickets, labels).

    `codes` has the label of every slot, -1 for none, and one more -1 at its end, for a missing neighbour.
    """
    return np.stack([vote_shares(found.similarities, codes[found.slots], labels) for found in voters])


def from_classifier(
    classifier: LabelClassifier,
    features: Features,
    voters: Sequence[Neighbours],
    column: LabelColumn,
    *,
    rare_trust: float,
) -> Distribution:
    """Return the distribution by classifier and neighbours; the first `voters` compare whole vectors.

    Values that the classifier does not know, since they are rare or new, take the share of the neighbours' votes
    that they get, times `rare_trust`, the share of such votes that turned out right in training.
    """
    known = {value: code for code, value in enumerate(classifier.values)}
    to_known = np.array([*(known.get(value, -1) for value in column.values), -1], dtype=np.int32)
    by_slot = np.append(column.codes(), np.int32(-1))
    probabilities = classifier.probabilities(features, shares_of(voters, to_known[by_slot], len(classifier.values)))
    others = [code for code, value in enumerate(column.values) if value not in known]
    if not others:
        return Distribution(classifier.values, probabilities)
    rare = rare_trust * rare_shares(voters[0].similarities, by_slot[voters[0].slots], others, len(column.values))
    left = 1.0 - rare.sum(axis=1, keepdims=True)
    values = [*classifier.values, *(column.values[code] for code in others)]
    return Distribution(values, np.hstack([left * probabilities, rare]))


def rare_shares(
    similarities: Vectors, codes: NDArray[np.int32], others: Sequence[int] | NDArray[np.int64], labels: int
) -> Shares:
    """Return each of the `others`' share of all votes, shape (tickets, others)."""
    return vote_shares(similarities, codes, labels)[:, others]
