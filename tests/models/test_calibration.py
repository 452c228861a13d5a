from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import (
    ConfidenceMap,
    HeldOutGuesses,
    calibrated_threshold,
    expected_calibration_error,
    threshold_for,
)

examples = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=200)


def held_out(pairs: list[tuple[float, bool]]) -> HeldOutGuesses:
    return HeldOutGuesses(
        np.array([p for p, _ in pairs], dtype=np.float32), np.array([r for _, r in pairs], dtype=bool)
    )


def test_a_confidence_that_means_what_it_says_has_no_error() -> None:
    assert expected_calibration_error(held_out([(0.75, True), (0.75, True), (0.75, True), (0.75, False)])) < 1e-6


def test_an_overconfident_one_has_the_difference_as_error() -> None:
    error = expected_calibration_error(held_out([(0.9, False)] * 5 + [(0.9, True)] * 5))
    assert abs(error - 0.4) < 1e-6


@given(examples)
def test_error_lies_between_0_and_1(pairs: list[tuple[float, bool]]) -> None:
    assert 0.0 <= expected_calibration_error(held_out(pairs)) <= 1.0


def drawn(seed: int) -> HeldOutGuesses:
    """Guesses that are right about as often as they say."""
    random = np.random.default_rng(seed)
    confidences = random.uniform(0.3, 1.0, 300).astype(np.float32)
    return HeldOutGuesses(confidences, random.random(300) < confidences)


def above(found: HeldOutGuesses, threshold: float | None, precision: float) -> HeldOutGuesses | None:
    """The guesses from the threshold on, where it is not the lowest that is ever allowed."""
    if threshold is None:
        return None
    assert threshold >= (1 + precision) / 3
    kept = found.confidences >= threshold
    decided = kept.any() and threshold > (1 + precision) / 3
    return HeldOutGuesses(found.confidences[kept], found.right[kept]) if decided else None


@given(st.one_of(examples.map(held_out), st.integers(0, 10_000).map(drawn)), st.floats(0.6, 0.99))
def test_above_the_threshold_the_asked_precision_was_met(found: HeldOutGuesses, precision: float) -> None:
    kept = above(found, threshold_for(found, precision), precision)
    if kept is not None:
        assert kept.accuracy >= precision
        assert len(kept.right) >= 20


def test_no_threshold_from_a_handful_of_examples() -> None:
    assert threshold_for(held_out([(0.99, True)] * 19), 0.95) is None
    assert threshold_for(held_out([(0.99, True)] * 20), 0.95) is not None


def test_a_guess_is_never_automatic_only_since_all_guesses_were_right() -> None:
    assert threshold_for(held_out([(0.3, True)] * 100), 0.95) == pytest.approx(0.65)


@given(st.one_of(examples.map(held_out), st.integers(0, 10_000).map(drawn)), st.floats(0.6, 0.99))
def test_calibrated_confidences_keep_their_promise_above_the_threshold(found: HeldOutGuesses, precision: float) -> None:
    kept = above(found, calibrated_threshold(found, precision), precision)
    if kept is not None:
        assert kept.confidences.mean() >= precision - 1e-6
        assert kept.accuracy >= precision - np.sqrt(precision * (1 - precision) / len(kept.right))
        assert len(kept.right) >= 20


def test_a_few_wrong_guesses_near_the_threshold_do_not_move_it() -> None:
    random = np.random.default_rng(0)
    stated = random.uniform(0.5, 1.0, 2000).astype(np.float32)
    right = random.random(2000) < stated
    unlucky = right & ~((stated > 0.88) & (stated < 0.9))
    assert calibrated_threshold(HeldOutGuesses(stated, right), 0.95) == calibrated_threshold(
        HeldOutGuesses(stated, unlucky), 0.95
    )
    assert threshold_for(HeldOutGuesses(stated, right), 0.95) != threshold_for(HeldOutGuesses(stated, unlucky), 0.95)


def test_confidences_that_do_not_bear_out_promise_nothing() -> None:
    assert calibrated_threshold(held_out([(0.99, i % 10 > 0) for i in range(1000)]), 0.95) is None
    assert calibrated_threshold(held_out([(0.96, i % 20 > 0) for i in range(1000)]), 0.95) is not None


def test_an_overconfident_guess_is_brought_down_to_what_it_means() -> None:
    random = np.random.default_rng(0)
    stated = random.uniform(0.3, 0.999, 8000).astype(np.float32)
    right = random.random(8000) < stated**2
    found = ConfidenceMap.fit(HeldOutGuesses(stated, right))
    mapped = found.confidences(stated).astype(np.float32)
    assert expected_calibration_error(HeldOutGuesses(stated, right)) > 0.1
    assert expected_calibration_error(HeldOutGuesses(mapped, right)) < 0.03


def test_few_examples_change_nothing() -> None:
    assert ConfidenceMap.fit(held_out([(0.9, False)] * 100 + [(0.9, True)] * 100)) == ConfidenceMap()


@given(
    st.lists(st.lists(st.floats(0.001, 1), min_size=3, max_size=3), min_size=1, max_size=20),
    st.floats(0.2, 3),
    st.floats(0.2, 3),
    st.floats(-2, 2),
)
def test_calibrated_distributions_still_add_up_and_keep_their_best_guess(
    rows: list[list[float]], rise: float, fall: float, shift: float
) -> None:
    probabilities = np.array(rows) + np.arange(3) * 1e-6
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    found = ConfidenceMap(rise, fall, shift).apply(probabilities)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-6)
    best = probabilities.argmax(axis=1)
    assert (found[np.arange(len(rows)), best] >= found.max(axis=1) - 1e-9).all()


def test_confidence_that_says_nothing_is_mapped_to_the_share_that_was_right() -> None:
    random = np.random.default_rng(0)
    confidences = random.uniform(0.5, 1.0, 2000).astype(np.float32)
    worse_when_sure = random.random(2000) < 0.9 - 0.6 * (confidences - 0.5)
    found = ConfidenceMap.fit(HeldOutGuesses(confidences, worse_when_sure))
    mapped = found.confidences(confidences)
    assert np.ptp(mapped) < 1e-3
    assert abs(mapped.mean() - worse_when_sure.mean()) < 1e-3
