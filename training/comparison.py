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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same examples of a field or of the linked article: shares that each, or only one, got right.

    What both got right, or both wrong, says nothing about which is better (McNemar 1947).
    """

    name: str
    examples: int
    serving: float
    candidate: float
    only_serving: int
    only_candidate: int

    @classmethod
    def of(cls, name: str, serving: Right, candidate: Right) -> Comparison:
        """Compare by which of the same examples each got right, both of shape (examples,) and with one at least."""
        return cls(
            name,
            len(serving),
            round(float(serving.mean()), 4),
            round(float(candidate.mean()), 4),
            int((serving & ~candidate).sum()),
            int((candidate & ~serving).sum()),
        )

    @property
    def is_loss(self) -> bool:
        """Return whether the candidate is worse by over two standard errors of the paired difference."""
        decided = self.only_serving + self.only_candidate
        return self.only_serving - self.only_candidate > _ERRORS_TO_LOSE * math.sqrt(max(decided, 1))


def is_better(comparisons: Sequence[Comparison]) -> bool:
    """Return whether the candidate is right more often by over one standard error, and loses on no field."""
    gain = sum(entry.only_candidate - entry.only_serving for entry in comparisons)
    decided = sum(entry.only_candidate + entry.only_serving for entry in comparisons)
    return gain > math.sqrt(decided) and not any(entry.is_loss for entry in comparisons)
