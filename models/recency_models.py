"""Recency models: labels learnt from the newest examples, one at a time, with exponential forgetting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from models.encoder import Vectors
from models.stacking import Scores
from models.top_k import top_k
from models.votes import vote_shares

# newest examples that vote: bounds memory and time; an older one weighs at most a fifth
WINDOW = 4096

Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class RecencySettings:
    """Parameters of the recency models."""

    # examples until a vote weighs half: one follows a change at once, one remembers; experiment 005
    vote_half_lives: tuple[float, ...] = (300.0, 1800.0)
    # the same for the ridge regressions; experiment 005
    fit_half_lives: tuple[float, ...] = (400.0, 1600.0)
    # neighbours that vote: twice as many as in a plain vote, since age takes weight from many; by hand
    nearest: int = 60
    # a neighbour nearer by this weighs e times as much, as in `votes`
    sharpness: float = 0.05
    # share of votes that a value without votes is given, so that it has a logarithm
    floor: float = 0.01
    # the constant beside vectors of length one; smaller lets ridge hold the intercept down; by hand
    constant: float = 0.3
    # keeps the regressions solvable while examples are few; larger learns more slowly; by hand
    ridge: float = 1.0


_SETTINGS = RecencySettings()


class RecencyModels:
    """Votes and ridge regressions over the examples of several fields, whose weight halves with age.

    An example is seen in several views, arrays of shape (examples, size): the first are vectors, which vote, and each
    has separate regressions. Half-lives are counted in examples, so that a busy desk forgets as fast in tickets as a
    quiet one.
    """

    def __init__(self, sizes: Sequence[int], fields: Sequence[str]) -> None:
        self._vectors = np.zeros((0, sizes[0]), dtype=np.float32)
        self._codes: dict[str, Codes] = {name: np.zeros(0, dtype=np.int32) for name in fields}
        self._regressions = [
            [_Regression(size, fields, half_life) for half_life in _SETTINGS.fit_half_lives] for size in sizes
        ]

    def learn(self, views: Sequence[Vectors], codes: Mapping[str, Codes]) -> None:
        """Learn from examples, oldest first: their rows in each view, and their codes of each field."""
        if not len(views[0]):
            return
        for view, regressions in zip(views, self._regressions, strict=True):
            for regression in regressions:
                regression.learn(_with_constant(view), codes)
        self._vectors = np.concatenate([self._vectors, views[0]])[-WINDOW:].astype(np.float32)
        for name, found in codes.items():
            self._codes[name] = np.concatenate([self._codes[name], found])[-WINDOW:]

    def scores(self, views: Sequence[Vectors], name: str, labels: int) -> Scores:
        """Return the score of every label by each model, shape (models, texts, labels)."""
        found = [self._votes(views[0], name, labels, half_life) for half_life in _SETTINGS.vote_half_lives]
        for view, regressions in zip(views, self._regressions, strict=True):
            found += [regression.scores(_with_constant(view), name, labels) for regression in regressions]
        return np.stack(found)

    def _votes(self, vectors: Vectors, name: str, labels: int, half_life: float) -> NDArray[np.float64]:
        codes = self._codes[name]
        if not len(codes):
            return np.full((len(vectors), labels), np.log(_SETTINGS.floor))
        ages = np.arange(len(codes), dtype=np.float32)[::-1]
        nearness = vectors @ self._vectors.T - np.float32(_SETTINGS.sharpness * np.log(2) / half_life) * ages
        nearness[:, codes < 0] = -np.inf
        among = top_k(nearness, _SETTINGS.nearest)
        near = np.take_along_axis(nearness, among, axis=1)
        voting = np.where(np.isfinite(near), codes[among], -1)
        return np.log(vote_shares(near, voting, labels).astype(np.float64) + _SETTINGS.floor)


class _Regression:
    """Recursive least squares with a forgetting factor (Haykin 2002, chapter 9), kept as second moments."""

    def __init__(self, size: int, fields: Sequence[str], half_life: float) -> None:
        self._half_life = half_life
        self._moments = np.zeros((size + 1, size + 1))
        self._targets = {name: np.zeros((0, size + 1)) for name in fields}
        self._factor: tuple[NDArray[np.float64], bool] | None = None
        self._solved: dict[str, NDArray[np.float64]] = {}

    def learn(self, rows: NDArray[np.float64], codes: Mapping[str, Codes]) -> None:
        self._factor = None
        self._solved.clear()
        fade = 0.5 ** (len(rows) / self._half_life)
        weighted = rows * (0.5 ** (np.arange(len(rows))[::-1] / self._half_life))[:, None]
        self._moments = fade * self._moments + weighted.T @ rows
        for name, found in codes.items():
            targets = _grown(self._targets[name], int(found.max(initial=-1)) + 1) * fade
            labelled = np.flatnonzero(found >= 0)
            np.add.at(targets, found[labelled], weighted[labelled])
            self._targets[name] = targets

    def scores(self, rows: NDArray[np.float64], name: str, labels: int) -> NDArray[np.float64]:
        if self._factor is None:
            self._factor = cho_factor(self._moments + _SETTINGS.ridge * np.eye(len(self._moments)), lower=True)
        if name not in self._solved:
            self._solved[name] = np.asarray(cho_solve(self._factor, self._targets[name].T).T, dtype=np.float64)
        found = np.zeros((len(rows), labels))
        found[:, : len(self._solved[name])] = rows @ self._solved[name].T
        return found


def _with_constant(view: Vectors) -> NDArray[np.float64]:
    return np.hstack([view, np.full((len(view), 1), _SETTINGS.constant)]).astype(np.float64)


def _grown(array: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    return array if rows <= len(array) else np.vstack([array, np.zeros((rows - len(array), array.shape[1]))])
