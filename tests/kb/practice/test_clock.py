"""Clocks by the cases that users of other tools complain about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kb.practice.calendar import moment_of, second_of
from kb.practice.clock import Clock, clocks_of, explain
from kb.practice.life import Life, life_of
from kb.practice.practice import Practice, read_practice
from kb.records.clock_state import ClockState, Effect, Measure
from kb.records.incident import Incident
from kb.records.incident_changes import events_of_new
from kb.records.incident_event import EventKind, EventSource, IncidentEvent, Origin
from kb.vocabulary.stage import Stage

_PRACTICE = """
calendars:
  office: {zone: Europe/Berlin, hours: {monday-friday: "09:00-17:00"}, holidays: {country: DE, region: BY}}
  always: {zone: Europe/Berlin, hours: {every day: "00:00-24:00"}}
targets:
  - {name: Critical, when: {priority: 1}, response: 15 min, resolution: 4 h, calendar: always}
  - {name: Berlin, when: {group: Berlin}, resolution: 6 h, calendar: office}
  - {name: Usual, response: 2 h, resolution: 8 h, calendar: office}
assignment_targets:
  - {name: One group, within: 4 h, calendar: office}
"""
_ZONE = ZoneInfo("Europe/Berlin")


def _moment(text: str) -> datetime:
    """A moment of a week without holidays, such as "mon 09:00"."""
    day, time = text.split()
    number = 7 + ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day)
    return datetime.fromisoformat(f"2026-09-{number:02}T{time}").replace(tzinfo=_ZONE)


def _life(*changes: tuple[str, EventKind, dict[str, str | None]]) -> Life:
    events = [
        IncidentEvent("INC1", kind, _moment(at).astimezone(UTC), _moment(at).astimezone(UTC), after=after, id=index)
        for index, (at, kind, after) in enumerate(changes)
    ]
    return life_of(Incident("INC1", "Printer"), events)


def _clocks(life: Life, now: str, practice: Practice | None = None) -> dict[Measure, Clock]:
    return {
        clock.measure: clock for clock in clocks_of(life, practice or read_practice(_PRACTICE), second_of(_moment(now)))
    }


def _text(second: int | None) -> str | None:
    return None if second is None else moment_of(second).astimezone(_ZONE).strftime("%a %H:%M:%S").lower()


def _registered(at: str, **after: str | None) -> tuple[str, EventKind, dict[str, str | None]]:
    return at, EventKind.REGISTERED, {"stage": Stage.NEW, "priority": "3 - Moderate", **after}


def _stage(at: str, stage: Stage, kind: EventKind = EventKind.CHANGED) -> tuple[str, EventKind, dict[str, str | None]]:
    return at, kind, {"stage": stage}


def _effects(spans: Iterable[object]) -> list[Effect]:
    return [span.effect for span in spans]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("responses", "responded"),
    [("[in_progress, resolved, closed]", "mon 09:30:00"), ("[resolved, closed]", "mon 10:30:00")],
)
def test_only_stages_that_the_practice_lists_are_a_response(responses: str, responded: str) -> None:
    practice = read_practice(f"{_PRACTICE}responses: {responses}\n")
    assert practice.problems == ()
    life = _life(
        _registered("mon 09:00"),
        _stage("mon 09:30", Stage.IN_PROGRESS, EventKind.ACCEPTED),
        _stage("mon 10:30", Stage.RESOLVED, EventKind.RESOLVED),
    )
    assert _text(_clocks(life, "mon 12:00", practice)[Measure.RESPONSE].stopped_at) == responded
    answered = _life(
        _registered("mon 09:00"),
        _stage("mon 09:30", Stage.IN_PROGRESS, EventKind.ACCEPTED),
        ("mon 09:40", EventKind.RESPONDED, {}),
    )
    first = min(responded, "mon 09:40:00")
    assert _text(_clocks(answered, "mon 12:00", practice)[Measure.RESPONSE].stopped_at) == first


def test_a_clock_of_a_ticket_logged_at_the_weekend_starts_at_the_next_opening() -> None:
    clock = _clocks(_life(_registered("sat 03:00")), "sat 12:00")[Measure.RESOLUTION]
    assert (clock.state, clock.elapsed) == (ClockState.CLOSED, 0)
    week = read_practice(_PRACTICE).calendars["office"]
    assert clock.due_at == week.after(second_of(_moment("sat 03:00")), 8 * 3600)
    assert _text(clock.due_at) == "mon 17:00:00"


@pytest.mark.parametrize(
    ("resolved", "is_breached"), [("mon 17:00:00", False), ("tue 09:00:00", False), ("tue 09:00:01", True)]
)
def test_a_target_is_met_to_the_second(resolved: str, is_breached: bool) -> None:
    life = _life(_registered("mon 09:00"), _stage(resolved, Stage.RESOLVED))
    clock = _clocks(life, "fri 09:00")[Measure.RESOLUTION]
    assert clock.is_breached == is_breached
    assert clock.state is ClockState.STOPPED
    assert clock.elapsed == 8 * 3600 + is_breached


def test_the_hair_that_other_tools_round_up_is_no_breach() -> None:
    """99.951 % of 8 hours are 28,786 seconds."""
    life = _life(_registered("mon 09:00"), _stage("mon 16:59:46", Stage.RESOLVED))
    assert not _clocks(life, "fri 09:00")[Measure.RESOLUTION].is_breached


def test_pauses_survive_a_change_of_target() -> None:
    life = _life(
        _registered("mon 09:00"),
        _stage("mon 10:00", Stage.WAITING, EventKind.WAITING),
        ("mon 12:00", EventKind.ESCALATED, {"priority": "1 - Critical"}),
        _stage("mon 16:00", Stage.IN_PROGRESS, EventKind.RESUMED),
    )
    clock = _clocks(life, "mon 17:30")[Measure.RESOLUTION]
    assert clock.target.name == "Critical"
    assert clock.elapsed == 2.5 * 3600  # an hour before the pause, one and a half round the clock after it
    assert _text(clock.due_at) == "mon 19:00:00"
    assert not clock.is_breached


def test_nothing_breaches_while_pending_though_the_target_becomes_shorter() -> None:
    changes: tuple[tuple[str, EventKind, dict[str, str | None]], ...] = (
        _registered("mon 09:00"),
        _stage("mon 15:00", Stage.WAITING, EventKind.WAITING),
        ("mon 16:00", EventKind.ESCALATED, {"priority": "1"}),
    )
    waiting = _clocks(_life(*changes), "sun 12:00")[Measure.RESOLUTION]
    assert (waiting.state, waiting.left, waiting.is_breached) == (ClockState.PAUSED, -2 * 3600, False)
    resumed = _life(*changes, _stage("thu 03:00", Stage.IN_PROGRESS, EventKind.RESUMED))
    assert _text(_clocks(resumed, "thu 04:00")[Measure.RESOLUTION].breached_at) == "thu 03:00:00"


def test_time_between_resolution_and_reopening_is_resolved_and_not_pending() -> None:
    life = _life(
        _registered("mon 09:00"),
        _stage("mon 11:00", Stage.RESOLVED, EventKind.RESOLVED),
        _stage("mon 14:00", Stage.IN_PROGRESS, EventKind.REOPENED),
    )
    clock = _clocks(life, "mon 16:00")[Measure.RESOLUTION]
    assert clock.elapsed == 4 * 3600
    assert _effects(explain(clock)) == [Effect.RUNS, Effect.RESOLVED, Effect.RUNS]
    assert clock.state is ClockState.RUNNING


def test_the_first_response_is_not_overruled_by_later_updates() -> None:
    life = _life(
        _registered("mon 09:00"),
        ("mon 10:00", EventKind.RESPONDED, {}),
        ("tue 12:00", EventKind.RESPONDED, {}),
        _stage("wed 11:00", Stage.RESOLVED),
        _stage("wed 12:00", Stage.IN_PROGRESS, EventKind.REOPENED),
        ("wed 13:00", EventKind.REASSIGNED, {"assignment_group": "Berlin"}),
    )
    clock = _clocks(life, "fri 12:00")[Measure.RESPONSE]
    assert (_text(clock.stopped_at), clock.elapsed, clock.is_breached) == ("mon 10:00:00", 3600, False)


def test_a_stage_counts_as_a_response_too() -> None:
    life = _life(_registered("mon 09:00"), _stage("mon 12:00", Stage.IN_PROGRESS))
    clock = _clocks(life, "mon 13:00")[Measure.RESPONSE]
    assert (_text(clock.breached_at), _text(clock.due_at)) == ("mon 11:00:00", "mon 11:00:00")
    assert _text(clock.stopped_at) == "mon 12:00:00"


def test_a_lower_priority_takes_back_a_breach_and_keeps_the_time() -> None:
    raised = _life(_registered("mon 09:00", priority="1"))
    assert _clocks(raised, "mon 14:00")[Measure.RESOLUTION].is_breached
    lowered = _life(_registered("mon 09:00", priority="1"), ("mon 14:00", EventKind.CLASSIFIED, {"priority": "4"}))
    clock = _clocks(lowered, "mon 15:00")[Measure.RESOLUTION]
    assert (clock.is_breached, clock.elapsed, clock.target.name) == (False, 6 * 3600, "Usual")


def test_time_before_the_first_target_counts_by_that_target() -> None:
    practice = read_practice(_PRACTICE.replace("name: Usual,", "name: Usual, when: {priority: [3, 4]},"))
    life = _life(_registered("mon 09:00", priority=None), ("mon 11:00", EventKind.CLASSIFIED, {"priority": "3"}))
    assert _clocks(life, "mon 12:00", practice)[Measure.RESOLUTION].elapsed == 3 * 3600


def test_warnings_come_when_their_share_is_used_up() -> None:
    clock = _clocks(_life(_registered("mon 09:00")), "mon 16:00")[Measure.RESOLUTION]
    assert [(one.share, _text(one.at)) for one in clock.warned] == [(0.5, "mon 13:00:00"), (0.8, "mon 15:24:00")]


def test_each_assignment_has_its_own_clock() -> None:
    life = _life(
        _registered("mon 09:00", assignment_group="Desk"),
        ("mon 11:00", EventKind.REASSIGNED, {"assignment_group": "Berlin"}),
        _stage("mon 12:00", Stage.WAITING),
        _stage("mon 13:00", Stage.IN_PROGRESS),
        _stage("mon 16:00", Stage.RESOLVED),
    )
    found = [
        (clock.group, clock.elapsed // 3600, _text(clock.stopped_at))
        for clock in clocks_of(life, read_practice(_PRACTICE), second_of(_moment("fri 09:00")))
        if clock.measure is Measure.ASSIGNMENT
    ]
    assert found == [("Desk", 2, "mon 11:00:00"), ("Berlin", 4, "mon 16:00:00")]


def test_a_target_of_the_group_takes_over_with_the_group() -> None:
    life = _life(_registered("mon 09:00"), ("mon 10:00", EventKind.ASSIGNED, {"assignment_group": "Berlin"}))
    clocks = _clocks(life, "mon 12:00")
    assert _text(clocks[Measure.RESOLUTION].due_at) == "mon 15:00:00"
    assert clocks[Measure.RESPONSE].target.name == "Usual"


def test_a_cancelled_incident_has_no_running_clock() -> None:
    life = _life(_registered("mon 09:00"), _stage("mon 10:00", Stage.CANCELLED, EventKind.CANCELLED))
    assert {clock.state for clock in _clocks(life, "fri 10:00").values()} == {ClockState.CANCELLED}


def test_recomputing_gives_identical_results() -> None:
    life = _life(_registered("mon 09:00"), _stage("mon 10:00", Stage.WAITING), _stage("tue 10:00", Stage.IN_PROGRESS))
    assert _clocks(life, "thu 10:00") == _clocks(life, "thu 10:00")


def test_a_life_begins_as_the_columns_of_an_import_tell() -> None:
    incident = Incident(
        "INC1",
        "Printer",
        priority="2",
        opened_at=_moment("mon 09:00"),
        resolved_at=_moment("mon 12:00"),
        closed_at=_moment("thu 12:00"),
        state="closed",
    )
    told = events_of_new(incident, Origin(EventSource.IMPORT), _moment("sun 12:00").astimezone(UTC))
    clock = _clocks(life_of(incident, told), "sun 13:00")[Measure.RESOLUTION]
    assert (clock.elapsed, clock.state) == (3 * 3600, ClockState.STOPPED)
    assert clocks_of(life_of(incident, []), read_practice(_PRACTICE), clock.started_at) == []


def test_what_is_recorded_later_counts_from_the_moment_at_which_it_happened() -> None:
    first = _registered("mon 09:00"), _stage("mon 12:00", Stage.IN_PROGRESS), _stage("mon 10:00", Stage.WAITING)
    clock = _clocks(_life(*first), "mon 16:00")[Measure.RESOLUTION]
    assert (clock.elapsed, clock.state) == (3600, ClockState.PAUSED)


def test_what_no_event_mentions_holds_from_the_beginning() -> None:
    incident = Incident("INC1", "Printer", priority="1", assignment_group="Desk", opened_at=_moment("mon 09:00"))
    at = _moment("mon 10:00").astimezone(UTC)
    moved = IncidentEvent(
        "INC1", EventKind.REASSIGNED, at, at, before={"assignment_group": "Berlin"}, after={"assignment_group": "Desk"}
    )
    situations = life_of(incident, [moved]).situations
    assert [(situation.group, situation.circumstances[0]) for situation in situations] == [
        ("Berlin", ("1",)),
        ("Desk", ("1",)),
    ]
    assert situations[0].at == second_of(_moment("mon 09:00"))
