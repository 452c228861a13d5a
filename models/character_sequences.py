"""Character sequences: the runs of three to five characters within words, counted by their hash."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

HASHES = 2**20

_HASHING = HashingVectorizer(
    analyzer="char_wb",
    ngram_range=(3, 5),
    lowercase=False,
    n_features=HASHES,
    norm=None,
    alternate_sign=False,
    dtype=np.float32,
)


def count_sequences(texts: Sequence[str]) -> sparse.csr_matrix:
    """Counts of the character sequences of texts, shape (texts, hashes).

    A sequence never spans two words, so each word is taken apart once, however often it occurs.
    """
    places: dict[str, int] = {}
    found = [[places.setdefault(word, len(places)) for word in text.lower().split()] for text in texts]
    if not places:
        return sparse.csr_matrix((len(texts), HASHES), dtype=np.float32)
    ends = np.cumsum([0, *map(len, found)])
    columns = np.concatenate([np.array(row, dtype=np.int32) for row in found])
    words = sparse.csr_matrix((np.ones(len(columns), dtype=np.float32), columns, ends), (len(texts), len(places)))
    return words @ _HASHING.transform(places)
