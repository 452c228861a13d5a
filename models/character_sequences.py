"""Character sequences: the runs of three to five characters within words, counted by their hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

# columns: with fewer, more sequences share one; with more, a row of counts takes more memory; not tuned
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
# words whose sequences are cached: bounds the memory of a service; a full cache is emptied
_MOST_KNOWN = 50_000

_Counts: TypeAlias = tuple[NDArray[np.int32], NDArray[np.float32]]
_known: dict[str, _Counts] = {}


def count_sequences(texts: Sequence[str]) -> sparse.csr_matrix:
    """Return the counts of the character sequences of texts, shape (texts, hashes).

    A sequence never spans two words, so each word is split once, however often it occurs. The sequences of words seen
    before are cached, up to a bounded number of words.
    """
    places: dict[str, int] = {}
    found = [[places.setdefault(word, len(places)) for word in text.lower().split()] for text in texts]
    if not places:
        return sparse.csr_matrix((len(texts), HASHES), dtype=np.float32)
    hashes, counts = zip(*_counts_by_word(places), strict=True)
    # The product allocates every column, so it gets only the columns that occur, not all hashes.
    occurring, columns = np.unique(np.concatenate(hashes), return_inverse=True)
    by_word = _rows(np.concatenate(counts), columns, map(len, hashes), len(occurring))
    words = np.concatenate([np.array(row, dtype=np.int32) for row in found])
    by_text = _rows(np.ones(len(words), dtype=np.float32), words, map(len, found), len(places)) @ by_word
    return sparse.csr_matrix((by_text.data, occurring[by_text.indices], by_text.indptr), (len(texts), HASHES))


def _counts_by_word(words: Iterable[str]) -> list[_Counts]:
    """Return the hashes of the sequences of each word, and how often each occurs in it."""
    found = {word: _known.get(word) for word in words}
    new = [word for word, counts in found.items() if counts is None]
    if new:
        rows = _HASHING.transform(new)
        parts = [slice(*ends) for ends in zip(rows.indptr, rows.indptr[1:], strict=False)]
        learnt = {word: (rows.indices[part], rows.data[part]) for word, part in zip(new, parts, strict=True)}
        if len(_known) + len(learnt) > _MOST_KNOWN:
            _known.clear()
        if len(learnt) <= _MOST_KNOWN:
            _known.update(learnt)
        found |= learnt
    return [counts for counts in found.values() if counts is not None]


def _rows(
    data: NDArray[np.float32], columns: NDArray[np.integer], lengths: Iterable[int], width: int
) -> sparse.csr_matrix:
    """Return a matrix whose rows have these lengths."""
    ends = np.cumsum([0, *lengths])
    return sparse.csr_matrix((data, columns, ends), (len(ends) - 1, width))
