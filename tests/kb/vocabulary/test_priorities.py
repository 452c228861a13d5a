"""Priorities: which names look like one."""

from __future__ import annotations

import pytest

from kb.vocabulary.priorities import is_level, is_priority_name, level_number


@pytest.mark.parametrize(
    "name", ["1", "P2", "Sev3", "50", "4 - Low", "Very high", "Sehr hoch", "Höchste", "Élevée", "Crítica", "BLOCKER"]
)
def test_names_of_priorities_are_known(name: str) -> None:
    assert is_priority_name(name)


@pytest.mark.parametrize("name", ["bananas", "", "?", "Network", "highh"])
def test_other_words_are_none(name: str) -> None:
    assert not is_priority_name(name)


@pytest.mark.parametrize(
    "value", ["1", " 1 - Critical", "P1", "sev1", "Priority 1", "Critical (1)", "1-High", "Prio: 1"]
)
def test_a_level_is_meant_by_its_number(value: str) -> None:
    assert is_level(value, "1")
    assert not is_level(value, "2")


@pytest.mark.parametrize("value", ["10", "11 - Low", "High, within 1h", "1st line", "critical", ""])
def test_another_number_names_no_level(value: str) -> None:
    assert not is_level(value, "1")


def test_a_level_is_meant_by_its_name_in_any_case() -> None:
    assert is_level(" very HIGH", "Very high ")
    assert is_level("50 - Low", "50")
    assert level_number("Very high") is None
