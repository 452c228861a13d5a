"""Topics of texts, by latent semantic analysis of their words or character sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

Places = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """Parameters of the topics."""

    # topics of words, and of character sequences: 64 and 256 were no better; experiment 003
    topics: int = 128
    # most frequent features that topics are read from; experiment 003
    columns: int = 20_000
    # power iterations of the randomised decomposition: more come closer to the exact one and take longer
    passes: int = 3


_SETTINGS = TopicSettings()


@dataclass(frozen=True, slots=True)
class Topics:
    """The directions in which TF-IDF rows of the learnt texts vary most (Deerwester et al. 1990).

    They are read from the most frequent features: `places` has the place of each feature among those, -1 for the
    others, shape (features,); `directions` has the shape (places, topics).
    """

    places: Places
    directions: NDArray[np.float32]

    @classmethod
    def fit(cls, matrix: sparse.csr_matrix) -> Topics:
        """Fit to TF-IDF rows, shape (texts, features); fewer texts or features than topics give fewer topics."""
        frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
        kept = np.sort(np.argsort(-frequency, kind="stable")[: _SETTINGS.columns])
        places = places_of(kept, matrix.shape[1])
        rows = only(matrix, places, len(kept))
        if not min(rows.shape):
            return cls(places, np.zeros((len(kept), 0), dtype=np.float32))
        _, _, directions = randomized_svd(
            rows, min(_SETTINGS.topics, *rows.shape), n_iter=_SETTINGS.passes, random_state=0
        )
        return cls(places, np.ascontiguousarray(directions.T, dtype=np.float32))

    def of(self, matrix: sparse.csr_matrix) -> NDArray[np.float32]:
        """Return the topics of TF-IDF rows, of length one, or zero without known words, shape (texts, topics)."""
        found = np.asarray(only(matrix, self.places, len(self.directions)) @ self.directions, dtype=np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 0))


def places_of(kept: NDArray[np.int64], features: int) -> Places:
    """Return the place of each of so many features among the selected ones, -1 for the others, shape (features,)."""
    places = np.full(features, -1, dtype=np.int32)
    places[kept] = np.arange(len(kept), dtype=np.int32)
    return places


def only(matrix: sparse.csr_matrix, places: Places, count: int) -> sparse.csr_matrix:
    """Return the `count` features of the matrix that have a place, at their places."""
    found = places[matrix.indices]
    kept = found >= 0
    starts = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    return sparse.csr_matrix((matrix.data[kept], found[kept], starts), shape=(matrix.shape[0], count))
