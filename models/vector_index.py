"""Vector index: exact search by inner product, with slots that can be rewritten and cleared."""

from __future__ import annotations

import faiss
import numpy as np
from numpy.typing import NDArray

from models.encoder import Vectors


class VectorIndex:
    """Vectors by slot in a flat FAISS index.

    A cleared slot holds the zero vector, so it ranks below every vector that shares anything with the query.
    """

    def __init__(self, dimension: int) -> None:
        self._index = faiss.IndexFlatIP(dimension)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def append(self, vectors: Vectors) -> None:
        """Put the vectors, float32 of shape (n, dimension), into the next n slots."""
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def rewrite(self, slot: int, vector: Vectors) -> None:
        """Put another vector into a slot."""
        self._stored()[slot] = vector

    def clear(self, slot: int) -> None:
        """Clear a slot."""
        self._stored()[slot] = 0.0

    def vectors(self) -> Vectors:
        """Return all vectors by slot, a view that is valid until the next append."""
        return self._stored()

    def scores(self, queries: Vectors, part: slice = slice(None)) -> Vectors:
        """Return inner products of queries, (dimension,) or (n, dimension), with the slots: (slots,) or (n, slots).

        With `part`, only those numbers of the vectors count. Sixteen queries at once take as long as two or three
        separate ones: most of the time goes into reading the vectors.
        """
        asked, stored = queries[..., part], self._stored()[:, part]
        if asked.size == stored.shape[1]:  # for a single query NumPy's loops read them twice as fast as BLAS
            return np.asarray(np.einsum("...d,sd->...s", asked, stored), dtype=np.float32)
        return np.asarray(asked @ stored.T, dtype=np.float32)

    def search(self, queries: Vectors, limit: int) -> tuple[Vectors, NDArray[np.int64]]:
        """Return the best `limit` slots of each query, best first.

        Scores and slots have the shape (queries, limit); where there are fewer, the slot is -1
        and the score the lowest that vectors of length one can have.
        """
        scores, slots = self._index.search(np.ascontiguousarray(queries, dtype=np.float32), limit)
        return np.maximum(scores, np.float32(-1.0)), slots

    def _stored(self) -> Vectors:
        count, dimension = len(self), self._index.d
        if count == 0:
            return np.zeros((0, dimension), dtype=np.float32)
        flat = faiss.rev_swig_ptr(self._index.get_xb(), count * dimension)
        return np.asarray(flat).reshape(count, dimension)
