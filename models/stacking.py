"""Stacking: the scores of several estimators as one calibrated distribution over the labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

Scores = NDArray[np.float64]
Probabilities = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StackingSettings:
    """Parameters of stacking."""

    # penalty on squared biases: keeps those of rare labels finite; chosen by hand
    bias_penalty: float = 1e-3
    # penalty on the difference from the shared weights: best or equal on six data sets; experiment 010
    weight_penalty: float = 1e-2
    # steps of L-BFGS at most; mostly it converges sooner
    steps: int = 300


_SETTINGS = StackingSettings()


@dataclass(frozen=True, slots=True)
class Stacking:
    """Multinomial logit over estimators: `weights` of shape (estimators, labels), `bias` of shape (labels,).

    Each label weighs the estimators for itself, pulled towards the weights that all labels share; that needs few
    examples and stays calibrated with many labels.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    @classmethod
    def fit(
        cls, scores: Scores, labels: NDArray[np.int64], *, start: Stacking | None = None, steps: int | None = None
    ) -> Stacking:
        """Fit to scores of shape (estimators, examples, labels) by estimators that had not seen the example.

        A few steps are enough where `start` is an earlier fit.
        """
        estimators, examples, count = scores.shape
        target = np.zeros((examples, count))
        target[np.arange(examples), labels] = 1.0

        def unpack(parameters: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
            shared, own, bias = np.split(parameters, [estimators, estimators + estimators * count])
            return shared, own.reshape(estimators, count), bias

        def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            shared, own, bias = unpack(parameters)
            logits = np.einsum("enk,ek->nk", scores, shared[:, None] + own) + bias
            log_probabilities = log_softmax(logits, axis=-1)
            error = (np.exp(log_probabilities) - target) / examples
            by_label = np.einsum("enk,nk->ek", scores, error)
            value = -(log_probabilities * target).sum() / examples
            value += _SETTINGS.bias_penalty * (bias**2).sum() + _SETTINGS.weight_penalty * (own**2).sum()
            gradient = np.concatenate(
                [
                    by_label.sum(axis=1),
                    (by_label + 2 * _SETTINGS.weight_penalty * own).ravel(),
                    error.sum(axis=0) + 2 * _SETTINGS.bias_penalty * bias,
                ]
            )
            return value, gradient

        if start is None:
            begin = np.concatenate([np.ones(estimators), np.zeros(estimators * count + count)])
        else:
            common = start.weights.mean(axis=1)
            begin = np.concatenate([common, (start.weights - common[:, None]).ravel(), start.bias])
        found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": steps or _SETTINGS.steps})
        shared, own, bias = unpack(found.x)
        return cls(shared[:, None] + own, bias)

    def probabilities(self, scores: Scores) -> Probabilities:
        """Return distributions over the labels, (examples, labels), from scores (estimators, examples, labels)."""
        logits = np.einsum("enk,ek->nk", scores, self.weights) + self.bias
        return np.asarray(np.exp(log_softmax(logits, axis=-1)))
