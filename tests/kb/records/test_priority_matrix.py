from __future__ import annotations

import pytest

from kb.records.priority_matrix import parse_matrix


def test_a_matrix_is_read_from_pairs_of_levels() -> None:
    assert parse_matrix({"1,1": 1, " 2 , 3 ": 4}) == {(1, 1): 1, (2, 3): 4}


@pytest.mark.parametrize("key", ["high", "1", "1,2,3", "1;2", ""])
def test_a_key_that_names_no_levels_is_refused_with_an_example(key: str) -> None:
    with pytest.raises(ValueError, match="IMPACT,URGENCY such as 1,2"):
        parse_matrix({key: 1})
