"""Poisson-FOCuS: equal to testing every window, and quick."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bursts import PoissonFocus, log_likelihood_ratio, strongest_burst

STEPS = st.lists(
    st.tuples(st.integers(0, 12), st.floats(0.01, 8, allow_nan=False)),
    min_size=1,
    max_size=60,
)


def by_brute_force(counts: list[int], expected: list[float]) -> float:
    return max(log_likelihood_ratio(sum(counts[start:]), sum(expected[start:])) for start in range(len(counts)))


@given(STEPS)
def test_it_finds_what_testing_every_window_finds_after_every_step(steps: list[tuple[int, float]]) -> None:
    stream = PoissonFocus()
    for seen in range(1, len(steps) + 1):
        stream.update(*steps[seen - 1])
        counts, expected = [count for count, _ in steps[:seen]], [usual for _, usual in steps[:seen]]
        found = stream.strongest()
        assert found.score == pytest.approx(by_brute_force(counts, expected), abs=1e-9)
        if found.score:
            window = slice(seen - found.steps, seen)
            assert found.observed == pytest.approx(sum(counts[window]), abs=1e-9)
            assert found.expected == pytest.approx(sum(expected[window]))


def test_a_long_stream_keeps_few_starts() -> None:
    chance = np.random.default_rng(0)
    stream = PoissonFocus()
    for count in chance.poisson(0.5, 20_000).tolist():
        stream.update(count, 0.5)
        assert len(stream._starts) < 60


def test_a_burst_is_where_more_came_than_usual() -> None:
    found = strongest_burst([0, 1, 0, 4, 5], [1.0] * 5)
    assert (found.steps, found.observed, found.expected) == (2, 9, 2)
    assert found.score == pytest.approx(9 * math.log(4.5) - 7)
    assert strongest_burst([1, 0], [1.0, 1.0]).score == 0
