from __future__ import annotations

import numpy as np

from training.near_duplicates import group_near_duplicates, held_together

ALERT = "disk usage on host is above the limit of the volume group please extend it soon or remove files"


def grouped(texts: list[str], *, cosine: float = 0.99) -> list[list[int]]:
    rows = np.array([[other for other in range(len(texts)) if other != row] for row in range(len(texts))])
    groups = group_near_duplicates(texts, np.full(rows.shape, np.float32(cosine)), rows)
    return sorted([*map(int, np.flatnonzero(groups == group))] for group in np.unique(groups))


def others(count: int) -> list[str]:
    return [f"complaint about {chr(97 + place) * 5} and {chr(97 + place) * 7}" for place in range(count)]


def test_texts_that_differ_in_numbers_or_a_name_are_one_group() -> None:
    texts = [f"{ALERT} 17", f"{ALERT} 99", f"{ALERT} srvmail", *others(20)]
    assert [0, 1, 2] in grouped(texts)
    assert len(grouped(texts)) == 21


def test_words_of_far_texts_are_compared_only_where_they_are_the_same() -> None:
    texts = [f"{ALERT} 17", f"{ALERT} 99", f"{ALERT} srvmail", *others(20)]
    assert [0, 1] in grouped(texts, cosine=0.5)
    assert [2] in grouped(texts, cosine=0.5)


def test_texts_without_words_and_a_form_that_most_use_stand_for_themselves() -> None:
    assert grouped(["1", "2", "3", "4", "5", "6"]) == [[place] for place in range(6)]
    assert grouped([f"{ALERT} {number}" for number in range(9)]) == [[place] for place in range(9)]


def test_a_value_in_few_groups_is_not_held_out_as_a_whole() -> None:
    groups = np.array([0, 0, 0, 1, 1, 2, 3, 4, 5, 6])
    codes = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    assert held_together(groups, codes).tolist() == [False] * 4 + [True] * 6
