"""Duplicates: articles that answer the same issue."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from kb.curation.corpus import CurationCorpus
from kb.records.article import State
from kb.storage.article_rows import StoredArticle
from models.encoder import Vectors
from models.lexical_index import words

# limits of the score of a duplicate, however similar the articles of a knowledge base are; chosen like those below
LEAST_BOUNDS = (0.6, 0.8)
_CODE = re.compile(r"[\w.\-]*\d[\w.\-]*")
_NO_OBJECT = frozenset(
    "a an and are as at be by can cannot did do does error for from how in is issue it its not of on or that the this "  # noqa: SIM905 (words)
    "to when with you your".split()
)


@dataclass(frozen=True, slots=True)
class DuplicateSettings:
    """Parameters of duplicates; chosen by hand, checked by the benchmarks workbench-office, -cut and -halved."""

    # median deviations above the usual similarity of nearest articles, from which on a pair stands out
    far_out: float = 4.0
    # articles compared at a time: bounds memory
    block: int = 256
    # sum of meaning, titles and words for two equal articles: scales the score to at most 1
    highest: float = 2.5
    # weight of the words alone, where titles differ: as much as titles and words have together
    text_weight: float = 1.5
    # weight of the titles (meaning and words), and of the words
    half: float = 0.5
    # penalty where each title has a code or number that the other lacks: another error, another version
    other_codes: float = 0.3
    # penalty where only one has
    further_codes: float = 0.1
    # penalty where otherwise similar titles name different things
    other_object: float = 0.12
    # penalty where environments share nothing
    other_environment: float = 0.08
    # words in which titles may differ to count as otherwise similar
    words_apart: int = 3


_SETTINGS = DuplicateSettings()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two articles, the one to keep first, and how surely they answer the same issue, from 0 to 1."""

    kept: str
    gone: str
    score: float


def find_duplicates(corpus: CurationCorpus) -> list[Duplicate]:
    """Return pairs of live articles that answer the same issue, the surest first.

    Two articles do so where their passages mean the same and either their titles or their words agree. Different codes
    or numbers in the titles, a different object of otherwise similar titles, and environments that share nothing keep
    similar articles apart. The threshold is the median similarity of nearest articles in this knowledge base plus four
    median deviations, within LEAST_BOUNDS. Of a pair, the more used article stays, then the one in the better state.
    """
    records = [record for record in corpus.articles if record.vectors is not None]
    pairs, nearest = _alike(records)
    least = _least(nearest)
    alike = ((records[one], records[other], score) for one, other, score in pairs)
    lessened = ((one, other, score - _penalty(one, other)) for one, other, score in alike)
    found = [pair for pair in lessened if pair[2] >= least]
    found.sort(key=lambda pair: (-pair[2], pair[0].article.id, pair[1].article.id))
    return [_ordered(corpus, *pair) for pair in found]


def _ordered(corpus: CurationCorpus, one: StoredArticle, other: StoredArticle, score: float) -> Duplicate:
    def standing(record: StoredArticle) -> tuple[int, bool, str]:
        validated = record.article.state is State.VALIDATED
        return len(corpus.cases_of[record.article.id]), validated, record.article.id

    kept, gone = (one, other) if standing(one) >= standing(other) else (other, one)
    return Duplicate(kept.article.id, gone.article.id, min(score, 1.0))


def _least(nearest: Vectors) -> float:
    """Return the score from which a pair stands out among the nearest pairs of this knowledge base."""
    middle = float(np.median(nearest)) if len(nearest) else 1.0
    deviation = float(np.median(np.abs(nearest - middle))) if len(nearest) else 0.0
    return float(np.clip(middle + _SETTINGS.far_out * deviation, *LEAST_BOUNDS))


def _alike(records: list[StoredArticle]) -> tuple[list[tuple[int, int, float]], Vectors]:
    """Return possible duplicates as (place, place, similarity), and each article's similarity to its nearest.

    Similarity combines meaning, titles and words; the latter has the shape (articles,), float32.
    """
    nearest = np.zeros(len(records), dtype=np.float32)
    found = list[tuple[int, int, float]]()
    if len(records) < 2:
        return found, nearest
    titles = np.stack([_unit(record.vectors[0]) for record in records if record.vectors is not None])
    whole = np.stack([_unit(record.vectors.mean(axis=0)) for record in records if record.vectors is not None])
    text = _lexical(["\n".join(passage.text for passage in record.passages) for record in records])
    title_words = _lexical([record.article.title for record in records])
    for start in range(0, len(records), _SETTINGS.block):
        rows = slice(start, start + _SETTINGS.block)
        meaning = whole[rows] @ whole.T
        by_text = (text[rows] @ text.T).toarray()
        by_title = titles[rows] @ titles.T + (title_words[rows] @ title_words.T).toarray()
        scores = (
            np.maximum(meaning + _SETTINGS.half * (by_title + by_text), meaning + _SETTINGS.text_weight * by_text)
            / _SETTINGS.highest
        )
        scores[np.arange(len(scores)), start + np.arange(len(scores))] = 0
        nearest[rows] = scores.max(axis=1)
        for row, other in np.argwhere(scores >= LEAST_BOUNDS[0]).tolist():
            if start + row < other:
                found.append((start + row, other, float(scores[row, other])))
    return found, nearest


def _lexical(texts: list[str]) -> sparse.csr_matrix:
    vectorizer = TfidfVectorizer(analyzer=lambda text: list(words(text)), sublinear_tf=True, dtype=np.float32)
    try:
        return vectorizer.fit_transform(texts).tocsr()
    except ValueError:
        return sparse.csr_matrix((len(texts), 1), dtype=np.float32)


def _unit(vector: Vectors) -> Vectors:
    whole = vector.astype(np.float32)
    return whole / max(float(np.linalg.norm(whole)), 1e-9)


def _penalty(one: StoredArticle, other: StoredArticle) -> float:
    """Return the penalty for signs that two similar articles are about different issues."""
    codes = _codes(one.article.title), _codes(other.article.title)
    against = 0.0
    if codes[0] != codes[1]:
        both = codes[0] - codes[1] and codes[1] - codes[0]
        against += _SETTINGS.other_codes if both else _SETTINGS.further_codes
    else:
        said = _objects(one.article.title), _objects(other.article.title)
        only = said[0] - said[1], said[1] - said[0]
        if only[0] and only[1] and len(only[0]) + len(only[1]) <= _SETTINGS.words_apart:
            against += _SETTINGS.other_object
    places = _lines(one.article.environment), _lines(other.article.environment)
    if places[0] and places[1] and len(places[0]) + len(places[1]) > 2 and not places[0] & places[1]:
        against += _SETTINGS.other_environment
    return against


def _codes(title: str) -> frozenset[str]:
    return frozenset(code.strip(".-").lower() for code in _CODE.findall(title))


def _objects(title: str) -> frozenset[str]:
    return frozenset(words(title)) - _NO_OBJECT


def _lines(text: str) -> frozenset[str]:
    return frozenset(line.strip(" -*").lower() for line in text.splitlines() if line.strip())
