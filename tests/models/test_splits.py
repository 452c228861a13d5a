from __future__ import annotations

import numpy as np
import pytest

from models.splits import best_split


def test_the_answer_that_tells_values_apart_is_chosen_and_one_that_does_not_is_left() -> None:
    chances = np.array([0.5, 0.5])
    presence = np.array([[0.9, 0.5, 0.0], [0.0, 0.5, 0.9]])
    found = best_split(chances, presence, most=3)
    assert set(found.columns) == {0, 2}
    assert found.likely == pytest.approx((0.45, 0.45))
    assert 0.8 < found.bits < 1.0


def test_a_perfect_answer_brings_all_bits_and_no_second_one_is_needed() -> None:
    found = best_split(np.array([0.25, 0.75]), np.array([[1.0, 0.0], [0.0, 1.0]]), most=4)
    assert len(found.columns) == 1
    assert found.bits == pytest.approx(-(0.25 * np.log2(0.25) + 0.75 * np.log2(0.75)))


def test_without_anything_that_differs_there_is_no_split() -> None:
    assert best_split(np.array([0.5, 0.5]), np.array([[0.3], [0.3]]), most=2).columns == ()
    assert best_split(np.array([0.5, 0.5]), np.zeros((2, 0)), most=2).columns == ()


def test_bits_equal_those_of_a_table_counted_out() -> None:
    rng = np.random.default_rng(0)
    chances, presence = rng.dirichlet(np.ones(4)), rng.random((4, 6))
    found = best_split(chances, presence, most=2)
    first, second = found.columns
    joint = np.stack(
        [
            chances * presence[:, first],
            chances * (1 - presence[:, first]) * presence[:, second],
            chances * (1 - presence[:, first]) * (1 - presence[:, second]),
        ]
    )
    given = joint.sum(axis=1)
    entropy = -(chances * np.log2(chances)).sum()
    left = -(joint * np.log2(joint / given[:, None])).sum()
    assert found.bits == pytest.approx(entropy - left)
    assert found.likely == pytest.approx(tuple(given[:2]))
