"""Comparison of the model or encoder that serves with another one, by the examples that only one of them got right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# standard errors of the paired difference: the usual limit of chance
_ERRORS_TO_LOSE = 2.0

Right = NDArray[np.bool_]
Groups = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same examples of a field or of the linked article: shares that each, or only one, got right.

    What both got right, or both wrong, says nothing about which is better (McNemar 1947). `variance` is that of the
    difference in right examples: near-duplicates are won or lost together, so each group of them counts by the square
    of what it wins or loses as a whole (cluster-robust, Liang and Zeger 1986).
    """

    name: str
    examples: int
    serving: float
    candidate: float
    only_serving: int
    only_candidate: int
    variance: int

    @classmethod
    def of(cls, name: str, serving: Right, candidate: Right, groups: Groups | None = None) -> Comparison:
        """Compare by which of the same examples each got right, both of shape (examples,) and with one at least.

        `groups` has the group of near-duplicates of each example; without it each stands for itself.
        """
        gains = candidate.astype(np.int64) - serving.astype(np.int64)
        members = np.arange(len(gains)) if groups is None else np.unique(groups, return_inverse=True)[1]
        return cls(
            name,
            len(serving),
            round(float(serving.mean()), 4),
            round(float(candidate.mean()), 4),
            int((serving & ~candidate).sum()),
            int((candidate & ~serving).sum()),
            int((np.bincount(members, weights=gains) ** 2).sum()),
        )

    @property
    def is_loss(self) -> bool:
        """Return whether the candidate is worse by over two standard errors of the paired difference."""
        return self.only_serving - self.only_candidate > _ERRORS_TO_LOSE * math.sqrt(max(self.variance, 1))


def is_better(comparisons: Sequence[Comparison], *, errors: float = 1.0) -> bool:
    """Return whether the candidate is right more often by over so many standard errors, and loses on no field."""
    gain = sum(entry.only_candidate - entry.only_serving for entry in comparisons)
    variance = sum(entry.variance for entry in comparisons)
    return gain > errors * math.sqrt(variance) and not any(entry.is_loss for entry in comparisons)
