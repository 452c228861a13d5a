"""Prediction sets: the values of which one is right with the probability asked for (split conformal prediction)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.stacking import Probabilities

# how often the right value is to be in the set: nine in ten is usual; more makes sets larger
COVERAGE = 0.9
# examples of a value before it gets a separate threshold: fewer leave its lowest tenth to chance; by hand
_LEAST_OF_A_VALUE = 1000


@dataclass(frozen=True, slots=True)
class SetRule:
    """A value belongs to the set where its probability is at least its threshold.

    `thresholds` has the shape (values,); `general` is the one for any other value.
    """

    thresholds: NDArray[np.float64]
    general: float

    @classmethod
    def fit(
        cls,
        chances: NDArray[np.float32],
        first: NDArray[np.bool_],
        codes: NDArray[np.int32],
        values: int,
        *,
        beyond: float = 0.0,
    ) -> SetRule:
        """Fit to held-out examples: the probability each one's true value had, whether it came first, and its code.

        Sadinle, Lei and Wasserman 2019: the least ambiguous sets of a coverage; here the most probable value is
        always a member, so that examples with the true value first need no threshold. A value with a thousand examples
        or more has a separate, lower threshold where it needs one, so that the coverage holds for it too; never a
        higher one, or the harder of the rarer values would be left out. `beyond` is the share of all examples whose
        value is none of these: the others have to make up for it.
        """
        wanted = np.where(first, np.inf, chances)
        coverage = min(COVERAGE / (1 - min(beyond, 0.99)), 1.0)
        general = _threshold(wanted, coverage)
        thresholds = np.full(values, general)
        for code in np.flatnonzero(np.bincount(codes, minlength=values) >= _LEAST_OF_A_VALUE):
            thresholds[code] = min(general, _threshold(wanted[codes == code], coverage))
        return cls(thresholds, general)

    def members(self, chances: Probabilities) -> NDArray[np.bool_]:
        """Return which values belong to the set, bool of shape (values,); the most probable one always does."""
        thresholds = np.full(len(chances), self.general)
        thresholds[: len(self.thresholds)] = self.thresholds
        found = chances >= thresholds
        found[chances.argmax()] = True
        return np.asarray(found, dtype=bool)


def _threshold(chances: NDArray[np.floating], coverage: float) -> float:
    """Return the probability that this share of true values reaches, with the finite-sample correction."""
    rank = int(np.floor((1 - coverage) * (len(chances) + 1)))
    return float(np.sort(chances)[rank - 1]) if rank >= 1 else 0.0
