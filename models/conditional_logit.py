"""Conditional logit: which of several alternatives fits best, learnt from past choices (McFadden 1974)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Features: TypeAlias = NDArray[np.float64]

# penalty on squared weights: keeps them finite where one feature decides every choice; chosen by hand
_PENALTY = 1e-3
# steps of L-BFGS at most: it converges in far fewer
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice set: features of shape (alternatives, features), and which of them were chosen, (alternatives,)."""

    features: Features
    chosen: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ConditionalLogit:
    """Conditional logit (McFadden 1974): what is chosen with a probability that grows with a weighted sum of features.

    `centres` and `scales` make the features comparable before they are weighed.
    """

    centres: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]

    @classmethod
    def fit(cls, choices: Sequence[Choice]) -> ConditionalLogit:
        """Maximise the likelihood of the choices with a small penalty on the weights; skip sets without a choice.

        Raises ValueError where nothing was chosen in any set.
        """
        made = [choice for choice in choices if choice.chosen.any()]
        if not made:
            raise ValueError("nothing was chosen: no choice can be learnt")
        features = np.concatenate([choice.features for choice in made])
        share = np.concatenate([choice.chosen / choice.chosen.sum() for choice in made])
        sizes = np.array([len(choice.chosen) for choice in made])
        starts, group = np.cumsum(sizes) - sizes, np.repeat(np.arange(len(made)), sizes)
        centres, scales = features.mean(axis=0), features.std(axis=0) + 1e-6
        features = (features - centres) / scales

        def loss(weights: Features) -> tuple[float, Features]:
            scores = features @ weights
            scores -= np.maximum.reduceat(scores, starts)[group]
            sums = np.add.reduceat(np.exp(scores), starts)[group]
            likelihood = float((share * (scores - np.log(sums))).sum()) / len(made)
            slope = features.T @ (np.exp(scores) / sums - share) / len(made)
            return _PENALTY / 2 * float(weights @ weights) - likelihood, slope + _PENALTY * weights

        found = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
        return cls(tuple(centres.tolist()), tuple(scales.tolist()), tuple(np.asarray(found.x).tolist()))

    def probabilities(self, features: Features) -> Features:
        """Return the probability of each alternative of one set to be chosen, shape (alternatives,), summing to one."""
        scores = ((features - np.array(self.centres)) / np.array(self.scales)) @ np.array(self.weights)
        shares = np.exp(scores - scores.max(initial=-np.inf))
        return np.asarray(shares / max(float(shares.sum()), 1e-12))
