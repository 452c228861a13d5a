"""Top k: the columns of the highest scores of each row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# 64 columns share one bound; smaller groups bound more tightly and are more to compare; chosen by hand
_GROUP = 64


def top_k(scores: NDArray[np.floating[Any]], limit: int) -> NDArray[np.int64]:
    """Return the columns of the `limit` highest scores of each row, best first, ties by column; shape (rows, limit).

    All of them where there are no more. Only the few scores above a bound that `limit` of them reach are sorted.
    """
    limit = min(limit, scores.shape[1])
    found = np.empty((len(scores), limit), dtype=np.int64)
    if limit:
        for row, (values, bound) in enumerate(zip(scores, _bounds(scores, limit), strict=True)):
            above, level = np.flatnonzero(values > bound), np.flatnonzero(values == bound)
            ordered = above[np.argsort(-values[above], kind="stable")]
            found[row] = np.concatenate([ordered, level[:limit]])[:limit]
    return found


def _bounds(scores: NDArray[np.floating[Any]], limit: int) -> NDArray[np.floating[Any]]:
    """Return a score that at least `limit` of each row reach, shape (rows,).

    Where there are more groups of 64 than that, as many groups have a highest score that reaches it; else it is exact.
    """
    groups = scores.shape[1] // _GROUP
    if groups > limit:
        scores = scores[:, : groups * _GROUP].reshape(-1, _GROUP, groups).max(axis=1)
    place = scores.shape[1] - limit
    return np.asarray(np.partition(scores, place, axis=1)[:, place])
