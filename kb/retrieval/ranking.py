"""Ranking: combines evidence from meaning, words and reuse into one order."""

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
    """A query: a text to match by its words, and its vector, float32 of shape (dimension,)."""

    text: str
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Compared:
    """A query with the cosine and lexical score of every incident by slot, (slots,), and the day of asking.

    Days are counted from the Unix epoch.
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
