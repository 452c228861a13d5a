"""Calibration: whether a confidence means what it says, and which one is enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15
_LEAST_EVIDENCE = 20


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Confidence of the best guess, and whether it was right, on examples that were not learnt from."""

    confidences: NDArray[np.float32]
    right: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """Share of right guesses."""
        return float(self.right.mean()) if len(self.right) else 0.0


def expected_calibration_error(held_out: HeldOut, bins: int = BINS) -> float:
    """Mean distance between confidence and accuracy over bins of equal width, weighted by their size.

    Naeini, Cooper and Hauskrecht 2015 (binned estimator).
    """
    slots = np.clip(np.ceil(held_out.confidences * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(slots, weights=held_out.confidences - held_out.right, minlength=bins)
    return float(np.abs(gap).sum() / max(len(slots), 1))


def threshold_for(held_out: HeldOut, precision: float) -> float | None:
    """Lowest confidence at and above which the asked-for share of guesses was right, `None` if there is none.

    At least twenty guesses must stand above it, and it is never below half-way from even odds to the precision:
    where nearly everything was right, a guess of 50 % is still a guess.
    """
    order = np.argsort(-held_out.confidences, kind="stable")
    sorted_confidences = held_out.confidences[order]
    so_far = np.cumsum(held_out.right[order]) / np.arange(1, len(order) + 1)
    last_of_value = np.append(np.diff(sorted_confidences) != 0, True) if len(order) else np.zeros(0, dtype=bool)
    enough = (so_far >= precision) & last_of_value & (np.arange(1, len(order) + 1) >= _LEAST_EVIDENCE)
    found = np.flatnonzero(enough)
    return max(float(sorted_confidences[found[-1]]), (0.5 + precision) / 2) if len(found) else None
