"""Lexical index: Okapi BM25 over texts by slot, with slots that can be rewritten and cleared."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

Scores = NDArray[np.float32]

# columns for hashed words: with fewer, more words share one; not tuned
_FEATURES = 2**20
# rows that may be kept apart before folding: fewer fold more often, more make scores slower; chosen by hand
_FRESH_SHARE = 0.02
# rows that may always be kept apart, so that a small index is not folded at every write
_FRESH_LEAST = 64
_WORD = re.compile(r"\w+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SUFFIXES = ("ies", "ing", "ed", "es", "s")
# letters that stay: shorter stems confuse words. Snowball finds no more (articles 0.935 instead of 0.937 first)
# and takes 20 microseconds a word instead of 0.6
_STEM_LEAST = 4


@dataclass(frozen=True, slots=True)
class Bm25Settings:
    """Parameters of BM25."""

    # how soon another mention of a word adds little; the usual value (Robertson and Zaragoza 2009), not tuned
    k1: float = 1.2
    # how strongly long texts are damped; the usual value (same source), not tuned
    b: float = 0.75


_BM25 = Bm25Settings()


def words(text: str) -> Iterator[str]:
    """Yield the words to match: lower case, plain endings cut, with the parts of a CompoundName too."""
    for word in _WORD.findall(text):
        yield stem(word.lower())
        if not (word.islower() or word.isupper() or word.isdigit()):
            parts = _HUMP.findall(word)
            if len(parts) > 1:
                yield from (stem(part.lower()) for part in parts)


def stem(word: str) -> str:
    """Cut one plain English ending where at least four letters stay."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _STEM_LEAST and word.isalpha():
            return word[: -len(suffix)]
    return word


class LexicalIndex:
    """BM25 (Robertson and Zaragoza 2009; k1 = 1.2, b = 0.75) over hashed words.

    Most rows are in a column-wise matrix made for reading. Rows written since are kept apart, by word, and folded in
    once there are enough of them. Word statistics are those of the last folding. Many texts at once are read only when
    scores are asked for or a row is written.
    """

    def __init__(self) -> None:
        self._vectorizer = HashingVectorizer(
            analyzer=words, n_features=_FEATURES, norm=None, alternate_sign=False, dtype=np.float32
        )
        self._rows = sparse.csr_matrix((0, _FEATURES), dtype=np.float32)
        self._waiting: list[str] = []
        self._fresh: dict[int, sparse.csr_matrix] = {}
        self._postings: defaultdict[int, dict[int, float]] = defaultdict(dict)
        self._fold()

    def __len__(self) -> int:
        return max([int(self._rows.shape[0]) + len(self._waiting), *(slot + 1 for slot in self._fresh)])

    def append(self, texts: Sequence[str]) -> None:
        """Put the texts into the next slots."""
        if len(texts) >= _FRESH_LEAST and not self._fresh:
            self._waiting += texts
        elif texts:
            self._read_waiting()
            start, rows = len(self), self._vectorizer.transform(texts)
            for i in range(len(texts)):
                self._put(start + i, rows[i])
            self._fold_if_due()

    def rewrite(self, slot: int, text: str) -> None:
        """Put another text into a slot; the empty text clears it."""
        self._read_waiting()
        self._put(slot, self._vectorizer.transform([text]))
        self._fold_if_due()

    def clear(self, slot: int) -> None:
        """Clear a slot."""
        self.rewrite(slot, "")

    def scores(self, query: str) -> Scores:
        """Return the BM25 score of every slot for the query, float32 of shape (slots,)."""
        self._read_waiting()
        terms = np.unique(self._vectorizer.transform([query]).indices)
        weights = self._idf[terms]
        scores = np.zeros(len(self), dtype=np.float32)
        columns = self._columns
        for term, weight in zip(terms, weights, strict=True):
            start, stop = columns.indptr[term], columns.indptr[term + 1]
            scores[columns.indices[start:stop]] += weight * columns.data[start:stop]
        scores[list(self._fresh)] = 0.0
        for term, weight in zip(terms, weights, strict=True):
            if found := self._postings.get(term):
                scores[list(found)] += weight * np.fromiter(found.values(), dtype=np.float32, count=len(found))
        return scores

    def counts(self, slots: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the hashed words of the texts in these slots, and in how many of the texts each stands."""
        self._read_waiting()
        folded = [slot for slot in slots.tolist() if slot not in self._fresh]
        rows = [self._rows[folded], *(self._fresh[slot] for slot in slots.tolist() if slot in self._fresh)]
        columns, counts = np.unique(np.concatenate([row.indices for row in rows]), return_counts=True)
        return columns.astype(np.int64), counts

    def frequency(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the share of all texts that have each of these hashed words, as of the last folding."""
        counts = self._columns.indptr[columns + 1] - self._columns.indptr[columns]
        return np.asarray(counts / max(self._rows.shape[0], 1), dtype=np.float64)

    def hashed(self, texts: Sequence[str]) -> list[frozenset[int]]:
        """Return the hashed words of each text."""
        if not texts:
            return []  # which the vectorizer cannot read
        rows = self._vectorizer.transform(texts)
        return [frozenset(rows.indices[rows.indptr[i] : rows.indptr[i + 1]].tolist()) for i in range(len(texts))]

    def _read_waiting(self) -> None:
        if self._waiting:
            self._rows = sparse.vstack([self._rows, self._vectorizer.transform(self._waiting)], format="csr")
            self._waiting = []
            self._fold()

    def _put(self, slot: int, row: sparse.csr_matrix) -> None:
        """Keep a row apart until the next folding."""
        for term in self._fresh[slot].indices if slot in self._fresh else ():
            del self._postings[term][slot]
        self._fresh[slot] = row
        saturated = self._saturated(row)
        for term, value in zip(saturated.indices, saturated.data, strict=True):
            self._postings[term][slot] = value

    def _fold_if_due(self) -> None:
        if len(self._fresh) <= _FRESH_LEAST + _FRESH_SHARE * self._rows.shape[0]:
            return
        count = len(self)
        order = np.arange(count)
        order[list(self._fresh)] = self._rows.shape[0] + np.arange(len(self._fresh))
        self._rows = sparse.vstack([self._rows, *self._fresh.values()], format="csr")[order]
        self._fresh = {}
        self._postings.clear()
        self._fold()

    def _fold(self) -> None:
        self._mean_length = max(float(self._rows.sum()) / max(self._rows.shape[0], 1), 1.0)
        self._columns = self._saturated(self._rows).tocsc()
        frequency, count = np.diff(self._columns.indptr), max(self._rows.shape[0], 1)
        self._idf = np.log1p((count - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)

    def _saturated(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        lengths = np.asarray(rows.sum(axis=1)).ravel()
        norm = _BM25.k1 * (1 - _BM25.b + _BM25.b * lengths / self._mean_length)
        counts = rows.data
        data = counts * (_BM25.k1 + 1) / (counts + np.repeat(norm, np.diff(rows.indptr)))
        return sparse.csr_matrix((data.astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)
