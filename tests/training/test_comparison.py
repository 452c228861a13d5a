from __future__ import annotations

import numpy as np

from training.comparison import Comparison, is_better


def compared(only_serving: int, only_candidate: int, *, examples: int = 1000) -> Comparison:
    return Comparison("category", examples, 0.85, 0.85, only_serving, only_candidate, only_serving + only_candidate)


def test_what_both_got_right_or_wrong_is_left_out() -> None:
    serving = np.array([True, True, True, False, False, False])
    candidate = np.array([True, False, False, True, False, False])
    assert Comparison.of("impact", serving, candidate) == Comparison("impact", 6, 0.5, 0.3333, 2, 1, 3)


def test_a_loss_is_more_than_two_standard_errors() -> None:
    assert compared(30, 12).is_loss
    assert not compared(30, 20).is_loss
    assert not compared(12, 30).is_loss
    assert not compared(1, 0).is_loss


def test_better_means_a_gain_overall_by_more_than_chance_and_no_loss() -> None:
    gain = compared(30, 50)
    assert is_better([gain])
    assert not is_better([])
    assert not is_better([compared(30, 35)])
    assert not is_better([compared(50, 30)])
    assert is_better([gain, compared(12, 8)])
    assert not is_better([gain, compared(12, 8)], errors=2.0)
    assert not is_better([compared(30, 80), compared(30, 12)])


def test_near_duplicates_that_are_won_together_are_no_more_than_one_win() -> None:
    serving, candidate = np.zeros(30, dtype=bool), np.arange(30) < 20
    groups = np.maximum(np.arange(30), 19)  # the first twenty examples are near-duplicates
    apart = Comparison.of("category", serving, candidate)
    together = Comparison.of("category", serving, candidate, groups)
    assert (apart.variance, together.variance) == (20, 400)
    assert (apart.only_candidate, together.only_candidate) == (20, 20)
    assert is_better([apart])
    assert not is_better([together])
    lost = Comparison.of("category", candidate, serving, groups)
    assert Comparison.of("category", candidate, serving).is_loss
    assert not lost.is_loss
