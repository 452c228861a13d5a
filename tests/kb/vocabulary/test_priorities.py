"""Priorities: which names look like one."""

from __future__ import annotations

import pytest

from kb.vocabulary.priorities import is_priority_name


@pytest.mark.parametrize(
    "name", ["1", "P2", "Sev3", "50", "4 - Low", "Very high", "Sehr hoch", "Höchste", "Élevée", "Crítica", "BLOCKER"]
)
def test_names_of_priorities_are_known(name: str) -> None:
    assert is_priority_name(name)


@pytest.mark.parametrize("name", ["bananas", "", "?", "Network", "highh"])
def test_other_words_are_none(name: str) -> None:
    assert not is_priority_name(name)
