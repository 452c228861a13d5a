"""Clocks equal a reference that goes through every second: zones, summer time, nights, breaks, pauses, reopenings.

`pytest tests/kb/practice --cases 10000 -o timeout=0` compares more cases than the two hundred of each run.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kb.practice.calendar import Calendar, PublicHolidays, SpecialDay
from kb.practice.clock import clocks_of, explain
from kb.practice.life import Life, Situation
from kb.practice.practice import Practice
from kb.practice.target import CONDITIONS, Conditions, Target, TargetList
from kb.practice.zones import zone_named
from kb.records.clock_state import Effect, Measure
from kb.vocabulary.stage import Stage
from tests.kb.practice.reference_clock import PlainCalendar, PlainTarget, Verdict, reference

_DAYS = 12

# Both changes to and from summer time, Ramadan in Casablanca and its move to UTC for good, a date line, half hours.
_ZONES_AND_DAYS = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/Chicago", date(2026, 11, 1)),
    ("America/Chicago", date(2026, 3, 8)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Africa/Casablanca", date(2026, 9, 20)),
    ("America/Santiago", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Asia/Kathmandu", date(2026, 5, 1)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Europe/Berlin", date(2026, 12, 25)),
]
_WORKDAYS: list[list[tuple[int, int]]] = [
    [(480, 1020)],
    [(480, 720), (780, 1020)],
    [(1320, 1800)],
    [(0, 1440)],
    [(60, 150), (600, 601)],
    [(0, 120), (1380, 1560)],
    [],
]
_STAGES = [Stage.NEW, Stage.IN_PROGRESS, Stage.WAITING, Stage.RESOLVED, Stage.CLOSED, Stage.CANCELLED]


@lru_cache(maxsize=64)
def _public_days(year: int) -> frozenset[date]:
    return frozenset(PublicHolidays("DE", "BY").of(year))


@st.composite
def _calendars(draw: st.DrawFn, zone: str, around: date) -> tuple[Calendar, PlainCalendar]:
    workday = draw(st.sampled_from(_WORKDAYS[:-1]))
    week = [draw(st.sampled_from([workday, *_WORKDAYS])) if draw(st.booleans()) else workday for _ in range(7)]
    dates = st.integers(-4, _DAYS).map(lambda step: around + timedelta(days=step))
    special = draw(st.dictionaries(dates, st.sampled_from(_WORKDAYS), max_size=3))
    public = PublicHolidays("DE", "BY") if draw(st.booleans()) else None
    own = {day: SpecialDay("special", tuple(hours)) for day, hours in special.items()}
    calendar = Calendar(zone, zone_named(zone), tuple(map(tuple, week)), public, own)
    closed = {day: list[tuple[int, int]]() for year in (around.year, around.year + 1) for day in _public_days(year)}
    return calendar, PlainCalendar(zone, week, {**(closed if public else {}), **special})


@st.composite
def _cases(draw: st.DrawFn) -> dict[str, Any]:
    zone, around = draw(st.sampled_from(_ZONES_AND_DAYS))
    begin = int(datetime(around.year, around.month, around.day, tzinfo=UTC).timestamp()) - 4 * 86_400
    last = begin + _DAYS * 86_400
    calendars = [draw(_calendars(zone, around)), draw(_calendars(draw(st.sampled_from([zone, "UTC"])), around))]
    targets = [
        (
            draw(st.sampled_from([0, 1])),
            draw(st.one_of(st.integers(1, 4 * 86_400), st.sampled_from([3600, 8 * 3600, 1]))),
            draw(st.sampled_from([frozenset({Stage.WAITING}), frozenset(), frozenset({Stage.NEW, Stage.WAITING})])),
        )
        for _ in range(2)
    ]
    seconds = st.integers(begin, last - 1) | st.integers(0, _DAYS * 24 - 1).map(lambda hour: begin + hour * 3600)
    moments = sorted(draw(st.sets(seconds, min_size=1, max_size=8)))
    states = [(at, draw(st.sampled_from(_STAGES)), draw(st.sampled_from([0, 1]))) for at in moments]
    now = draw(st.integers(moments[-1], last))
    return {"calendars": calendars, "targets": targets, "states": states, "begin": begin, "last": last, "now": now}


def _exactly_met(case: dict[str, Any], expected: Verdict) -> dict[str, Any]:
    """The same case with targets that are used up to the last second."""
    targets = [(calendar, max(expected.elapsed, 1), pauses) for calendar, _, pauses in case["targets"]]
    return {**case, "targets": targets}


def _compare(case: dict[str, Any], opened: dict[str, NDArray[np.bool_]]) -> Verdict:
    plain = [PlainTarget(str(calendar), within, pauses) for calendar, within, pauses in case["targets"]]
    states = [(at, stage, plain[index]) for at, stage, index in case["states"]]
    expected = reference(states, opened, begin=case["begin"], now=case["now"])

    targets = [
        Target(
            str(index),
            Measure.RESOLUTION,
            within,
            case["calendars"][calendar][0],
            Conditions({"service": (str(index),)}),
            pauses,
        )
        for index, (calendar, within, pauses) in enumerate(case["targets"])
    ]
    lists = {measure: TargetList(targets if measure is Measure.RESOLUTION else []) for measure in Measure}
    practice = Practice({}, lists, frozenset())
    service = CONDITIONS.index("service")
    situations = tuple(
        Situation(at, stage, None, tuple((str(index),) if place == service else () for place in range(len(CONDITIONS))))
        for at, stage, index in case["states"]
    )
    (clock,) = clocks_of(Life("INC1", situations), practice, case["now"])
    assert (clock.elapsed, clock.breached_at) == (expected.elapsed, expected.breached_at)
    assert (clock.stopped_at is not None) == expected.is_stopped

    explained = list(explain(clock))
    assert sum(span.seconds for span in explained) == clock.elapsed
    end = clock.stopped_at if clock.stopped_at is not None else case["now"]
    assert [span.start for span in explained] == [clock.started_at, *(span.end for span in explained[:-1])][
        : len(explained)
    ]
    assert (explained[-1].end if explained else clock.started_at) == end
    for span in explained:
        calendar = str(case["targets"][int(span.target.name)][0]) if span.target else ""
        stretch = opened[calendar][span.start - case["begin"] : span.end - case["begin"]]
        if span.effect is Effect.RUNS:
            assert stretch.all()
        if span.effect is Effect.CLOSED:
            assert not stretch.any()
    _check_due(clock, case, opened)
    return expected


def _check_due(clock: Any, case: dict[str, Any], opened: dict[str, NDArray[np.bool_]]) -> None:
    """Up to its due time a clock that runs on counts exactly what is left, and the second before less."""
    if clock.due_at is None or clock.breached_at is not None or clock.due_at > case["last"]:
        return
    end = clock.stopped_at if clock.stopped_at is not None else case["now"]
    stretch = opened[str(case["targets"][int(clock.target.name)][0])][end - case["begin"] :]
    if clock.left > 0:
        assert stretch[: clock.due_at - end].sum() == clock.left
        assert stretch[clock.due_at - end - 1]


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--cases"))


def test_clocks_equal_a_reference_that_goes_through_every_second(cases: int) -> None:
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
        phases=[Phase.generate],  # to shrink a case would take minutes; a failing one says enough
    )
    @given(_cases())
    def compare(case: dict[str, Any]) -> None:
        begin, last = case["begin"], case["last"]
        opened = {str(index): plain.open_seconds(begin, last) for index, (_, plain) in enumerate(case["calendars"])}
        expected = _compare(case, opened)
        _compare(_exactly_met(case, expected), opened)

    compare()
