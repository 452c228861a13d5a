"""The course of a breach equals what is said of an incident at each single moment."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from kb.practice.calendar import second_of
from kb.practice.clock import resolution_clock
from kb.practice.life import Life, Situation
from kb.practice.practice import Practice, read_practice
from kb.practice.target import CONDITIONS
from kb.records.clock_state import Measure
from kb.records.incident import Incident
from kb.vocabulary.stage import Stage
from triage.breach import BreachRates, breach_features, snapshot_of
from triage.breach_course import GroupLoads, breach_course, shares_used

_PRACTICE = """
calendars:
  office: {zone: Europe/Berlin, hours: {monday-friday: "08:00-12:00, 12:30-17:00"}}
  always: {zone: UTC, hours: {every day: "00:00-24:00"}}
targets:
  - {name: Critical, when: {priority: 1}, resolution: 6 h, calendar: always}
  - {name: Mail, when: {service: Mail}, resolution: 20 h, calendar: office, pauses: [waiting, assigned]}
  - {name: Known, when: {priority: [2, 3]}, resolution: 12 h, calendar: office}
pauses: [waiting]
"""
_BEGAN = second_of(datetime(2026, 3, 26, 15, 20, 10, tzinfo=UTC))  # before a weekend on which the clocks go forward
_HOUR = 3600
_STAGES = [Stage.NEW, Stage.ASSIGNED, Stage.IN_PROGRESS, Stage.WAITING, Stage.RESOLVED, Stage.CANCELLED]
_VALUES = {
    "priority": ["1", "2", "3", "4"],
    "service": ["Mail", "Web"],
    "group": ["Network", "Desk"],
    "category": ["a", "b"],
    "location": ["here"],
}
_NOW = _BEGAN + 9 * 24 * _HOUR


def _life(chance: random.Random) -> Life:
    at, found = _BEGAN, list[Situation]()
    for _ in range(chance.randint(1, 8)):
        known = {name: chance.choice([*values, None]) for name, values in _VALUES.items()}
        circumstances = tuple(() if known.get(name) is None else (str(known[name]),) for name in CONDITIONS)
        found.append(Situation(at, chance.choice(_STAGES), known["group"], circumstances))
        at += chance.choice([5, 40 * 60, 3 * _HOUR, 26 * _HOUR]) + chance.randint(1, 3000)
    return Life("I1", tuple(found))


def _record(life: Life, at: int) -> Incident:
    """The record as it was at a second."""
    held = next(one for one in reversed(life.situations) if one.at <= at)
    known = {name: (values or (None,))[0] for name, values in zip(CONDITIONS, held.circumstances, strict=True)}
    record = Incident("I1", "no mail", subcategory="s", priority=known["priority"], service=known["service"])
    return replace(record, category=known["category"], location=known["location"], assignment_group=held.group)


@pytest.fixture(scope="module")
def practice() -> Practice:
    found = read_practice(_PRACTICE)
    assert not found.problems
    return found


def test_each_moment_is_as_it_was_when_it_was_looked_at(practice: Practice) -> None:
    chance, watched, unwatched = random.Random(3), 0, 0
    spells = [(group, _BEGAN + chance.randint(-90, 90) * _HOUR) for group in ("Network", "Desk") * 40]
    ends = [start + chance.randint(1, 60) * _HOUR if chance.random() < 0.8 else None for _, start in spells]
    open_ones = [(group, start, end) for (group, start), end in zip(spells, ends, strict=True)]
    loads = GroupLoads(open_ones)
    rates = BreachRates(
        0.3,
        {"assignment_group": {"Network": 0.7}, "category": {"a": 0.1}, "subcategory": {"s": 0.4}}
        | {"service": {"Mail": 0.9}, "location": {"here": 0.2}},
    )
    for _ in range(150):
        life = _life(chance)
        course = breach_course(_record(life, _NOW), life, _NOW, rates, loads)
        clock = resolution_clock(life, practice, _NOW)
        if clock is None:  # whose target is not known either
            continue
        used = shares_used(clock, course.seconds)
        rows = course.with_used(used, np.ones(len(used), dtype=np.bool_))
        assert {one.at for one in life.situations} <= set(course.seconds.tolist())
        matching = practice.targets[Measure.RESOLUTION].target_for
        promised = next((one.at for one in life.situations if matching(one.circumstances)), _NOW)
        for place, at in enumerate(course.seconds.tolist()):
            then = resolution_clock(life, practice, at)
            if then is None or then.stopped_at is not None or then.is_breached:
                assert math.isnan(used[place]) or at < promised
                unwatched += 1
                continue
            record = _record(life, at)
            load = sum(
                group == record.assignment_group and start <= at and (end is None or at < end)
                for group, start, end in open_ones
            )
            expected = breach_features([snapshot_of(record, life, then, at, load)], rates)[0]
            assert rows[place].tolist() == pytest.approx(expected.tolist()), (life, at)
            watched += 1
    assert watched > 2000
    assert unwatched > 2000
