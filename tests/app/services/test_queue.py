"""The queue: what needs a person first, with the reason, narrowed and paged, and true to what is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.services.queue import queue_page, refresh_queue
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.mode import Mode
from kb.records.queue_entry import Need, QueueEntry, QueueFilter, QueueFlag
from kb.vocabulary.stage import Stage
from tests.conftest import printers_and_vpn
from triage.corrections import teach, withdraw
from triage.modes import FieldMode

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PLAIN = "the printer on the second floor does not print number 3"
ODD = "number of the door that nobody opened"
ALL = QueueFilter()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path / "home") as services:
        services.store.put_incidents(printers_and_vpn(6))
        yield services


def put(services: Services, number: str, text: str = PLAIN, **values: str | int) -> None:
    given = {"state": "new", **values}
    services.store.put_incidents([Incident(number, description=text, **given)])  # type: ignore[arg-type]


def numbers(services: Services, wanted: QueueFilter = ALL, **page: int) -> list[str]:
    return [one.incident.number for one in queue_page(services, wanted, **{"limit": 50, **page}).incidents]


def test_what_is_urgent_and_nobodys_comes_first_and_what_is_decided_last(services: Services) -> None:
    put(services, "DONE", category="Printing", assignment_group="Print Services", priority="3 - Moderate")
    put(services, "ODD", ODD)
    put(services, "URGENT", priority="1 - Critical")
    while refresh_queue(services):
        pass
    found = {one.incident.number: one.entry.need for one in queue_page(services, ALL, limit=50).incidents}
    assert list(found) == ["URGENT", "ODD", "DONE"]
    assert found["URGENT"] is Need.OWNER_NOW
    assert found["ODD"] is Need.CHECK
    assert found["DONE"] is Need.WORK


def test_only_fields_that_nobody_has_set_are_suggested_and_listed_ones_are_logged(services: Services) -> None:
    put(services, "HALF", category="Printing")
    (listed,) = queue_page(services, ALL, limit=50).incidents
    assert set(listed.shown) == {"assignment_group"}
    services.prediction_log.flush()
    refresh_queue(services)
    put(services, "UNSEEN")
    refresh_queue(services)
    with services.store.database.reading() as connection:
        logged = {row.ticket for row in connection.exec_driver_sql("SELECT ticket FROM answers")}
    assert logged == {"HALF"}


def test_it_follows_what_is_written_closed_and_reopened(services: Services) -> None:
    put(services, "A")
    put(services, "B")
    assert sorted(numbers(services)) == ["A", "B"]
    put(services, "A", state="resolved")
    assert numbers(services) == ["B"]
    put(services, "A", state="reopened")
    assert sorted(numbers(services)) == ["A", "B"]
    put(services, "C", state="on hold")
    put(services, "D", state="sphinx")  # a state that nobody knows is in nobody's queue
    assert sorted(numbers(services)) == ["A", "B", "C"]


def test_a_change_between_reading_and_writing_is_worked_out_again(services: Services) -> None:
    put(services, "A")
    services.queue.catch_up()
    ((incident, revision),) = services.queue.outdated("m", limit=5)
    put(services, "A", ODD)
    services.queue.catch_up()
    services.queue.put([QueueEntry(incident.number, revision, Need.WORK, 3, "m")])
    ((again, _),) = services.queue.outdated("m", limit=5)
    assert again.description == ODD


def test_filters_pages_and_counts_agree(services: Services) -> None:
    put(services, "P1", assignment_group="Network", priority="2 - High", reassignment_count=3)
    put(services, "P2", assignment_group="Network", service="Print", caller="Ada Byron", state="waiting")
    put(services, "P3", "the Door is 100% shut", reopen_count=1)
    assert sorted(numbers(services, QueueFilter(group="Network"))) == ["P1", "P2"]
    assert numbers(services, QueueFilter(priority="2 - High")) == ["P1"]
    assert numbers(services, QueueFilter(service="Print")) == ["P2"]
    assert numbers(services, QueueFilter(stage=Stage.WAITING)) == ["P2"]
    put(services, "P1", assignment_group="Network", priority="2 - High", reassignment_count=3, assigned_to="Bo")
    put(services, "P4", assigned_to="Bo")
    assert sorted(numbers(services, QueueFilter(person="Bo"))) == ["P1", "P4"]
    assert numbers(services, QueueFilter(person="Bo", flag=QueueFlag.UNASSIGNED)) == ["P4"]
    assert numbers(services, QueueFilter(text="bo p1")) == ["P1"]
    services.store.update("P4", lambda one: replace(one, state="closed"))
    assert numbers(services, QueueFilter(text="door 100%")) == ["P3"]
    assert numbers(services, QueueFilter(text="100_")) == []
    assert numbers(services, QueueFilter(text="byron p2")) == ["P2"]
    assert numbers(services, QueueFilter(flag=QueueFlag.BOUNCED)) == ["P1"]
    assert numbers(services, QueueFilter(flag=QueueFlag.REOPENED)) == ["P3"]
    assert numbers(services, QueueFilter(flag=QueueFlag.UNASSIGNED)) == ["P3"]
    page = queue_page(services, ALL, limit=2, offset=1)
    assert [one.incident.number for one in page.incidents] == numbers(services)[1:3]
    assert page.total == 3
    assert sum(page.needs.values()) == 3
    marked = {one.incident.number: set(one.flags) for one in queue_page(services, ALL, limit=9).incidents}
    assert marked["P1"] == {QueueFlag.BOUNCED}
    assert marked["P3"] == {QueueFlag.REOPENED, QueueFlag.UNASSIGNED}


def test_incidents_of_a_major_are_marked(services: Services) -> None:
    put(services, "A")
    put(services, "B")
    services.major_proposals.join(["A"], datetime.now(UTC))
    assert numbers(services, QueueFilter(flag=QueueFlag.MAJOR)) == ["A"]


def outdated(services: Services) -> set[str]:
    """Return the open incidents whose needs the next turns work out anew, and let them do so."""
    services.queue.catch_up()
    with services.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE queue_entries SET urgency = 99")
    while refresh_queue(services):
        pass
    with services.store.database.reading() as connection:
        done = connection.exec_driver_sql("SELECT number FROM queue_entries WHERE urgency <> 99").all()
    return {row.number for row in done}


def test_needs_are_worked_out_anew_where_a_decision_teaches_and_where_it_is_withdrawn(services: Services) -> None:
    put(services, "P", PLAIN)
    put(services, "LIKE", "the printer on the second floor does not print number 9")
    put(services, "ODD", ODD)
    assert outdated(services) == {"P", "LIKE", "ODD"}
    assert outdated(services) == set()
    decision = Feedback("category", "Plotters", NOW, number="P", suggested="Printing")
    key, _ = teach(services.store, decision, None)
    assert outdated(services) == {"P", "LIKE"}
    withdraw(services.store, [key], by=None, at=NOW)
    assert outdated(services) == {"P", "LIKE"}
    teach(services.store, Feedback("category", "Doors", NOW, ticket={"description": ODD}), Incident("", "", ODD))
    assert outdated(services) == {"ODD"}
    assert outdated(services) == set()


def test_needs_are_worked_out_anew_when_a_field_gets_another_mode(services: Services) -> None:
    put(services, "P", PLAIN)
    put(services, "DONE", PLAIN, assignment_group="Print Services", category="Printing")
    assert outdated(services) == {"P", "DONE"}
    services.modes.set("assignment_group", FieldMode(Mode.OFF))
    services.modes.set("category", FieldMode(Mode.OFF))
    assert outdated(services) == {"P", "DONE"}
    (nobodys,) = queue_page(services, QueueFilter(flag=QueueFlag.UNASSIGNED), limit=9).incidents
    assert (nobodys.incident.number, nobodys.entry.need) == ("P", Need.GROUP)
    assert outdated(services) == set()
