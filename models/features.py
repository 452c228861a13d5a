"""Features of texts: words and character sequences by TF-IDF, meaning by the encoder's vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer

from models.artefacts import Artefact
from models.brevity import terse
from models.encoder import Vectors

_WORD_FEATURES = 300_000
_CHARACTER_FEATURES = 200_000
_HASHES = 2**20
_SMALL = 3_000
_CHARACTERS_READ = 4_000
_CIRCUMSTANCES = 2**14
_CIRCUMSTANCE_WEIGHT = np.float32(0.4)
CIRCUMSTANCE = "(caller or channel)"


@dataclass(frozen=True, slots=True)
class Features:
    """Features of n texts: two sparse matrices of shape (n, features), vectors of shape (n, dimension).

    The last columns of `words` are the circumstances of the ticket, such as who calls.
    `terse` says which of them are of a few words, shape (n,).
    """

    words: sparse.csr_matrix
    characters: sparse.csr_matrix
    meaning: Vectors
    terse: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.meaning.shape[0])

    def __getitem__(self, rows: NDArray[np.int64]) -> Features:
        return Features(self.words[rows], self.characters[rows], self.meaning[rows], self.terse[rows])


class TextFeatures:
    """Fitted vocabulary and weights, shared by the classifiers of all fields."""

    def __init__(self, words: TfidfVectorizer, columns: NDArray[np.int32], idf: NDArray[np.float32]) -> None:
        self._words = words
        self._columns = columns
        self._idf = idf
        self._hashing = _hashing()

    @classmethod
    def fit(cls, texts: Sequence[str]) -> TextFeatures:
        """Learn which words and character sequences occur, and how rare they are."""
        least = 1 if len(texts) < _SMALL else 2
        words = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, min_df=least, max_features=_WORD_FEATURES, dtype=np.float32
        )
        words.fit([text[:_CHARACTERS_READ] for text in texts] or ["-"])
        counts = _hashing().transform([text[:_CHARACTERS_READ] for text in texts])
        frequency = np.bincount(counts.indices, minlength=_HASHES)
        kept = np.flatnonzero(frequency >= max(least, 2))
        if len(kept) > _CHARACTER_FEATURES:
            kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:_CHARACTER_FEATURES]])
        columns = np.full(_HASHES, -1, dtype=np.int32)
        columns[kept] = np.arange(len(kept), dtype=np.int32)
        idf = (np.log((1 + len(texts)) / (1 + frequency[kept])) + 1).astype(np.float32)
        return cls(words, columns, idf)

    def transform(self, texts: Sequence[str], meaning: Vectors, circumstances: Sequence[Sequence[str]]) -> Features:
        """Features of texts whose vectors are given, with what else is known of each, such as "caller=j.doe"."""
        read = [text[:_CHARACTERS_READ] for text in texts]
        words = sparse.hstack([self._words.transform(read), _CIRCUMSTANCE_WEIGHT * _hashed(circumstances)]).tocsr()
        return Features(words, self._characters(read), meaning, terse(read))

    @cached_property
    def vocabulary(self) -> NDArray[np.object_]:
        """The word or pair of words of each column of `Features.words`; a circumstance is not called by its name."""
        return np.array([*self._words.get_feature_names_out(), *[CIRCUMSTANCE] * _CIRCUMSTANCES], dtype=np.object_)

    def _characters(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Sublinear TF-IDF over the kept hashes, rows of length one."""
        counts = self._hashing.transform(texts)
        columns = self._columns[counts.indices]
        known = columns >= 0
        rows = np.repeat(np.arange(len(texts)), np.diff(counts.indptr))[known]
        columns = columns[known]
        data = (1 + np.log(counts.data[known])) * self._idf[columns]
        norms = np.sqrt(np.bincount(rows, weights=data**2, minlength=len(texts)))
        data = (data / norms[rows]).astype(np.float32)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(texts)))])
        return sparse.csr_matrix((data, columns, indptr), shape=(len(texts), len(self._idf)))

    def save(self, folder: Path) -> list[str]:
        """Write the fitted state; returns the names of the files."""
        vocabulary = [str(word) for word in self._words.get_feature_names_out()]
        (folder / "words.json").write_text(json.dumps(vocabulary), encoding="utf-8")
        np.save(folder / "words.idf.npy", self._words.idf_.astype(np.float32))
        np.save(folder / "characters.columns.npy", np.flatnonzero(self._columns >= 0).astype(np.int32))
        np.save(folder / "characters.idf.npy", self._idf)
        return ["words.json", "words.idf.npy", "characters.columns.npy", "characters.idf.npy"]

    @classmethod
    def load(cls, artefact: Artefact) -> TextFeatures:
        """Read what `save` wrote from a verified artefact."""
        words = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, vocabulary=artefact.json("words.json"), dtype=np.float32
        )
        words.idf_ = artefact.array("words.idf.npy")
        kept = artefact.array("characters.columns.npy")
        columns = np.full(_HASHES, -1, dtype=np.int32)
        columns[kept] = np.arange(len(kept), dtype=np.int32)
        return cls(words, columns, artefact.array("characters.idf.npy"))


def _hashed(circumstances: Sequence[Sequence[str]]) -> sparse.csr_matrix:
    """Circumstances as columns, by their hash: who called is nowhere written down."""
    return FeatureHasher(_CIRCUMSTANCES, input_type="string", alternate_sign=False, dtype=np.float32).transform(
        circumstances
    )


def _hashing() -> HashingVectorizer:
    return HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), n_features=_HASHES, norm=None, alternate_sign=False, dtype=np.float32
    )
