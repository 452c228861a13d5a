"""Breach model: the probability that a target will be breached, by logistic regression on binned features.

Bins can follow the same curves as a boosted forest, and the model remains an array of numbers that loads without code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from models.calibration import ConfidenceMap, HeldOutGuesses

Features = NDArray[np.float64]
Outcomes = NDArray[np.bool_]

# Finer bins made no difference beyond chance; experiment 021.
_BINS = 32
# Bins of the first feature, the share of the target that is used, when it is crossed with each of the others.
_CROSSED = 8
_REGULARISATION = 0.1


class PlainBreachModel(BaseModel):
    """A breach model as plain numbers, `edges` by feature; without weights it stands for no model."""

    edges: list[list[float]] = []
    weights: list[float] = []
    intercept: float = 0.0
    calibration: tuple[float, float, float] = (1.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class BreachModel:
    """Logistic regression on bins: `edges` (features, bins - 1) bound them, `weights` weigh bins and crossings."""

    edges: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float
    calibration: ConfidenceMap

    @classmethod
    def fit(cls, features: Features, breached: Outcomes, weights: NDArray[np.float64], newest: Outcomes) -> BreachModel:
        """Fit to snapshots (snapshots, features) with their weights.

        It is calibrated on the `newest` ones, as predicted by a model of the others. The first feature is the share
        of the target that is used. Raises ValueError where all had the same outcome.
        """
        edges = np.stack([_edges(column) for column in features.T])
        older = ~newest
        first = cls._fitted(edges, features[older], breached[older], weights[older])
        held_out = HeldOutGuesses(first.probabilities(features[newest]).astype(np.float32), breached[newest])
        whole = cls._fitted(edges, features, breached, weights)
        return cls(edges, whole.weights, whole.intercept, ConfidenceMap.fit(held_out))

    @classmethod
    def _fitted(
        cls, edges: NDArray[np.float64], features: Features, breached: Outcomes, weights: NDArray[np.float64]
    ) -> BreachModel:
        columns = _columns(edges, features)
        starts = np.arange(0, columns.size + 1, columns.shape[1])
        table = csr_matrix((np.ones(columns.size), columns.ravel(), starts), (len(columns), _width(len(edges))))
        estimator = LogisticRegression(C=_REGULARISATION, max_iter=300).fit(table, breached, sample_weight=weights)
        return cls(edges, estimator.coef_[0], float(estimator.intercept_[0]), ConfidenceMap())

    def probabilities(self, features: Features) -> NDArray[np.float64]:
        """Return the probability of a breach for each snapshot (snapshots, features)."""
        logits = self.weights[_columns(self.edges, features)].sum(axis=1) + self.intercept
        return self.calibration.confidences(1 / (1 + np.exp(-logits)))

    def plain(self) -> PlainBreachModel:
        """Return the model as plain numbers."""
        return PlainBreachModel(
            edges=[[float(edge) for edge in row if np.isfinite(edge)] for row in self.edges],
            weights=self.weights.tolist(),
            intercept=self.intercept,
            calibration=(self.calibration.rise, self.calibration.fall, self.calibration.shift),
        )

    @classmethod
    def of(cls, plain: PlainBreachModel) -> BreachModel:
        """Return the model of plain numbers."""
        edges = np.stack([_padded(np.array(row, dtype=np.float64)) for row in plain.edges])
        return cls(edges, np.array(plain.weights), plain.intercept, ConfidenceMap(*plain.calibration))


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the bounds of bins with equally many values, or bounds between the values where there are few."""
    known = np.unique(values)
    if len(known) <= _BINS:
        found = (known[1:] + known[:-1]) / 2
    else:
        found = np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1]))
    return _padded(found)


def _padded(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([edges, np.full(_BINS - 1 - len(edges), np.inf)])


def _columns(edges: NDArray[np.float64], features: Features) -> NDArray[np.int64]:
    """Return the bins and crossings that apply to each snapshot, as positions among the weights."""
    bins = np.stack([np.searchsorted(edges[i], features[:, i], side="right") for i in range(len(edges))], axis=1)
    places = np.arange(len(edges))
    crossed = (bins[:, :1] * _CROSSED // _BINS * _BINS + bins[:, 1:]) + places[:-1] * _CROSSED * _BINS
    return np.concatenate([bins + places * _BINS, crossed + len(edges) * _BINS], axis=1)


def _width(features: int) -> int:
    return features * _BINS + (features - 1) * _CROSSED * _BINS
