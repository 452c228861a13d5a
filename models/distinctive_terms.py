"""Distinctive terms: words that a group of texts uses more than others do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from models.lexical_index import stem

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019-](?=[^\W\d_]))+")
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")


@dataclass(frozen=True, slots=True)
class TermSettings:
    """Parameters of distinctive terms; all chosen by hand, none tuned."""

    # characters of a text that are read: its subject stands at the beginning, signatures and logs at the end
    characters_read: int = 2000
    # texts added to the others' counts, so that a word that is merely rare does not win
    prior: float = 2.0
    # smallest share of a group's texts that must have a term: less would name a group by what few of it say
    least_share: float = 0.15
    # weight of a pair of words: it says more than one of them alone
    pair_weight: float = 1.15


_SETTINGS = TermSettings()


@dataclass(frozen=True, slots=True)
class DistinctiveTerm:
    """A word or pair of words in its most frequent spelling, and the share of the group's texts that have it."""

    term: str
    share: float


class Vocabulary:
    """Document frequency of each term of a collection; terms are compared without their plain endings."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._counts = Counter[str]()
        self._texts = 0
        for text in texts:
            self._counts.update(set(_terms(text)))
            self._texts += 1

    def distinctive_terms(self, texts: Sequence[str], limit: int = 4) -> list[DistinctiveTerm]:
        """Return the most distinctive terms of a group of the collection's texts, best first; omit those that few have.

        A term's weight is the share of the group's texts that have it, times the logarithm of how much more frequent
        it is among them than elsewhere.
        """
        here, written = Counter[str](), dict[str, Counter[str]]()
        for text in texts:
            found = _terms(text)
            here.update(found.keys())
            for term, form in found.items():
                written.setdefault(term, Counter())[form] += 1
        elsewhere = max(self._texts - len(texts), 0)
        weights = {
            term: (count / len(texts))
            * log(
                (count / len(texts))
                / ((max(self._counts[term] - count, 0) + _SETTINGS.prior) / (elsewhere + 2 * _SETTINGS.prior))
            )
            * (_SETTINGS.pair_weight if " " in term else 1.0)
            for term, count in here.items()
            if count >= max(2, _SETTINGS.least_share * len(texts)) or len(texts) == 1
        }
        ranked = sorted((term for term, weight in weights.items() if weight > 0), key=lambda t: (-weights[t], t))
        return [
            DistinctiveTerm(_most_frequent(written[term]), here[term] / len(texts))
            for term in _without_shared_words(ranked)[:limit]
        ]


def _most_frequent(forms: Mapping[str, int]) -> str:
    return min(forms, key=lambda form: (-forms[form], form))


def _without_shared_words(ranked: Sequence[str]) -> list[str]:
    """Return the terms that share no word with a better one."""
    said, kept = set[str](), list[str]()
    for term in ranked:
        parts = set(term.split())
        if not parts & said:
            kept.append(term)
            said |= parts
    return kept


def _terms(text: str) -> dict[str, str]:
    """Return the stems of words and of pairs of neighbours, each with a spelling; leave addresses out."""
    found = dict[str, str]()
    for line in _ADDRESS.sub(" ", text[: _SETTINGS.characters_read]).lower().splitlines():
        previous = ""
        for word in _WORD.findall(line):
            if word in ENGLISH_STOP_WORDS or len(word) < 3:
                previous = ""
                continue
            found.setdefault(stem(word), word)
            if previous and previous != word:
                found.setdefault(f"{stem(previous)} {stem(word)}", f"{previous} {word}")
            previous = word
    return found
