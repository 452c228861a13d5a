"""Splits: the few answers that tell values apart best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

Chances = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Split:
    """Answers that tell values apart: their columns, how likely each is to be given, and the bits that they bring."""

    columns: tuple[int, ...]
    likely: tuple[float, ...]
    bits: float


def best_split(chances: Chances, presence: Chances, *, most: int) -> Split:
    """Return the answers with the highest information gain about a value, chosen greedily, at most `most` of them.

    `chances` (values,) are the probabilities of the values, `presence` (values, columns) the probability that each
    answer is true of a value. The first true answer is given; "none of these" is an answer too.
    """
    weights = chances / chances.sum()
    left = np.ones(len(weights))
    settled, before = 0.0, _uncertainty(weights[:, None])[0]
    columns, likely, bits = list[int](), list[float](), 0.0
    for _ in range(min(most, presence.shape[1])):
        given = weights[:, None] * left[:, None] * presence
        none = weights[:, None] * left[:, None] * (1 - presence)
        after = settled + _uncertainty(given) + _uncertainty(none)
        after[columns] = np.inf
        column = int(after.argmin())
        if before - after[column] <= bits + 1e-9:
            break
        bits = float(before - after[column])
        columns.append(column)
        likely.append(float(given[:, column].sum()))
        settled += float(_uncertainty(given[:, [column]])[0])
        left = left * (1 - presence[:, column])
    return Split(tuple(columns), tuple(likely), bits)


def _uncertainty(joint: Chances) -> Chances:
    """Return the entropy of the values in bits, weighted by how likely each column is; `joint` is (values, columns)."""
    each: Chances = entr(joint).sum(axis=0) - entr(joint.sum(axis=0))
    return np.asarray(each / np.log(2))
