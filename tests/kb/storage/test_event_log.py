"""Events of incidents: every write leaves them, nothing changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from kb.records.incident import Incident
from kb.records.incident_event import EventKind, EventSource, IncidentEvent
from kb.records.incident_history import hops, replayed
from kb.storage.database import Database
from kb.storage.erasure import FORGOTTEN, erase
from kb.storage.incident_store import IncidentStore
from kb.storage.schema import incident_events
from kb.vocabulary.stage import Stage
from models.encoder import OnnxEncoder
from tests.older_schema import return_to

OPENED = datetime(2026, 11, 1, 8, tzinfo=UTC)
FILED = Incident("1", "no mail", state="new", opened_at=OPENED, assignment_group="Desk", caller="Ada")


def kinds(store: IncidentStore, number: str = "1") -> list[EventKind]:
    return [event.kind for event in store.events.of(number)]


@pytest.fixture(params=["sqlite", "postgresql"])
def either_store(request: pytest.FixtureRequest, encoder: OnnxEncoder) -> Iterator[IncidentStore]:
    if request.param == "sqlite":
        yield request.getfixturevalue("store")
        return
    new_database: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
    database = Database(new_database())
    database.migrate()
    yield IncidentStore(database, encoder)
    database.close()


def test_a_write_leaves_its_events_and_the_same_write_again_none(store: IncidentStore) -> None:
    store.put_incidents([FILED])
    store.put_incidents([FILED])
    store.put_incidents([replace(FILED, description="since Monday")])
    assert kinds(store) == [EventKind.REGISTERED]
    store.put_incidents([replace(FILED.in_state("pending"), assignment_group="Mail")])
    assert kinds(store) == [EventKind.REGISTERED, EventKind.REASSIGNED, EventKind.WAITING]
    assert {event.source for event in store.events.of("1")} == {EventSource.API}


def test_an_act_that_fails_leaves_no_event(store: IncidentStore) -> None:
    store.put_incidents([FILED])

    def closed_in_vain() -> None:
        with store.database.writing():
            store.update("1", lambda one: one.in_state("closed"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        closed_in_vain()
    assert kinds(store) == [EventKind.REGISTERED]


def test_an_import_its_repetition_and_its_undoing_are_told(store: IncidentStore) -> None:
    store.put_incidents([FILED])
    closed = [replace(FILED.in_state("closed"), number=number, closed_at=OPENED) for number in ("1", "2")]
    for _ in range(2):
        store.put_incidents(closed, imported=store.imports.begin("export.csv"))
    assert kinds(store, "2") == [EventKind.REGISTERED, EventKind.CLOSED]
    store.imports.undo(1)
    assert kinds(store) == [EventKind.REGISTERED, EventKind.CLOSED, EventKind.CHANGED]
    assert replayed(store.events.of("1"))["stage"] == Stage.NEW
    assert kinds(store, "2")[-1] is EventKind.WITHDRAWN
    assert set(replayed(store.events.of("2")).values()) == {None}


def test_what_a_state_means_is_told_of_every_incident_in_it(store: IncidentStore) -> None:
    store.put_incidents([replace(FILED.in_state("up in the air"), number=number) for number in ("1", "2")])
    store.states.tell({"Up in the air": Stage.WAITING}, by="ada")
    last = store.events.of("2")[-1]
    assert (last.kind, last.by, last.source) == (EventKind.WAITING, "ada", EventSource.STATE_MEANING)
    assert replayed(store.events.of("1"))["stage"] == Stage.WAITING


def test_nothing_can_change_or_delete_an_event(either_store: IncidentStore) -> None:
    either_store.put_incidents([FILED])
    for change in (update(incident_events).values(by="nobody"), delete(incident_events)):
        with pytest.raises(DBAPIError, match="append-only"), either_store.database.writing() as connection:
            connection.execute(change)
    assert kinds(either_store) == [EventKind.REGISTERED]


def test_erasure_takes_a_person_out_of_the_log_and_leaves_it_append_only(either_store: IncidentStore) -> None:
    store = either_store
    store.put_incidents([FILED, replace(FILED, number="2", caller=None)])
    note = IncidentEvent("2", EventKind.NOTED, OPENED, OPENED, "Ada", {}, {"note": "asked ADA"}, EventSource.AUDIT_LOG)
    assert store.events.append_once([note]) == 1
    erase(store.database, "ada")
    assert kinds(store, "1") == []
    noted = store.events.of("2")[-1]
    assert (noted.by, noted.after) == (FORGOTTEN, {"note": f"asked {FORGOTTEN}"})
    assert store.events.append_once([note]) == 0  # nor does a second import bring the name back
    with pytest.raises(DBAPIError, match="append-only"), store.database.writing() as connection:
        connection.execute(delete(incident_events))


def test_an_event_of_another_log_is_kept_once(either_store: IncidentStore) -> None:
    store = either_store
    store.put_incidents([replace(FILED.in_state("closed"), closed_at=OPENED + timedelta(hours=2))])

    def told(kind: EventKind, at: datetime) -> IncidentEvent:
        return IncidentEvent("1", kind, at, OPENED, after={"state": kind}, source=EventSource.AUDIT_LOG)

    waiting, closed = told(EventKind.WAITING, OPENED), told(EventKind.CLOSED, OPENED + timedelta(hours=2))
    assert store.events.append_once([waiting, waiting, closed]) == 1  # the write told of the closing already
    assert store.events.append_once([waiting, closed]) == 0
    assert list(store.events.between(OPENED, OPENED + timedelta(hours=1)))[-1].kind is EventKind.WAITING
    assert store.events.of_each(["1", "9"])["9"] == []
    assert store.events.count() == len(list(store.events.all())) == 3


def test_what_happened_again_in_the_same_minute_is_another_event(store: IncidentStore) -> None:
    def moved(before: str, after: str) -> IncidentEvent:
        values = {"assignment_group": before}, {"assignment_group": after}
        return IncidentEvent("1", EventKind.REASSIGNED, OPENED, OPENED, "ada", *values, EventSource.AUDIT_LOG)

    there, back = moved("Desk", "Network"), moved("Network", "Desk")
    assert store.events.append_once([there, back]) == 2
    assert store.events.append_once([there, back, there, there, back]) == 2  # the fourth repeats what holds
    assert store.events.append_once([there, back, there, back]) == 0
    assert hops(store.events.of("1")) == 3
    assert replayed(store.events.of("1"))["assignment_group"] == "Desk"


def test_incidents_of_an_older_version_get_the_events_that_their_columns_tell(store: IncidentStore) -> None:
    closed = replace(FILED.in_state("closed"), resolved_at=OPENED, closed_at=OPENED + timedelta(hours=1))
    store.put_incidents([closed, replace(FILED, number="2")])
    before = [(event.number, event.kind, event.happened_at, event.after) for event in store.events.all()]
    with store.database.writing() as connection:
        return_to(connection, "0021")
        assert connection.execute(text("SELECT count(*) FROM incidents")).scalar_one() == 2
    store.database.migrate()
    assert [(event.number, event.kind, event.happened_at, event.after) for event in store.events.all()] == before
