"""Clocks in the queue: marked, filtered and ordered by them, and worked out anew once anything changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.composition import Services, open_services
from app.services.clocks import incident_clocks
from app.services.incident_life import move_incident, note_event
from app.services.queue import queue_page, refresh_queue
from app.services.queue_acts import do_acts
from app.services.queue_clocks import clock_marks, refresh_clocks
from kb.practice.practice_file import PRACTICE_FILE
from kb.records.act import ActKind, ActStatus, WantedAct
from kb.records.clock_state import Measure
from kb.records.incident import Incident
from kb.records.incident_event import EventKind, EventSource, IncidentEvent
from kb.records.queue_entry import QueueFilter, QueueFlag
from kb.vocabulary.stage import Stage

PRACTICE = """
calendars: {always: {zone: UTC, hours: {every day: 00:00-24:00}}}
targets: [{name: All, resolution: RESOLUTION, calendar: always}]
"""
NOW = datetime.now(UTC)
ALL = QueueFilter()


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    promise(tmp_path, "10 h")
    with open_services(tmp_path) as services:
        yield services


def promise(home: Path, resolution: str) -> None:
    (home / PRACTICE_FILE).write_text(PRACTICE.replace("RESOLUTION", resolution), encoding="utf-8")


def put(services: Services, number: str, *, hours: float, **values: Any) -> None:
    given = {"state": "in progress", "opened_at": NOW - timedelta(hours=hours), "assignment_group": "Network", **values}
    services.store.put_incidents([Incident(number, description="x", **given)])


def up_to_date(services: Services) -> None:
    while refresh_queue(services) | refresh_clocks(services, datetime.now(UTC)):
        pass


def numbers(services: Services, flag: QueueFlag | None = None) -> list[str]:
    found = queue_page(services, QueueFilter(flag=flag), limit=50)
    assert found.total == len(found.incidents)
    return [one.incident.number for one in found.incidents]


def test_what_can_still_meet_its_target_comes_first_then_what_ends_first(services: Services) -> None:
    put(services, "NEW", hours=1, priority="2")
    put(services, "LATE", hours=30, priority="2")
    put(services, "NEARLY", hours=9, priority="2")
    put(services, "LOW", hours=8.5, priority="4")
    put(services, "NOBODYS", hours=1, priority="1", assignment_group=None)
    put(services, "PAUSED", hours=9, priority="2", state="on hold")
    up_to_date(services)
    assert numbers(services) == ["NOBODYS", "NEARLY", "LOW", "LATE", "NEW", "PAUSED"]
    assert numbers(services, QueueFlag.BREACHED) == ["LATE"]
    assert numbers(services, QueueFlag.BREACHING) == ["NEARLY", "LOW"]
    assert numbers(services, QueueFlag.WAITING) == ["PAUSED"]
    for one in queue_page(services, ALL, limit=9).incidents:
        (clock,) = [
            found
            for found in incident_clocks(services, one.incident.number, now=datetime.now(UTC)).clocks
            if found.measure is Measure.RESOLUTION
        ]
        assert (one.clock.due_at is None) == (clock.due_at is None)
        assert one.clock.due_at is None or int(one.clock.due_at.timestamp()) == clock.due_at
        assert (QueueFlag.BREACHED in one.flags) == clock.is_breached


def test_a_mark_is_right_at_once_and_kept_by_the_background_work(services: Services) -> None:
    put(services, "A", hours=1)
    at_once = queue_page(services, ALL, limit=1).incidents[0].clock
    assert at_once.due_at is not None
    assert services.queue_clocks.of(["A"], services.practice.practice().clocks_digest) == {}
    up_to_date(services)
    assert services.queue_clocks.of(["A"], services.practice.practice().clocks_digest) == {"A": at_once}
    move_incident(services, "A", Stage.WAITING, by="ann", note=None)
    paused = queue_page(services, ALL, limit=1).incidents[0].clock
    assert (paused.due_at, paused.measure) == (None, Measure.RESOLUTION)
    assert paused.left == pytest.approx(
        36_000 - (paused.stage_since - (NOW - timedelta(hours=1))).total_seconds(), abs=2
    )


def test_an_event_that_no_write_tells_of_moves_the_clock(services: Services) -> None:
    text = PRACTICE.replace("resolution: RESOLUTION", "response: 3 h, resolution: 10 h")
    (services.home / PRACTICE_FILE).write_text(text, encoding="utf-8")
    put(services, "A", hours=1, state="new")
    up_to_date(services)
    assert queue_page(services, ALL, limit=1).incidents[0].clock.measure is Measure.RESPONSE
    note_event(services, "A", EventKind.RESPONDED, by="ann", note=None, at=None)
    for _ in range(2):
        assert queue_page(services, ALL, limit=1).incidents[0].clock.measure is Measure.RESOLUTION
        up_to_date(services)
    groups = ["Mail", "Network", "Mail", "Network"]
    logged = [
        IncidentEvent(
            "A", EventKind.REASSIGNED, NOW, NOW, after={"assignment_group": name}, source=EventSource.AUDIT_LOG
        )
        for name in groups
    ]
    assert services.store.events.append_once(logged) == 4
    up_to_date(services)
    assert queue_page(services, ALL, limit=1).incidents[0].clock.hops == 4


def test_another_practice_is_followed_and_a_mistake_changes_nothing(services: Services) -> None:
    put(services, "A", hours=1)
    up_to_date(services)
    assert not refresh_clocks(services, NOW)
    promise(services.home, "30 min")
    assert numbers(services, QueueFlag.BREACHED) == []
    up_to_date(services)
    assert numbers(services, QueueFlag.BREACHED) == ["A"]
    promise(services.home, "soon")
    up_to_date(services)
    assert numbers(services, QueueFlag.BREACHED) == ["A"]


def test_what_changes_while_marks_are_written_is_worked_out_again(services: Services) -> None:
    put(services, "A", hours=1)
    services.queue.catch_up()
    digest = services.practice.practice().clocks_digest
    ((incident, revision),) = services.queue_clocks.outdated(digest, estimated_before=NOW, limit=9)
    mark = clock_marks(services, [incident], NOW)["A"]
    put(services, "A", hours=20)
    services.queue.catch_up()
    services.queue_clocks.put([(mark, revision)], digest, NOW)
    assert services.queue_clocks.of(["A"], digest) == {}
    up_to_date(services)
    assert numbers(services, QueueFlag.BREACHED) == ["A"]


def test_hops_that_only_events_tell_count_as_bounces(services: Services) -> None:
    put(services, "A", hours=1)
    for group in ("Mail", "Network"):
        act = WantedAct("A", ActKind.SET, {"assignment_group": group})
        assert do_acts(services, [act], by="ann")[0].status is ActStatus.DONE
    assert services.store.incident("A").reassignment_count in (None, 0)
    up_to_date(services)
    assert numbers(services, QueueFlag.BOUNCED) == ["A"]


def test_entries_follow_what_they_repeat(services: Services) -> None:
    put(services, "A", hours=1, priority="2", service="Mail", assigned_to="ann")
    assert [one.incident.number for one in queue_page(services, QueueFilter(service="Mail"), limit=9).incidents] == [
        "A"
    ]
    put(services, "A", hours=1, priority="3", assignment_group="Mail", state="on hold")
    for wanted in (
        QueueFilter(group="Mail"),
        QueueFilter(priority="3"),
        QueueFilter(stage=Stage.WAITING),
        QueueFilter(flag=QueueFlag.WAITING),
    ):
        assert queue_page(services, wanted, limit=9).total == 1
    assert queue_page(services, QueueFilter(priority="2"), limit=9).total == 0
