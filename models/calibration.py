"""Calibration: confidences that match the share of right guesses, and the thresholds that follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """Parameters of calibration."""

    # the number that papers use (Guo and others 2017), so that figures can be compared
    bins: int = 15
    # fewest guesses above a threshold: with fewer, one error moves their precision by more than five points
    least_evidence: int = 20
    # fewest held-out guesses for a map: it has three parameters and overfits with fewer; chosen by hand
    least_to_map: int = 500
    # odds beyond 1 to 1000 count as 1 to 1000, so that one certain guess does not outweigh the others
    nearly_none: float = 1e-3


CALIBRATION = CalibrationSettings()


@dataclass(frozen=True, slots=True)
class HeldOutGuesses:
    """Confidence of the best guess, and whether it was right, on held-out examples."""

    confidences: NDArray[np.float32]
    right: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """Return the share of right guesses."""
        return float(self.right.mean()) if len(self.right) else 0.0


def log_odds(confidences: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the log odds of confidences, which are clipped to 0.001 and 0.999."""
    kept = np.clip(np.asarray(confidences, dtype=np.float64), CALIBRATION.nearly_none, 1 - CALIBRATION.nearly_none)
    return np.asarray(np.log(kept / (1 - kept)))


@dataclass(frozen=True, slots=True)
class ConfidenceMap:
    """Calibration map of the best guess: logit = `rise` · log c - `fall` · log(1 - c) + `shift`.

    Beta calibration (Kull, Silva Filho and Flach 2017); 1, 1, 0 leaves confidences alone.
    """

    rise: float = 1.0
    fall: float = 1.0
    shift: float = 0.0

    @classmethod
    def fit(cls, held_out: HeldOutGuesses, *, least: int = CALIBRATION.least_to_map) -> ConfidenceMap:
        """Fit a map that never falls with confidence; with fewer held-out guesses than `least` it changes nothing."""
        if len(held_out.right) < least or held_out.right.all() or not held_out.right.any():
            return cls()
        terms, right = _terms(held_out.confidences), held_out.right.astype(np.float64)

        def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            logits = terms @ parameters[:2] + parameters[2]
            error = expit(logits) - right
            value = float(np.mean(np.logaddexp(0.0, logits) - right * logits))
            return value, np.array([*(terms * error[:, None]).mean(axis=0), error.mean()])

        bounds = [(0.0, None), (0.0, None), (None, None)]
        found = minimize(loss, np.array([1.0, 1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
        return cls(*(float(parameter) for parameter in found.x))

    def confidences(self, confidences: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the calibrated confidences, of the same shape."""
        logits = _terms(confidences) @ np.array([self.rise, self.fall]) + self.shift
        return np.asarray(expit(logits))

    def apply(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return distributions (examples, labels) whose best guess keeps its place and has its calibrated confidence.

        The others share the rest in the same proportions as before.
        """
        best = probabilities.max(axis=1, keepdims=True)
        calibrated = np.maximum(self.confidences(best[:, 0])[:, None], np.minimum(best, 0.5))
        others = (1 - calibrated) / np.maximum(1 - best, 1e-12)
        return np.asarray(np.where(probabilities == best, calibrated, probabilities * others))


def _terms(confidences: NDArray[np.floating]) -> NDArray[np.float64]:
    clipped = np.clip(np.asarray(confidences, dtype=np.float64), 1e-9, 1 - 1e-9)
    return np.stack([np.log(clipped), -np.log1p(-clipped)], axis=-1)


def expected_calibration_error(held_out: HeldOutGuesses, bins: int = CALIBRATION.bins) -> float:
    """Return the mean distance between confidence and accuracy over bins of equal width, weighted by their size.

    Naeini, Cooper and Hauskrecht 2015 (binned estimator).
    """
    slots = np.clip(np.ceil(held_out.confidences * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(slots, weights=held_out.confidences - held_out.right, minlength=bins)
    return float(np.abs(gap).sum() / max(len(slots), 1))


def threshold_for(
    held_out: HeldOutGuesses, precision: float, *, least: int = CALIBRATION.least_evidence
) -> float | None:
    """Return the lowest confidence from which on `precision` of the guesses were right, `None` if there is none.

    At least twenty guesses, or `least`, must stand above it, and it is never below a third of the way from even odds to
    the precision: where nearly everything was right, a guess of 50 % is still a guess.
    """
    return _lowest(held_out, lambda _, right, __: right >= precision, precision, least)


def calibrated_threshold(held_out: HeldOutGuesses, precision: float) -> float | None:
    """Return the lowest confidence from which on calibrated confidences average at least `precision`.

    The share of right guesses moves with every single guess near the threshold; the mean confidence does not. The share
    must confirm the mean, up to one standard error. The other limits are those of `threshold_for`.
    """

    def kept(promised: Shares, right: Shares, guesses: NDArray[np.int64]) -> NDArray[np.bool_]:
        error = np.sqrt(precision * (1 - precision) / guesses)
        return (promised >= precision) & (right >= precision - error)

    return _lowest(held_out, kept, precision, CALIBRATION.least_evidence)


def _lowest(
    held_out: HeldOutGuesses,
    enough: Callable[[Shares, Shares, NDArray[np.int64]], NDArray[np.bool_]],
    precision: float,
    least: int,
) -> float | None:
    """Return the lowest confidence that is `enough` by mean confidence, share of right guesses and number above it."""
    order = np.argsort(-held_out.confidences, kind="stable")
    confidences = held_out.confidences[order].astype(np.float64)
    guesses = np.arange(1, len(order) + 1)
    last_of_value = np.append(np.diff(confidences) != 0, True) if len(order) else np.zeros(0, dtype=bool)
    right = np.cumsum(held_out.right[order]) / guesses
    found = np.flatnonzero(
        enough(np.cumsum(confidences) / guesses, right, guesses) & last_of_value & (guesses >= least)
    )
    return max(float(confidences[found[-1]]), (1 + precision) / 3) if len(found) else None
