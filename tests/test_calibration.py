from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import HeldOut, expected_calibration_error, threshold_for

examples = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=200)


def held_out(pairs: list[tuple[float, bool]]) -> HeldOut:
    return HeldOut(np.array([p for p, _ in pairs], dtype=np.float32), np.array([r for _, r in pairs], dtype=bool))


def test_a_confidence_that_means_what_it_says_has_no_error() -> None:
    assert expected_calibration_error(held_out([(0.75, True), (0.75, True), (0.75, True), (0.75, False)])) < 1e-6


def test_an_overconfident_one_has_the_difference_as_error() -> None:
    error = expected_calibration_error(held_out([(0.9, False)] * 5 + [(0.9, True)] * 5))
    assert abs(error - 0.4) < 1e-6


@given(examples)
def test_error_lies_between_0_and_1(pairs: list[tuple[float, bool]]) -> None:
    assert 0.0 <= expected_calibration_error(held_out(pairs)) <= 1.0


@given(examples, st.floats(0.6, 0.99))
def test_above_the_threshold_the_asked_precision_was_met(pairs: list[tuple[float, bool]], precision: float) -> None:
    found = held_out(pairs)
    threshold = threshold_for(found, precision)
    if threshold is None:
        return
    assert threshold >= (0.5 + precision) / 2
    above = found.confidences >= threshold
    if above.any() and threshold > (0.5 + precision) / 2:
        assert found.right[above].mean() >= precision
        assert above.sum() >= 20


def test_no_threshold_from_a_handful_of_examples() -> None:
    assert threshold_for(held_out([(0.99, True)] * 19), 0.95) is None
    assert threshold_for(held_out([(0.99, True)] * 20), 0.95) is not None


def test_a_guess_is_never_automatic_only_since_all_guesses_were_right() -> None:
    assert threshold_for(held_out([(0.3, True)] * 100), 0.95) == 0.725
