"""Limits of the board, as the practice writes them and as incidents meet them."""

from __future__ import annotations

import pytest

from kb.practice.board import NO_LIMITS, BoardRules
from kb.practice.practice import read_practice
from kb.practice.practice_file import default_practice
from kb.records.board import LaneKind, Limit, LimitKind
from kb.records.incident import Incident
from kb.vocabulary.stage import Stage

CALENDARS = "calendars: {always: {zone: UTC, hours: {every day: 00:00-24:00}}}\n"


def rules(text: str) -> BoardRules:
    found = read_practice(CALENDARS + text)
    assert found.problems == ()
    return found.board


def working(**values: str) -> Incident:
    return Incident("1", description="x", state="in progress", stage=Stage.IN_PROGRESS, **values)


def test_a_practice_without_a_board_has_no_limits() -> None:
    assert rules("") == NO_LIMITS
    assert NO_LIMITS.limits_on(working(assigned_to="ann", assignment_group="Network")) == []


def test_zero_is_a_limit_and_absence_is_none() -> None:
    found = rules("board: {columns: {in_progress: 0}, person: 0}")
    assert found.limits_on(working(assigned_to="ann")) == [
        Limit(LimitKind.COLUMN, 0, Stage.IN_PROGRESS),
        Limit(LimitKind.PERSON, 0, name="ann"),
    ]
    assert found.limits_on(working()) == [Limit(LimitKind.COLUMN, 0, Stage.IN_PROGRESS)]


def test_a_lane_has_limits_of_its_own_and_those_without_a_lane_have_none() -> None:
    found = rules("board: {lanes: {by: service, columns: {in_progress: 2}}}")
    assert found.lanes_by is LaneKind.SERVICE
    assert found.limits_on(working(service="Mail")) == [Limit(LimitKind.LANE, 2, Stage.IN_PROGRESS, "Mail")]
    assert found.limits_on(working(assignment_group="Mail")) == []


@pytest.mark.parametrize("priority", ["1", "1 - Critical", "P1"])
def test_the_expedite_lane_takes_what_cannot_wait_and_counts_apart_unless_it_is_told_to(priority: str) -> None:
    apart = rules("board: {columns: {in_progress: 3}, expedite: {limit: 2}}")
    assert apart.limits_on(working(priority=priority)) == [Limit(LimitKind.EXPEDITE, 2)]
    assert apart.limits_on(working(priority="2")) == [Limit(LimitKind.COLUMN, 3, Stage.IN_PROGRESS)]
    counting = rules("board: {columns: {in_progress: 3}, expedite: {limit: 2, counts: true}}")
    assert [one.kind for one in counting.limits_on(working(priority=priority))] == [
        LimitKind.EXPEDITE,
        LimitKind.COLUMN,
    ]


def test_who_waits_for_others_has_room_for_more() -> None:
    found = rules("board: {person: 3}")
    assert found.limits_on(Incident("1", state="on hold", stage=Stage.WAITING, assigned_to="ann")) == []
    assert found.limits_on(Incident("1", state="resolved", stage=Stage.RESOLVED, assigned_to="ann")) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("board: {columns: {done: 3}}", "is not a stage"),
        ("board: {columns: {resolved: 3}}", "resolved takes no limit"),
        ("board: {columns: {new: -1}}", "greater than or equal to 0"),
        ("board: {columns: {new: many}}", "whole number"),
        ("board: {over_limit: forbid}", "'warn' or 'refuse'"),
        ("board: {lanes: {by: person, columns: {new: 1}}}", "'group' or 'service'"),
        ("board: {colums: {new: 1}}", "did you mean columns?"),
    ],
)
def test_mistakes_are_named_with_their_field(text: str, told: str) -> None:
    (problem,) = read_practice(CALENDARS + text).problems
    assert problem.line == 2
    assert problem.field.startswith("board.")
    assert told in problem.message


def test_clocks_follow_the_targets_and_not_the_board() -> None:
    plain = read_practice(CALENDARS)
    assert read_practice(CALENDARS + "board: {person: 3}").clocks_digest == plain.clocks_digest
    assert read_practice(CALENDARS + "pauses: [new]").clocks_digest != plain.clocks_digest


def test_the_example_has_a_board() -> None:
    found = read_practice(default_practice())
    assert found.problems == ()
    assert found.board != NO_LIMITS
    assert not found.board.refuses
