"""Few-shot learning: tells a new label from all others by a handful of examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

from models.encoder import Vectors

# examples from which a new value is suggested; experiment 007
LEAST_SHOTS = 3
# examples up to which it is used: with more, online adaptation and training know the value; chosen by hand
MOST_SHOTS = 30


@dataclass(frozen=True, slots=True)
class FewShotSettings:
    """Parameters of few-shot learning (experiment 007); chosen by hand unless a line says otherwise."""

    # weight of all examples together, as a share of everything else: larger finds the value sooner and takes more of
    # others
    share: float = 0.125
    # share of all other texts that must score below even odds: three in a thousand may be claimed wrongly
    others_below: float = 0.997
    # limits of the score with even odds, whatever the other texts score
    even: tuple[float, float] = (0.3, 0.45)
    # width of the logistic curve over scores: best for labels left out of real data sets
    spread: float = 0.1
    # keeps the moments invertible; a larger one changes results
    ridge: float = 1e-4
    # texts that stand for all others: bounds memory and time
    most_rows: int = 8000


_SETTINGS = FewShotSettings()


@dataclass(frozen=True, slots=True)
class Background:
    """Texts of all labels, each with a constant, shape (texts, dimension + 1), and their mean second moments."""

    rows: NDArray[np.float32]
    moments: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Vectors) -> Background:
        """Return the moments of vectors (texts, dimension), from an even sample where they are many."""
        chosen = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), _SETTINGS.most_rows)).astype(int)]
        rows = _with_constant(chosen)
        return cls(rows.astype(np.float32), rows.T @ rows / max(len(rows), 1))


@dataclass(frozen=True, slots=True)
class FewShot:
    """Linear classifier of one label against all others: `weights` of shape (dimension + 1,).

    A text whose score is `even` has the label with a probability of one half.
    """

    weights: NDArray[np.float64]
    even: float

    @classmethod
    def fit(cls, background: Background, examples: Vectors) -> FewShot:
        """Fit to the vectors of the examples, of shape (examples, dimension).

        Ridge regression, one against all, in which the examples together weigh an eighth of everything else, however
        few they are. The score with even odds follows from the scores of all other texts: three in a thousand of them
        lie above it.
        """
        rows = _with_constant(examples)
        moments = (
            background.moments + _SETTINGS.share * rows.T @ rows / len(rows) + _SETTINGS.ridge * np.eye(rows.shape[1])
        )
        weights = solve(moments, _SETTINGS.share * rows.mean(axis=0), assume_a="pos")
        others = np.quantile(background.rows @ weights, _SETTINGS.others_below)
        return cls(weights, float(np.clip(others, *_SETTINGS.even)))

    def log_odds(self, vectors: Vectors) -> NDArray[np.float64]:
        """Return the log odds that each vector has the label, shape (texts,).

        The width of the logistic curve over scores was the best one for labels left out of real data sets.
        """
        return np.asarray((_with_constant(vectors) @ self.weights - self.even) / _SETTINGS.spread)


def _with_constant(vectors: Vectors) -> NDArray[np.float64]:
    return np.hstack([vectors, np.ones((len(vectors), 1))]).astype(np.float64)
