"""Recent experts: what the newest examples say about a label, learnt one at a time and forgotten by and by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

from models.encoder import Vectors
from models.stacking import Scores
from models.votes import vote_shares

WINDOW = 4096
_VOTE_HALF_LIVES = (300.0, 1800.0)
_FIT_HALF_LIVES = (400.0, 1600.0)
_NEAREST = 60
_SHARPNESS = 0.05
_FLOOR = 0.01
_CONSTANT = 0.3
_RIDGE = 1.0

Codes = NDArray[np.int32]


class RecentExperts:
    """Votes and ridge regressions over the examples of several fields, the weight of each halved by every so many more.

    Half-lives are counted in examples, so that a busy desk forgets as fast in tickets as a quiet one. The regressions
    are recursive least squares with a forgetting factor (Haykin 2002, chapter 9), kept as second moments.
    """

    def __init__(self, dimension: int, fields: Sequence[str]) -> None:
        self._vectors = np.zeros((0, dimension), dtype=np.float32)
        self._codes: dict[str, Codes] = {name: np.zeros(0, dtype=np.int32) for name in fields}
        self._moments = [np.zeros((dimension + 1, dimension + 1)) for _ in _FIT_HALF_LIVES]
        self._targets = {name: [np.zeros((0, dimension + 1)) for _ in _FIT_HALF_LIVES] for name in fields}
        self._solved: dict[str, list[NDArray[np.float64]]] = {}

    def learn(self, vectors: Vectors, codes: Mapping[str, Codes]) -> None:
        """Take in examples, oldest first: vectors of shape (examples, dimension) and the codes of each field."""
        if not len(vectors):
            return
        self._solved.clear()
        self._fade_and_add(_with_constant(vectors), codes)
        self._vectors = np.concatenate([self._vectors, vectors])[-WINDOW:].astype(np.float32)
        for name, found in codes.items():
            self._codes[name] = np.concatenate([self._codes[name], found])[-WINDOW:]

    def _fade_and_add(self, rows: NDArray[np.float64], codes: Mapping[str, Codes]) -> None:
        ages = np.arange(len(rows))[::-1]
        for place, half_life in enumerate(_FIT_HALF_LIVES):
            weighted = rows * (0.5 ** (ages / half_life))[:, None]
            fade = 0.5 ** (len(rows) / half_life)
            self._moments[place] = fade * self._moments[place] + weighted.T @ rows
            for name, found in codes.items():
                targets = _grown(self._targets[name][place], int(found.max(initial=-1)) + 1) * fade
                labelled = np.flatnonzero(found >= 0)
                np.add.at(targets, found[labelled], weighted[labelled])
                self._targets[name][place] = targets

    def scores(self, vectors: Vectors, name: str, labels: int) -> Scores:
        """Score of every label by each expert, shape (experts, texts, labels)."""
        rows = _with_constant(vectors)
        found = [self._votes(vectors, name, labels, half_life) for half_life in _VOTE_HALF_LIVES]
        for solved in self._weights(name):
            scores = np.zeros((len(rows), labels))
            scores[:, : len(solved)] = rows @ solved.T
            found.append(scores)
        return np.stack(found)

    def _votes(self, vectors: Vectors, name: str, labels: int, half_life: float) -> NDArray[np.float64]:
        codes = self._codes[name]
        if not len(codes):
            return np.full((len(vectors), labels), np.log(_FLOOR))
        ages = np.arange(len(codes), dtype=np.float32)[::-1]
        nearness = vectors @ self._vectors.T - np.float32(_SHARPNESS * np.log(2) / half_life) * ages
        nearness[:, codes < 0] = -np.inf
        limit = min(_NEAREST, len(codes))
        among = np.argpartition(-nearness, limit - 1, axis=1)[:, :limit]
        near = np.take_along_axis(nearness, among, axis=1)
        voting = np.where(np.isfinite(near), codes[among], -1)
        return np.log(vote_shares(near, voting, labels).astype(np.float64) + _FLOOR)

    def _weights(self, name: str) -> list[NDArray[np.float64]]:
        if name not in self._solved:
            ridge = _RIDGE * np.eye(len(self._moments[0]))
            self._solved[name] = [
                np.asarray(solve(moments + ridge, targets.T, assume_a="pos").T, dtype=np.float64)
                for moments, targets in zip(self._moments, self._targets[name], strict=True)
            ]
        return self._solved[name]


def _with_constant(vectors: Vectors) -> NDArray[np.float64]:
    return np.hstack([vectors, np.full((len(vectors), 1), _CONSTANT)]).astype(np.float64)


def _grown(array: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    return array if rows <= len(array) else np.vstack([array, np.zeros((rows - len(array), array.shape[1]))])
