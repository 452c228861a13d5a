"""What pages say of clocks: each names its target, and says in English what the API says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.desk.clock_words import clock_title, clock_words, stretch_words
from app.presenters.clocks import clock_view
from app.schemas.clocks import ClockView
from kb.practice.calendar import second_of
from kb.practice.clock import clocks_of
from kb.practice.life import Life, Situation
from kb.practice.practice import read_practice
from kb.vocabulary.stage import Stage

PRACTICE = read_practice("""
calendars:
  office: {zone: UTC, hours: {monday-friday: "09:00-17:00"}, holidays: {country: DE}}
targets:
  - {name: Known, when: {priority: 1}, response: 1 h, resolution: 8 h, calendar: office}
assignment_targets:
  - {name: One team, when: {priority: 1}, within: 2 h 30 min, calendar: office}
""")
BEGAN = datetime(2025, 12, 23, 9, tzinfo=UTC)
NETWORK = (("1",), (), ("Network",), (), (), ())


def clocks(now: timedelta, *changes: tuple[timedelta, Stage]) -> dict[str, ClockView]:
    assert not PRACTICE.problems
    began = (timedelta(), Stage.ASSIGNED)
    situations = [Situation(second_of(BEGAN + at), stage, "Network", NETWORK) for at, stage in (began, *changes)]
    found = clocks_of(Life("I1", tuple(situations)), PRACTICE, second_of(BEGAN + now))
    return {one.measure.value: clock_view(one) for one in found}


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "changes", "measure", "told"),
    [
        (HOUR / 2, [], "response", "30 min of 1 h used, 30 min left; due 12/23/25, 10:00 AM"),
        (2 * HOUR, [], "response", "2 h of 1 h used, 1 h too long"),
        (2 * HOUR, [(HOUR / 4, Stage.IN_PROGRESS)], "response", "met: it took 15 min of 1 h"),
        (3 * HOUR, [(2 * HOUR, Stage.IN_PROGRESS)], "response", "exceeded: it took 2 h of 1 h"),
        (9 * HOUR, [(HOUR, Stage.WAITING)], "resolution", "1 h of 8 h used, 7 h left; paused"),
        (HOUR, [(HOUR / 2, Stage.CANCELLED)], "resolution", "cancelled after 30 min of 8 h"),
        (
            HOUR * 9,
            [],
            "assignment",
            "8 h of 2 h 30 min used, 5 h 30 min too long; outside the hours of office",
        ),
    ],
)
def test_a_clock_says_where_it_stands(
    now: timedelta, changes: list[tuple[timedelta, Stage]], measure: str, told: str
) -> None:
    shown = clock_words(clocks(now, *changes)[measure])
    assert shown.replace("\u00a0", " ").replace("\u202f", " ") == told


def test_each_clock_names_what_it_measures_and_its_target() -> None:
    titles = [clock_title(one) for one in clocks(HOUR).values()]
    assert titles == [
        "First response, target “Known”",
        "Resolution, target “Known”",
        "Time with Network, target “One team”",
    ]


def test_each_stretch_has_the_reason_of_the_api_and_days_in_the_readers_form() -> None:
    changes = [(HOUR, Stage.WAITING), (2 * HOUR, Stage.IN_PROGRESS), (80 * HOUR, Stage.RESOLVED)]
    found = clocks(120 * HOUR, *changes, (90 * HOUR, Stage.IN_PROGRESS), (91 * HOUR, Stage.CLOSED))
    stretches = [stretch for clock in found.values() for stretch in clock.explanation]
    plain = [one for one in stretches if not one.special_days]
    assert {one.effect.value for one in plain} == {"runs", "closed", "paused", "resolved"}
    assert [stretch_words(one) for one in plain] == [one.reason for one in plain]
    (holidays, *_) = [one for one in stretches if one.special_days]
    assert [str(one.day) for one in holidays.special_days] == ["2025-12-25", "2025-12-26"]
    assert "on Dec 25, 2025" in stretch_words(holidays)
    assert "on 2025-12-25" in holidays.reason
