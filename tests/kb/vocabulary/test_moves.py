from __future__ import annotations

from itertools import product

import pytest

from kb.vocabulary.moves import read_moves
from kb.vocabulary.stage import Stage
from kb.vocabulary.states import stage_of


@pytest.mark.parametrize(("before", "after"), list(product(Stage, Stage)))
def test_every_move_is_legal_or_has_its_reason(before: Stage, after: Stage) -> None:
    moves = read_moves()
    is_legal = after in moves.legal[before]
    refusal = moves.refusal(before, after)
    assert is_legal == (refusal is None)
    assert not (is_legal and before is after)
    reasons = [one for one in moves.refusals if before in one.before and after in one.after]
    assert len(reasons) == (0 if is_legal or before is after else 1)


def test_states_have_the_usual_names_of_their_stages() -> None:
    names = read_moves().names
    assert set(names) == set(Stage) - {Stage.UNKNOWN}
    assert {(stage, stage_of(name)) for stage, some in names.items() for name in some} == {
        (stage, stage) for stage in names
    }


def test_every_stage_of_the_work_can_be_reached_and_left() -> None:
    legal = read_moves().legal
    assert {after for moves in legal.values() for after in moves} == set(Stage) - {Stage.UNKNOWN}
    assert all(legal[stage] for stage in Stage)
