"""Familiarity: how much a text resembles what is known, whatever its label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.encoder import Vectors

NEAREST = 5
ALIKE = 0.5
UNFAMILIAR_SHARE = 0.01
_SIMILARITY_WEIGHT = 0.8

Scores = NDArray[np.float64]


def familiarity(similarities: Vectors, confidences: Scores) -> Scores:
    """Familiarity of texts, from 0 to 1, shape (texts,).

    Four parts the mean cosine with the five nearest known texts, one part the confidence of the best guess. Chosen
    on held-out in-scope and out-of-scope requests, where it told them apart better than either alone.
    """
    closeness = mean_similarity(similarities)
    return np.clip(_SIMILARITY_WEIGHT * closeness + (1 - _SIMILARITY_WEIGHT) * confidences, 0.0, 1.0)


def mean_similarity(similarities: Vectors) -> Scores:
    """Mean cosine with the five nearest, shape (texts,), from cosines of shape (texts, neighbours), best first."""
    if similarities.shape[1] == 0:
        return np.zeros(len(similarities))
    return np.asarray(similarities[:, :NEAREST].mean(axis=1), dtype=np.float64)


def unfamiliar_below(known: Scores) -> float:
    """Familiarity that all but one in a hundred known texts reach, each compared with the others."""
    return float(np.quantile(known, UNFAMILIAR_SHARE)) if len(known) else 0.0
