"""Few shots: telling a new label from everything else by a handful of examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

from models.encoder import Vectors

LEAST_SHOTS = 3
MOST_SHOTS = 30
_SHARE = 0.125
_OTHERS_BELOW = 0.997
_EVEN = (0.3, 0.45)
_SPREAD = 0.1
_RIDGE = 1e-4
_MOST_ROWS = 8000


@dataclass(frozen=True, slots=True)
class Background:
    """Texts of all labels, each with a constant, shape (texts, dimension + 1), and their mean second moments."""

    rows: NDArray[np.float32]
    moments: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Vectors) -> Background:
        """Moments of vectors, of shape (texts, dimension), or of some of them evenly chosen where they are many."""
        chosen = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), _MOST_ROWS)).astype(int)]
        rows = _with_constant(chosen)
        return cls(rows.astype(np.float32), rows.T @ rows / max(len(rows), 1))


@dataclass(frozen=True, slots=True)
class FewShot:
    """What tells one label from everything else: `weights` of shape (dimension + 1,).

    A text whose score is `even` belongs to it as likely as not.
    """

    weights: NDArray[np.float64]
    even: float

    @classmethod
    def fit(cls, background: Background, examples: Vectors) -> FewShot:
        """Fit to the vectors of the examples, of shape (examples, dimension).

        Ridge regression, one against all, in which the examples together weigh an eighth of everything else, however
        few they are. Where the chance is even follows from the scores of all other texts, so that three in a thousand
        of them stand above.
        """
        rows = _with_constant(examples)
        moments = background.moments + _SHARE * rows.T @ rows / len(rows) + _RIDGE * np.eye(rows.shape[1])
        weights = solve(moments, _SHARE * rows.mean(axis=0), assume_a="pos")
        others = np.quantile(background.rows @ weights, _OTHERS_BELOW)
        return cls(weights, float(np.clip(others, *_EVEN)))

    def log_odds(self, vectors: Vectors) -> NDArray[np.float64]:
        """Logarithm of the odds that each vector has the label, shape (texts,).

        The logistic curve that makes a chance of a score is as wide as was best for labels left out of real data sets.
        """
        return np.asarray((_with_constant(vectors) @ self.weights - self.even) / _SPREAD)


def _with_constant(vectors: Vectors) -> NDArray[np.float64]:
    return np.hstack([vectors, np.ones((len(vectors), 1))]).astype(np.float64)
