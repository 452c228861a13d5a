"""Counts of character sequences against scikit-learn's own, which takes every text apart on its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import HashingVectorizer

from models import character_sequences
from models.character_sequences import HASHES, count_sequences

_WHOLE = HashingVectorizer(
    analyzer="char_wb", ngram_range=(3, 5), n_features=HASHES, norm=None, alternate_sign=False, dtype=np.float32
)


@settings(deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
@example(["VPN drops, vpn drops again", "  ", "a", "\u0130stanbul \u039f\u0394\u039f\u03a3 tab\tand\u00a0space"])
def test_counts_are_those_of_whole_texts(texts: list[str]) -> None:
    counts = count_sequences(texts)

    assert counts.shape == (len(texts), HASHES)
    assert abs(counts - _WHOLE.transform(texts)).max() == 0


def test_texts_without_a_word_have_no_sequences() -> None:
    assert count_sequences(["", "\n"]).nnz == 0


def test_words_are_remembered_up_to_a_bound_and_counted_the_same_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, object] = {}
    monkeypatch.setattr(character_sequences, "_known", known)
    monkeypatch.setattr(character_sequences, "_MOST_KNOWN", 3)
    for text, remembered in [
        ("printer jam", {"printer", "jam"}),
        ("jam again", {"printer", "jam", "again"}),
        ("printer off", {"off"}),
        ("one two three four", set()),
    ]:
        assert abs(count_sequences([text]) - _WHOLE.transform([text])).max() == 0
        assert set(known) == remembered
