"""Largest: where the highest of many scores stand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_GROUP = 64


def largest(scores: NDArray[np.floating[Any]], limit: int) -> NDArray[np.int64]:
    """Places of the `limit` highest of each row's scores, best first and of equal ones the first; shape (rows, limit).

    All of them where there are no more. Rows are read in groups of 64 scores: as many scores as there are groups with
    a highest one that reaches a bound reach it too, so only the few that do are sorted.
    """
    count = scores.shape[1]
    limit = min(limit, count)
    groups = count // _GROUP
    if groups <= limit:
        return np.argsort(-scores, axis=1, kind="stable")[:, :limit]
    highest = scores[:, : groups * _GROUP].reshape(-1, _GROUP, groups).max(axis=1)
    bounds = np.partition(highest, groups - max(limit, 1), axis=1)[:, groups - max(limit, 1)]
    found = np.empty((len(scores), limit), dtype=np.int64)
    for row, (values, bound) in enumerate(zip(scores, bounds, strict=True)):
        among = np.flatnonzero(values >= bound)
        found[row] = among[np.argsort(-values[among], kind="stable")[:limit]]
    return found
