"""Need and urgency of open incidents."""

from __future__ import annotations

import pytest

from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.queue_entry import Need
from triage.queue import need_of, urgency_of
from triage.suggestion import Candidate, FieldSuggestion

UNOWNED = Incident("A", description="no picture", state="new")
TAKEN = Incident("A", description="no picture", state="new", assigned_to="Ada")
OWNED = Incident("A", description="no picture", state="new", assignment_group="Network")


def field(decision: Decision, value: str = "Network") -> FieldSuggestion:
    shown = None if decision is Decision.UNSURE else value
    return FieldSuggestion(shown, 0.5, decision, (Candidate(value, 0.5),))


@pytest.mark.parametrize(
    ("incident", "group", "category", "urgency", "need"),
    [
        (UNOWNED, Decision.AUTOMATIC, Decision.AUTOMATIC, 2, Need.OWNER_NOW),
        (UNOWNED, Decision.UNSURE, Decision.AUTOMATIC, 3, Need.GROUP),
        (UNOWNED, None, Decision.AUTOMATIC, None, Need.GROUP),
        (UNOWNED, Decision.SUGGESTED, Decision.UNSURE, 3, Need.CHOICE),
        (UNOWNED, Decision.SUGGESTED, Decision.AUTOMATIC, None, Need.CHECK),
        (UNOWNED, Decision.AUTOMATIC, Decision.AUTOMATIC, 3, Need.CONFIRMATION),
        (TAKEN, Decision.UNSURE, Decision.AUTOMATIC, 1, Need.GROUP),
        (TAKEN, Decision.AUTOMATIC, Decision.AUTOMATIC, 1, Need.CONFIRMATION),
        (OWNED, None, Decision.UNSURE, 1, Need.CHOICE),
        (OWNED, None, None, 1, Need.WORK),
    ],
)
def test_the_most_pressing_need_counts(
    incident: Incident, group: Decision | None, category: Decision | None, urgency: int | None, need: Need
) -> None:
    decisions = {"assignment_group": group, "category": category}
    undecided = {name: field(decision) for name, decision in decisions.items() if decision is not None}
    assert need_of(incident, undecided, urgency) is need


def test_urgency_is_that_of_the_priority_set_else_of_the_likeliest() -> None:
    unsure = {"priority": field(Decision.UNSURE, "2 - High")}
    assert urgency_of(UNOWNED, unsure) == 2
    assert urgency_of(Incident("A", priority="4 - Low"), unsure) == 4
    assert urgency_of(UNOWNED, {}) is None
