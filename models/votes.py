"""Votes: the labels of the nearest texts, weighted by similarity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.encoder import Vectors

# texts that vote: fewer make shares coarse, more bring in other issues; chosen by hand
NEIGHBOURS = 30
# a neighbour nearer by this weighs e times as much, so that a near copy outweighs many; chosen by hand
_SHARPNESS = 0.05

Shares = NDArray[np.float32]


def similarity_bonus(times: float) -> np.float32:
    """Return what to add to a cosine so that its vote weighs so many times as much."""
    return np.float32(_SHARPNESS * np.log(times))


def vote_shares(similarities: Vectors, codes: NDArray[np.int32], labels: int) -> Shares:
    """Return the share of the votes for each label, shape (texts, labels); all zero for a row without votes.

    `similarities` and `codes` have the shape (texts, neighbours); a code of -1 has no label and does not vote.
    """
    weights = vote_weights(similarities, codes)
    shares = np.zeros((len(codes), labels), dtype=np.float32)
    rows = np.broadcast_to(np.arange(len(codes))[:, None], codes.shape)
    votes = codes >= 0
    np.add.at(shares, (rows[votes], codes[votes]), weights[votes])
    return shares


def vote_weights(similarities: Vectors, codes: NDArray[np.int32]) -> Shares:
    """Return each neighbour's weight, rows summing to one: exp(cosine / 0.05), so a near copy outweighs many."""
    votes = codes >= 0
    highest = np.where(votes, similarities, -np.inf).max(axis=1, keepdims=True, initial=-1.0)
    weights = np.where(votes, np.exp((similarities - highest) / _SHARPNESS), 0.0)
    return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12), dtype=np.float32)
