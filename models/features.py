"""Features of texts: words and character sequences by TF-IDF, their topics, meaning by the encoder's vectors."""

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
from sklearn.feature_extraction.text import TfidfVectorizer

from models.artefacts import Artefact, save_array
from models.character_sequences import HASHES, count_sequences
from models.encoder import Vectors
from models.errors import ConflictError
from models.short_text import terse
from models.topics import Places, Topics, only, places_of

CIRCUMSTANCE = "(caller or channel)"


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """Which features of texts are kept."""

    # most frequent words and pairs: bounds memory; few desks have more
    words: int = 300_000
    # most frequent character sequences: bounds memory; rarer ones tell little
    characters: int = 200_000
    # with fewer texts than this, words that occur once are kept too; with more, they would be most of the features
    small: int = 3_000
    # characters of a text that are read: what follows is mostly quoted mail and logs; bounds time and memory
    characters_read: int = 4_000
    # columns for hashed callers and channels: enough for thousands of callers
    circumstances: int = 2**14
    # weight of circumstances beside words: they are worth 0.4 to 0.8 points; experiment 002
    circumstance_weight: float = 0.4


_SETTINGS = FeatureSettings()


class NoWordsError(ConflictError):
    """No text has a word to learn from."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features of n texts: two sparse matrices of shape (n, features), vectors of shape (n, dimension).

    The last columns of `words` are the circumstances of the ticket, such as its caller; `topics` holds the topics of
    words and of character sequences side by side. The last `frozen` numbers of a vector are those of the encoder as
    shipped. `terse` says which texts have only a few words, shape (n,).
    """

    words: sparse.csr_matrix
    characters: sparse.csr_matrix
    topics: NDArray[np.float32]
    meaning: Vectors
    frozen: int
    terse: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.meaning.shape[0])

    @property
    def circumstances(self) -> sparse.csr_matrix:
        """Return the columns of `words` that are the circumstances."""
        return self.words[:, -_SETTINGS.circumstances :]

    def __getitem__(self, rows: NDArray[np.int64]) -> Features:
        return Features(
            self.words[rows],
            self.characters[rows],
            self.topics[rows],
            self.meaning[rows],
            self.frozen,
            self.terse[rows],
        )


