"""Marks of clocks: which target is used up next, and when that is near."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kb.practice.calendar import second_of
from kb.practice.clock import clocks_of
from kb.practice.due import mark_of
from kb.practice.life import Life, Situation
from kb.practice.practice import read_practice
from kb.records.clock_mark import ClockMark
from kb.records.clock_state import Measure
from kb.vocabulary.stage import Stage

PRACTICE = read_practice(
    """
calendars:
  office: {zone: UTC, hours: {monday-friday: 08:00-17:00}}
targets:
  - {name: All, response: 1 h, resolution: 8 h, calendar: office}
warn_at: [50 %, 80 %]
"""
)
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def at(hour: float, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def mark(now: datetime, *stages: tuple[datetime, Stage]) -> ClockMark:
    nothing = ((),) * 6
    life = Life("1", tuple(Situation(second_of(moment), stage, None, nothing) for moment, stage in stages))
    return mark_of(life, clocks_of(life, PRACTICE, second_of(now)), second_of(now))


def test_the_target_that_ends_first_counts_and_then_the_next() -> None:
    unanswered = mark(at(8.5), (at(8), Stage.NEW))
    assert (unanswered.measure, unanswered.due_at, unanswered.warns_at) == (Measure.RESPONSE, at(9), at(8.8))
    answered = mark(at(9), (at(8), Stage.NEW), (at(8.5), Stage.IN_PROGRESS))
    assert (answered.measure, answered.due_at, answered.stage_since) == (Measure.RESOLUTION, at(16), at(8.5))
    assert answered.warns_at == at(8 + 0.8 * 8)


def test_it_is_near_from_the_last_warning_on_and_exceeded_only_within_hours() -> None:
    found = mark(at(10), (at(9), Stage.NEW), (at(9.5), Stage.IN_PROGRESS))
    assert (found.due_at, found.breaches_at) == (at(17), at(8, day=1))
    assert not found.is_breaching(at(15))
    assert found.is_breaching(at(16))
    assert found.is_breaching(at(20))
    assert not found.is_breached(at(8, day=1))
    assert found.is_breached(at(8, day=1) + timedelta(seconds=1))
    assert not found.is_breaching(at(8, day=1) + timedelta(seconds=1))


def test_the_mark_is_the_same_whenever_it_was_worked_out() -> None:
    stages = (at(8), Stage.NEW), (at(8.5), Stage.IN_PROGRESS)
    assert mark(at(9), *stages) == mark(at(15.9), *stages) == mark(at(12, day=3), *stages)


def test_a_paused_clock_tells_what_is_left_and_presses_nobody() -> None:
    found = mark(at(12), (at(8), Stage.NEW), (at(8.5), Stage.IN_PROGRESS), (at(10), Stage.WAITING))
    assert (found.measure, found.due_at, found.left) == (Measure.RESOLUTION, None, 6 * 3600)
    assert (found.warns_at, found.breaches_at, found.stage_since) == (None, None, at(10))
    late = mark(at(12, day=2), (at(8), Stage.NEW), (at(8.5), Stage.IN_PROGRESS), (at(9, day=1), Stage.WAITING))
    assert late.is_breached(at(12, day=2))


def test_what_is_over_or_not_logged_yet_has_no_target() -> None:
    assert mark(at(12), (at(8), Stage.NEW), (at(9), Stage.RESOLVED)).measure is None
    assert mark(at(7), (at(8), Stage.NEW)) == ClockMark("1")
