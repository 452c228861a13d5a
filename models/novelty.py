"""Novelty: how unlike all known texts a text is, and how much that lowers a confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from models.encoder import Vectors

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NoveltySettings:
    """How familiar a text must be to count as known."""

    # known texts whose cosines are averaged: a single odd neighbour decides nothing; chosen by hand
    nearest: int = 5
    # a text with neighbours as similar as this is never called unknown; chosen by hand, not tuned
    alike: float = 0.5
    # share of known texts that may be called unfamiliar: more hide right suggestions, fewer let strange requests pass
    unfamiliar_share: float = 0.01
    # separated requests in scope from others better than similarity or confidence alone (benchmark `scope`)
    similarity_weight: float = 0.8
    # share of tickets taken to belong to nothing known: real ones lie further off than values left out of history, so
    # one in ten of the latter stands for one in twenty real ones; experiment 019
    foreign_share: float = 0.1
    # share of known texts whose confidence novelty may lower, since confidences are calibrated without it;
    # experiment 019
    doubted_share: float = 0.1
    # fewest examples with and without their value in history: a curve fitted to fewer overfits; chosen by hand
    least: int = 100
    # examples whose value is left out of history: more change the curve little and take longer; chosen by hand
    most: int = 2000


NOVELTY = NoveltySettings()


def familiarity(similarities: Vectors, confidences: Scores) -> Scores:
    """Return the familiarity of texts, from 0 to 1, shape (texts,).

    It is four parts the mean cosine with the five nearest known texts, one part the confidence of the best guess. This
    mix separated held-out requests in and out of scope better than either alone.
    """
    closeness = mean_similarity(similarities)
    return np.clip(NOVELTY.similarity_weight * closeness + (1 - NOVELTY.similarity_weight) * confidences, 0.0, 1.0)


def mean_similarity(similarities: Vectors) -> Scores:
    """Return the mean cosine with the five nearest, shape (texts,), from cosines (texts, neighbours), best first."""
    if similarities.shape[1] == 0:
        return np.zeros(len(similarities))
    return np.asarray(similarities[:, : NOVELTY.nearest].mean(axis=1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class NoveltyCurve:
    """How familiarity lowers confidence; below `known_from` a text is unlike anything known.

    The chance that a text belongs to what is known is expit(`rise` · familiarity + `shift`); from `doubted_below` on it
    is as high as confidences already assume. The defaults lower no confidence.
    """

    known_from: float = 0.0
    rise: float = 0.0
    shift: float = 0.0
    doubted_below: float = 0.0

    @classmethod
    def fit(cls, known: Scores, foreign: Scores) -> NoveltyCurve:
        """Fit to the familiarity of known texts, each compared with the others, and of texts whose value is not known.

        All but one in a hundred known texts reach `known_from`; all but one in ten keep the confidence that they have.
        """
        if not len(known):
            return cls()
        known_from, doubted_below = np.quantile(known, [NOVELTY.unfamiliar_share, NOVELTY.doubted_share])
        if min(len(known), len(foreign)) < NOVELTY.least:
            return cls(float(known_from))
        belongs = np.arange(len(known) + len(foreign)) < len(known)
        share = NOVELTY.foreign_share
        weights = np.where(belongs, (1 - share) / len(known), share / len(foreign)) * len(belongs)
        model = LogisticRegression(C=np.inf).fit(np.concatenate([known, foreign])[:, None], belongs, weights)
        return cls(
            float(known_from), max(float(model.coef_[0, 0]), 0.0), float(model.intercept_[0]), float(doubted_below)
        )

    def belonging(self, known: Scores) -> Scores:
        """Return the share of a confidence that stays, from 0 to 1, of the same shape as the familiarity."""
        usual = expit(self.rise * self.doubted_below + self.shift)
        return np.asarray(np.minimum(expit(self.rise * known + self.shift) / usual, 1.0))