class TextFeatures:
    """Fitted vocabulary and weights, shared by the classifiers of all fields."""

    def __init__(
        self,
        words: TfidfVectorizer,
        word_topics: Topics,
        places: Places,
        idf: NDArray[np.float32],
        character_topics: Topics,
        *,
        frozen: int,
    ) -> None:
        """Build from the `places` and `idf` of hashed character sequences; `frozen` as in `Features`."""
        self._words = words
        self._word_topics = word_topics
        self._places = places
        self._idf = idf
        self._character_topics = character_topics
        self._frozen = frozen

    @classmethod
    def fit(cls, texts: Sequence[str], *, frozen: int) -> TextFeatures:
        """Learn which words and character sequences occur, how rare they are, and which occur together.

        `frozen` as in `Features`. Raises NoWordsError.
        """
        least = 1 if len(texts) < _SETTINGS.small else 2
        read = [text[: _SETTINGS.characters_read] for text in texts]
        words = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, min_df=least, max_features=_SETTINGS.words, dtype=np.float32
        )
        try:
            by_word = words.fit_transform(read)
        except ValueError as error:  # the vocabulary is empty
            raise NoWordsError("the texts have no word of two letters to learn from") from error
        counts = count_sequences(read)
        frequency = np.bincount(counts.indices, minlength=HASHES)
        kept = np.flatnonzero(frequency >= max(least, 2))
        if len(kept) > _SETTINGS.characters:
            kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[: _SETTINGS.characters]])
        idf = (np.log((1 + len(read)) / (1 + frequency[kept])) + 1).astype(np.float32)
        places = places_of(kept, HASHES)
        by_character = _weighed(counts, places, idf)
        return cls(words, Topics.fit(by_word), places, idf, Topics.fit(by_character), frozen=frozen)

    @property
    def topics(self) -> int:
        """Return the number of topics of a text."""
        return sum(topics.directions.shape[1] for topics in (self._word_topics, self._character_topics))

    def transform(self, texts: Sequence[str], meaning: Vectors, circumstances: Sequence[Sequence[str]]) -> Features:
        """Return the features of texts, given their vectors and what else is known of each, such as "caller=j.doe"."""
        read = [text[: _SETTINGS.characters_read] for text in texts]
        words = self._words.transform(read)
        characters = _weighed(count_sequences(read), self._places, self._idf)
        topics = np.hstack([self._word_topics.of(words), self._character_topics.of(characters)])
        with_circumstances = sparse.hstack(
            [words, np.float32(_SETTINGS.circumstance_weight) * _hashed(circumstances)]
        ).tocsr()
        return Features(with_circumstances, characters, topics, meaning, self._frozen, terse(read))

    @cached_property
    def vocabulary(self) -> NDArray[np.object_]:
        """Return the word or word pair of each column of `Features.words`; circumstances have no name."""
        return np.array(
            [*self._words.get_feature_names_out(), *[CIRCUMSTANCE] * _SETTINGS.circumstances], dtype=np.object_
        )

    def save(self, folder: Path) -> list[str]:
        """Write the fitted state and return the names of the files."""
        vocabulary = [str(word) for word in self._words.get_feature_names_out()]
        (folder / "words.json").write_text(json.dumps(vocabulary), encoding="utf-8")
        arrays = {
            "words.idf": self._words.idf_.astype(np.float32),
            "words.topics": self._word_topics.directions,
            "words.in_topics": _kept(self._word_topics.places),
            "characters.columns": _kept(self._places),
            "characters.idf": self._idf,
            "characters.topics": self._character_topics.directions,
            "characters.in_topics": _kept(self._character_topics.places),
            "meaning.frozen": np.array(self._frozen),
        }
        for name, array in arrays.items():
            save_array(folder / f"{name}.npy", array)
        return ["words.json", *(f"{name}.npy" for name in arrays)]

    @classmethod
    def load(cls, artefact: Artefact) -> TextFeatures:
        """Read what `save` wrote from a verified artefact."""
        words = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, vocabulary=artefact.json("words.json"), dtype=np.float32
        )
        words.idf_ = artefact.array("words.idf.npy")
        idf = artefact.array("characters.idf.npy")

        def topics(view: str, features: int) -> Topics:
            kept = artefact.array(f"{view}.in_topics.npy")
            return Topics(places_of(kept, features), artefact.array(f"{view}.topics.npy"))

        return cls(
            words,
            topics("words", len(words.idf_)),
            places_of(artefact.array("characters.columns.npy"), HASHES),
            idf,
            topics("characters", len(idf)),
            frozen=int(artefact.array("meaning.frozen.npy")),
        )


def _kept(places: Places) -> NDArray[np.int32]:
    return np.flatnonzero(places >= 0).astype(np.int32)


def _weighed(counts: sparse.csr_matrix, places: Places, idf: NDArray[np.float32]) -> sparse.csr_matrix:
    """Return the sublinear TF-IDF of counts, with rows of length one."""
    found = only(counts, places, len(idf))
    rows = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
    weights = (1 + np.log(found.data)) * idf[found.indices]
    lengths = np.sqrt(np.bincount(rows, weights=weights**2, minlength=found.shape[0]))
    found.data = (weights / lengths[rows]).astype(np.float32)
    return found


def _hashed(circumstances: Sequence[Sequence[str]]) -> sparse.csr_matrix:
    """Return circumstances as hashed columns, so that no caller's name is stored."""
    return FeatureHasher(
        _SETTINGS.circumstances, input_type="string", alternate_sign=False, dtype=np.float32
    ).transform(circumstances)
