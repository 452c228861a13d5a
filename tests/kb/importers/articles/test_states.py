from __future__ import annotations

import pytest

from kb.importers.articles.states import Flags, most_cautious, state_named
from kb.records.article import State


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("published", State.VALIDATED),
        ("Work In Progress", State.WORK_IN_PROGRESS),
        ("pending_retirement", State.NOT_VALIDATED),
        ("Veraltet", State.ARCHIVED),
        ("Publié", State.VALIDATED),
        ("EN REVISIÓN", State.NOT_VALIDATED),
        ("brouillon", State.WORK_IN_PROGRESS),
        ("Unlisted", State.NOT_VALIDATED),
        ("Private", State.NOT_VALIDATED),
        ("Needs update", State.NOT_VALIDATED),
        ("sparkling", None),
        ("2", None),
    ],
)
def test_the_states_of_other_tools_are_known(said: str, state: State | None) -> None:
    assert state_named(said) is state


def test_a_number_counts_where_the_columns_tell_the_tool() -> None:
    columns = ["id", "title", "folder_id", "status"]
    assert [state_named(number, columns) for number in "129"] == [State.WORK_IN_PROGRESS, State.VALIDATED, None]


def test_every_state_of_ours_is_known_by_its_own_name() -> None:
    assert [state_named(state.value) for state in State] == list(State)


def test_flags_are_true_or_false_in_any_language_and_anything_else_is_no_flag() -> None:
    flags = Flags()
    assert flags.take("Draft", "ja")
    assert flags.take("isArchived", "0")
    assert not flags.take("published", "2024-05-01")
    assert not flags.take("colour", "true")
    assert flags.states(is_named=False) == [State.WORK_IN_PROGRESS]


def test_inactive_says_little_beside_a_state() -> None:
    flags = Flags()
    assert flags.take("active", "false")
    assert flags.states(is_named=True) == []
    assert flags.states(is_named=False) == [State.ARCHIVED]


def test_the_most_cautious_state_wins() -> None:
    assert most_cautious([State.VALIDATED, State.NOT_VALIDATED]) is State.NOT_VALIDATED
    assert most_cautious([]) is None
