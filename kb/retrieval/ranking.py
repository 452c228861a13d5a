"""Ranking: how evidence of meaning, words and reuse becomes one order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kb.retrieval.weights import Weights
from models.encoder import Vectors
from models.top_k import top_k

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: a text by its words and a vector by its meaning, float32 of shape (dimension,)."""

    text: str
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Compared:
    """A query, the cosine and the lexical score of every incident with it by slot, (slots,), and the day it is asked.

    Days are counted from the epoch of Unix.
    """

    query: Query
    similarities: Vectors
    words: Vectors
    day: float


def fuse(similarities: Vectors, words: Vectors, weights: Weights) -> Vectors:
    """Return the weighted sum of cosine and lexical score, both from 0 to 1."""
    return weights.meaning * similarities + (1 - weights.meaning) * words


def share(lexical: Vectors) -> Vectors:
    """Return BM25 as a share of its highest score, so that it can be added to a cosine."""
    return lexical / max(float(lexical.max(initial=0.0)), 1e-9)


def best(scores: Vectors, allowed: Mask, limit: int) -> NDArray[np.int64]:
    """Return the indices of the `limit` highest scores above zero among those allowed, best first."""
    among = np.flatnonzero(allowed & (scores > 0))
    return np.asarray(among[top_k(scores[None, among], limit)[0]])


def same(value: str | None, wanted: str) -> bool:
    """Return whether a value is the wanted one, ignoring case."""
    return value is not None and value.casefold() == wanted.casefold()
