"""Familiarity: how much a text resembles what is known, whatever its label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.encoder import Vectors

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NoveltySettings:
    """How familiar a text must be with what is known."""

    # known texts whose cosines are averaged: a single odd neighbour decides nothing; chosen by hand
    nearest: int = 5
    # a text with neighbours as similar as this is never called unknown; chosen by hand, not tuned
    alike: float = 0.5
    # known texts that may be called unfamiliar: more of them hide right suggestions, fewer let strange requests pass
    unfamiliar_share: float = 0.01
    # told requests in scope from others better than similarity or confidence alone (benchmark `scope`)
    similarity_weight: float = 0.8


NOVELTY = NoveltySettings()


def familiarity(similarities: Vectors, confidences: Scores) -> Scores:
    """Familiarity of texts, from 0 to 1, shape (texts,).

    Four parts the mean cosine with the five nearest known texts, one part the confidence of the best guess. Chosen
    on held-out in-scope and out-of-scope requests, where it told them apart better than either alone.
    """
    closeness = mean_similarity(similarities)
    return np.clip(NOVELTY.similarity_weight * closeness + (1 - NOVELTY.similarity_weight) * confidences, 0.0, 1.0)


def mean_similarity(similarities: Vectors) -> Scores:
    """Mean cosine with the five nearest, shape (texts,), from cosines of shape (texts, neighbours), best first."""
    if similarities.shape[1] == 0:
        return np.zeros(len(similarities))
    return np.asarray(similarities[:, : NOVELTY.nearest].mean(axis=1), dtype=np.float64)


def unfamiliar_below(known: Scores) -> float:
    """Familiarity that all but one in a hundred known texts reach, each compared with the others."""
    return float(np.quantile(known, NOVELTY.unfamiliar_share)) if len(known) else 0.0
