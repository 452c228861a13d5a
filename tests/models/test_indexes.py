from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.retrieval.ranking import best
from models.lexical_index import LexicalIndex, stem, words
from models.top_k import top_k
from models.vector_index import VectorIndex
from models.votes import vote_shares


def unit(seed: int, count: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_vectors_are_found_rewritten_and_cleared() -> None:
    index = VectorIndex(8)
    vectors = unit(0, 20)
    index.append(vectors)
    assert index.search(vectors[3:4], 1)[1][0, 0] == 3
    index.rewrite(3, vectors[7])
    assert index.scores(vectors[7])[3] > 0.999
    index.clear(7)
    assert index.scores(vectors[7])[7] == 0.0
    np.testing.assert_allclose(index.search(vectors[5:6], 20)[0][0][0], 1.0, atol=1e-5)


def test_an_empty_vector_index_gives_nothing() -> None:
    index = VectorIndex(8)
    assert len(index) == 0
    assert index.scores(unit(0, 1)[0]).shape == (0,)
    scores, slots = index.search(unit(0, 1), 3)
    assert (scores.tolist(), slots.tolist()) == ([[-1.0] * 3], [[-1] * 3])


def test_words_are_matched_by_stem_and_by_the_parts_of_a_compound() -> None:
    found = list(words("Printers KubeAPIDown 0x80070005"))
    assert found == ["printer", "kubeapidown", "kube", "api", "down", "0x80070005"]
    assert stem("us") == "us"


def test_the_rarer_word_decides() -> None:
    index = LexicalIndex()
    index.append(
        ["the mail does not arrive", "the printer does not print", "the scanner does not scan", "error 0x800f0922"]
    )
    assert index.scores("printer does not work").argmax() == 1
    assert index.scores("0x800f0922").argmax() == 3
    assert not index.scores("completely different").any()


changes = st.lists(
    st.tuples(
        st.sampled_from(["append", "rewrite", "clear"]),
        st.integers(0, 30),
        st.sampled_from(["alpha", "beta", "gamma", "delta"]),
    ),
    min_size=1,
    max_size=150,
)


@settings(max_examples=40, deadline=None)
@given(changes)
def test_scores_after_any_changes_favour_exactly_the_texts_with_the_word(steps: list[tuple[str, int, str]]) -> None:
    index, texts = LexicalIndex(), list[str]()
    for action, slot, word in steps:
        if action == "append" or not texts:
            index.append([f"{word} common"])
            texts.append(f"{word} common")
        else:
            texts[slot % len(texts)] = "" if action == "clear" else f"{word} other"
            index.rewrite(slot % len(texts), texts[slot % len(texts)])
    for word in ("alpha", "beta"):
        scores = index.scores(word)
        assert [score > 0 for score in scores] == [word in text for text in texts]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.integers(0, 500), st.integers(0, 8), st.booleans())
def test_the_largest_are_those_that_sorting_finds(seed: int, rows: int, count: int, limit: int, alike: bool) -> None:
    random = np.random.default_rng(seed)
    scores = random.integers(0, 5, (rows, count)) * 1.0 if alike else random.normal(size=(rows, count))
    scores[random.random(scores.shape) < 0.1] = -np.inf
    np.testing.assert_array_equal(top_k(scores, limit), np.argsort(-scores, axis=1, kind="stable")[:, :limit])


def test_the_best_are_allowed_and_above_zero() -> None:
    scores = np.array([0.0, 0.5, 0.9, -0.2, 0.5, 0.1], dtype=np.float32)
    allowed = np.array([True, True, False, True, True, True])
    assert best(scores, allowed, 2).tolist() == [1, 4]
    assert best(scores, allowed, 10).tolist() == [1, 4, 5]
    assert best(scores, allowed, 0).tolist() == []


def test_many_texts_that_wait_are_read_before_a_row_is_written_or_scores_are_asked_for() -> None:
    texts = [f"ticket {number} about {'printers' if number % 3 else 'badges'}" for number in range(200)]
    waiting, written, one_by_one = LexicalIndex(), LexicalIndex(), LexicalIndex()
    for index in (waiting, written):
        index.append(texts[:100])
        index.append(texts[100:])
        assert len(index) == 200
    written.rewrite(0, texts[0])
    for text in texts:
        one_by_one.append([text])
    one_by_one.append(["badges"] * 70)
    for index in (waiting, written):
        index.append(["badges"])
        assert len(index) == 201
        for word in ("printer", "badge", "150"):
            assert [score > 0 for score in index.scores(word)] == [score > 0 for score in one_by_one.scores(word)[:201]]


def test_votes_favour_the_near_copy_and_ignore_what_has_no_label() -> None:
    shares = vote_shares(
        np.array([[0.99, 0.6, 0.6, 0.99]], dtype=np.float32), np.array([[1, 0, 0, -1]], dtype=np.int32), 3
    )
    assert shares[0, 1] > 0.99
    assert abs(shares.sum() - 1) < 1e-5
    assert not vote_shares(np.array([[0.9]], dtype=np.float32), np.array([[-1]], dtype=np.int32), 3).any()


def test_no_texts_have_no_words() -> None:
    index = LexicalIndex()
    assert index.hashed([]) == []
    assert [len(found) for found in index.hashed(["", "the printer"])] == [0, 2]
