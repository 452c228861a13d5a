"""Clusters: agglomerative clustering of vectors of texts that say much the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Matrix = NDArray[np.float32]

# average linkage takes time quadratic in the points; experiment 013
MOST_POINTS = 8000


@dataclass(frozen=True, slots=True)
class CondensingSettings:
    """How near copies are merged beforehand where there are more than MOST_POINTS vectors."""

    # cosine distance of near copies to begin with: finer than any cluster; chosen by hand
    finest: float = 0.06
    # growth of that distance each round, until few enough are left: larger needs fewer rounds and merges more
    coarser: float = 1.4
    # distance at which merging near copies ends, however many are left
    coarsest: float = 0.5
    # vectors compared at a time: bounds memory, changes nothing in the result
    block: int = 512


_SETTINGS = CondensingSettings()


def cluster(vectors: Matrix, *, distance: float) -> Labels:
    """Return the cluster of each of n unit vectors (n, dimension), int64 of shape (n,): the place of its first member.

    Average linkage on cosine distance, merged while two clusters are nearer than `distance`. The mean cosine of all
    pairs between two clusters is the product of their means, so that only means are kept. Of more than MOST_POINTS
    vectors, near copies are first merged into one weighted point. The same vectors in the same order always give the
    same labels.
    """
    leaders, weights = _condensed(vectors)
    sums = np.zeros((len(weights), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, leaders, vectors)
    masses = weights.astype(np.float32)
    merged = _linked(sums / masses[:, None], masses, distance)
    _, first = np.unique(merged[leaders], return_index=True)
    place_of = dict(zip(merged[leaders[first]].tolist(), first.tolist(), strict=True))
    return np.array([place_of[root] for root in merged[leaders].tolist()], dtype=np.int64)


def _condensed(vectors: Matrix) -> tuple[Labels, NDArray[np.int64]]:
    """Return the point of each vector, and how many vectors each point stands for."""
    if len(vectors) <= MOST_POINTS:
        return np.arange(len(vectors)), np.ones(len(vectors), dtype=np.int64)
    radius = _SETTINGS.finest
    while True:
        leader = _leaders(vectors, 1 - radius)
        heads, points = np.unique(leader, return_inverse=True)
        if len(heads) <= MOST_POINTS or radius > _SETTINGS.coarsest:
            return points.astype(np.int64), np.bincount(points)
        radius *= _SETTINGS.coarser


def _leaders(vectors: Matrix, least: float) -> Labels:
    """Return for each vector the first leader with a cosine of at least `least`, or itself where there is none."""
    heads = np.zeros(0, dtype=np.int64)
    found = np.full(len(vectors), -1, dtype=np.int64)
    for start in range(0, len(vectors), _SETTINGS.block):
        block = vectors[start : start + _SETTINGS.block]
        if len(heads):
            cosines = block @ vectors[heads].T
            best = cosines.argmax(axis=1)
            near = cosines[np.arange(len(block)), best] >= least
            found[start : start + len(block)][near] = heads[best[near]]
        fresh = list[int]()
        for place in np.flatnonzero(found[start : start + len(block)] < 0).tolist():
            cosines = vectors[fresh] @ block[place] if fresh else np.zeros(0, dtype=np.float32)
            near_one = int(cosines.argmax()) if len(cosines) else -1
            led = near_one >= 0 and cosines[near_one] >= least
            found[start + place] = fresh[near_one] if led else start + place
            if not led:
                fresh.append(start + place)
        heads = np.concatenate([heads, np.array(fresh, dtype=np.int64)])
    return found


def _linked(means: Matrix, weights: NDArray[np.float32], distance: float) -> Labels:
    """Return the root of each point, by nearest-neighbour chains (Murtagh 1983), up to a largest distance."""
    count = len(means)
    means, weights = means.copy(), weights.copy()
    parent = np.arange(count)
    open_ = np.ones(count, dtype=bool)
    barred = np.zeros(count, dtype=np.float32)
    chain = list[int]()
    following = 0
    while True:
        if not chain:
            while following < count and not open_[following]:
                following += 1
            if following == count:
                break
            chain.append(following)
        top = chain[-1]
        cosines = means @ means[top] + barred
        cosines[top] = -np.inf
        before = chain[-2] if len(chain) > 1 else -1
        nearest = int(cosines.argmax())
        if before >= 0 and cosines[before] >= cosines[nearest]:
            nearest = before
        if 1 - cosines[nearest] > distance:
            chain.pop()
            open_[top] = False
            barred[top] = -np.inf
            means[top] = 0
        elif nearest == before:
            chain[-2:] = []
            kept, gone = min(top, nearest), max(top, nearest)
            both = weights[kept] + weights[gone]
            means[kept] = (means[kept] * weights[kept] + means[gone] * weights[gone]) / both
            weights[kept], parent[gone], open_[gone], barred[gone], means[gone] = both, kept, False, -np.inf, 0
            following = min(following, kept)
        else:
            chain.append(nearest)
    return _roots(parent)


def _roots(parent: Labels) -> Labels:
    while True:
        further = parent[parent]
        if np.array_equal(further, parent):
            return parent
        parent = further
