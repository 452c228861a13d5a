"""Newcomers: values that came up after training, told from everything else by their first examples."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from kb.labels import LabelColumn
from models.encoder import Vectors
from models.few_shot import LEAST_SHOTS, MOST_SHOTS, Background, FewShot
from triage.distributions import Distribution

_MOST = 0.98


@dataclass(frozen=True, slots=True)
class Newcomers:
    """The values of one field that are new, each with the slots of its examples and what tells it."""

    values: tuple[str, ...] = ()
    examples: tuple[tuple[int, ...], ...] = ()
    shots: tuple[FewShot, ...] = ()

    @classmethod
    def among(
        cls,
        column: LabelColumn,
        known: Collection[str],
        vectors: Vectors,
        background: Callable[[], Background],
        before: Newcomers,
    ) -> Newcomers:
        """Values that are not known yet and have three to thirty examples; those that were fitted `before` are kept."""
        codes = column.codes()
        counts = np.bincount(codes[codes >= 0], minlength=len(column.values))
        new = [
            code
            for code, value in enumerate(column.values)
            if LEAST_SHOTS <= counts[code] <= MOST_SHOTS and value not in known
        ]
        fitted = dict(zip(before.examples, before.shots, strict=True))
        examples = tuple(tuple(np.flatnonzero(codes == code).tolist()) for code in new)
        shots = tuple(fitted.get(slots) or FewShot.fit(background(), vectors[list(slots)]) for slots in examples)
        return cls(tuple(column.values[code] for code in new), examples, shots)


def with_newcomers(found: Distribution, vectors: Vectors, newcomers: Newcomers) -> Distribution:
    """The distribution in which each new value has the chance that its examples give it, if that is higher."""
    if not newcomers.values:
        return found
    values = [*found.values, *(value for value in newcomers.values if value not in set(found.values))]
    chances = np.zeros((len(vectors), len(values)))
    chances[:, : len(found.values)] = found.probabilities
    place = {value: position for position, value in enumerate(values)}
    own = np.array([place[value] for value in newcomers.values])
    new = np.stack([shot.chances(vectors) for shot in newcomers.shots], axis=1)
    raised = np.maximum(chances[:, own], new)
    raised *= np.minimum(1.0, _MOST / np.maximum(raised.sum(axis=1, keepdims=True), 1e-12))
    before, after = chances[:, own].sum(axis=1, keepdims=True), raised.sum(axis=1, keepdims=True)
    chances *= (1 - after) / np.maximum(1 - before, 1e-12)
    chances[:, own] = raised
    return Distribution(values, chances)
