"""Emerging labels: values that appeared after training, recognised by their first examples."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from kb.retrieval.label_columns import LabelColumn
from models.calibration import log_odds
from models.encoder import Vectors
from models.few_shot import LEAST_SHOTS, MOST_SHOTS, Background, FewShot
from triage.distributions import Distribution


@dataclass(frozen=True, slots=True)
class EmergingSettings:
    """How new values share probability with known ones (experiment 007)."""

    # probability that all new values may have together; chosen by hand
    most: float = 0.98
    # how far doubt about the known values moves the odds of a new one; best for values left out of real data
    doubt_weight: float = 0.4
    # log odds below the usual certainty, from which on doubt speaks for a new value; best for the same
    doubt_needed: float = 3.0


_SETTINGS = EmergingSettings()


@dataclass(frozen=True, slots=True)
class EmergingLabels:
    """The values of one field that are new, each with the slots of its examples and its few-shot classifier.

    `certainty` is how certain the field's classifier is of texts like those that it knows.
    """

    values: tuple[str, ...] = ()
    examples: tuple[tuple[int, ...], ...] = ()
    shots: tuple[FewShot, ...] = ()
    certainty: float = 0.0

    @classmethod
    def among(
        cls,
        column: LabelColumn,
        known: Collection[str],
        vectors: Vectors,
        background: Callable[[], Background],
        before: EmergingLabels,
        *,
        counting: NDArray[np.bool_],
        certainty: float,
    ) -> EmergingLabels:
        """Return the new values with three to thirty examples; reuse those that were fitted `before`.

        `counting` says which slots are examples: those of an earlier scheme are not.
        """
        codes = np.where(counting, column.codes(), np.int32(-1))
        counts = np.bincount(codes[codes >= 0], minlength=len(column.values))
        new = [
            code
            for code, value in enumerate(column.values)
            if LEAST_SHOTS <= counts[code] <= MOST_SHOTS and value not in known
        ]
        fitted = dict(zip(before.examples, before.shots, strict=True))
        examples = tuple(tuple(np.flatnonzero(codes == code).tolist()) for code in new)
        shots = tuple(fitted.get(slots) or FewShot.fit(background(), vectors[list(slots)]) for slots in examples)
        return cls(tuple(column.values[code] for code in new), examples, shots, certainty)


def with_emerging_labels(found: Distribution, vectors: Vectors, emerging: EmergingLabels) -> Distribution:
    """Return the distribution in which each new value has its few-shot probability where that is higher.

    Doubt about all other values speaks for a new one: its log odds move by 0.4 times the amount by which the certainty
    of the best of them falls short of the usual one, less 3. That was best for values left out of real data sets.
    """
    if not emerging.values:
        return found
    values = [*found.values, *(value for value in emerging.values if value not in set(found.values))]
    chances = np.zeros((len(vectors), len(values)))
    chances[:, : len(found.values)] = found.probabilities
    place = {value: position for position, value in enumerate(values)}
    own = np.array([place[value] for value in emerging.values])
    doubt = emerging.certainty - log_odds(np.delete(chances, own, axis=1).max(axis=1, initial=0.0))
    odds = np.stack([shot.log_odds(vectors) for shot in emerging.shots], axis=1)
    new = expit(odds + _SETTINGS.doubt_weight * (doubt - _SETTINGS.doubt_needed)[:, None])
    raised = np.maximum(chances[:, own], new)
    raised *= np.minimum(1.0, _SETTINGS.most / np.maximum(raised.sum(axis=1, keepdims=True), 1e-12))
    before, after = chances[:, own].sum(axis=1, keepdims=True), raised.sum(axis=1, keepdims=True)
    chances *= (1 - after) / np.maximum(1 - before, 1e-12)
    chances[:, own] = raised
    return Distribution(values, chances)
