"""Held-out predictions: what a classifier predicted for held-out examples, and what was true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from models.calibration import HeldOutGuesses, log_odds
from models.prediction_sets import SetRule
from models.stacking import Probabilities


@dataclass(frozen=True, slots=True)
class HeldOutPredictions:
    """Guess and true code of each held-out example, the confidence of the guess, the probability of the truth.

    All of shape (examples,).
    """

    guesses: NDArray[np.int32]
    truth: NDArray[np.int32]
    confidences: NDArray[np.float32]
    chances: NDArray[np.float32]

    @classmethod
    def of(cls, probabilities: Probabilities, truth: NDArray[np.int64]) -> HeldOutPredictions:
        """Compare distributions of shape (examples, labels) with the true codes, shape (examples,)."""
        return cls(
            probabilities.argmax(axis=1).astype(np.int32),
            truth.astype(np.int32),
            probabilities.max(axis=1).astype(np.float32),
            probabilities[np.arange(len(truth)), truth].astype(np.float32),
        )

    @property
    def top_guesses(self) -> HeldOutGuesses:
        """Return the confidence of each best guess, and whether it was right."""
        return HeldOutGuesses(self.confidences, self.guesses == self.truth)

    @property
    def certainty(self) -> float:
        """Return the mean log odds of the guesses."""
        return float(log_odds(self.confidences).mean())

    @property
    def macro_f1(self) -> float:
        """Return the mean F1 over the values."""
        return float(f1_score(self.truth, self.guesses, average="macro", zero_division=0.0))

    def set_rule(self, values: int, *, beyond: float) -> SetRule:
        """Return the rule for prediction sets over so many values; `beyond` as for `SetRule.fit`."""
        return SetRule.fit(self.chances, self.guesses == self.truth, self.truth, values, beyond=beyond)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    @classmethod
    def load(cls, array: Callable[[str], NDArray[Any]]) -> HeldOutPredictions:
        """Return the predictions whose state `array` returns by name."""
        return cls(**{entry.name: array(entry.name) for entry in fields(cls)})
