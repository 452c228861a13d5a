"""What the organisation says that its states mean: at once, for every incident, however it came."""

from __future__ import annotations

import csv
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb.importers.incidents import IncidentFile
from kb.importers.loading import load_incidents
from kb.records.incident import EXAMPLE_STATE, Incident
from kb.retrieval.memory import Memory
from kb.storage.database import Database
from kb.storage.incident_store import IncidentStore
from kb.vocabulary.stage import Stage
from models.errors import InvalidError
from tests.older_schema import return_to

VENDOR = "Sent to manufacturer"


def test_an_unknown_state_neither_teaches_nor_waits_until_it_is_told(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents([Incident("1", "fan is loud", state=VENDOR), Incident("2", "lamp is dark", state="solved")])
    memory.refresh()
    assert ("1" in memory.incidents, "2" in memory.incidents) == (False, True)
    assert store.open_incidents(limit=9) == []
    assert store.states.uses()[0].state == VENDOR

    assert store.states.tell({VENDOR.upper(): Stage.WAITING}, by="ann") == 1
    assert [one.number for one in store.open_incidents(limit=9)] == ["1"]

    assert store.states.tell({VENDOR: Stage.CLOSED}) == 1
    memory.refresh()
    assert "1" in memory.incidents
    assert store.open_incidents(limit=9) == []

    assert store.states.tell({VENDOR: None}) == 1
    memory.refresh()
    assert memory.incidents.incident(1) is None
    assert store.incident("1").stage is Stage.UNKNOWN


def test_what_was_told_counts_for_what_comes_later(store: IncidentStore) -> None:
    store.states.tell({VENDOR: Stage.RESOLVED, "Closed": Stage.IN_PROGRESS})
    store.put_incidents([Incident("1", "fan is loud", state=VENDOR), Incident("2", "lamp is dark", state="Closed")])
    assert (store.incident("1").stage, store.incident("2").stage) == (Stage.RESOLVED, Stage.IN_PROGRESS)
    assert [(use.state, use.told) for use in store.states.uses()] == [("Closed", True), (VENDOR, True)]


def test_an_example_teaches_whatever_is_told(store: IncidentStore) -> None:
    store.put_incidents([Incident("EXAMPLE-1", "fan is loud", state=EXAMPLE_STATE)])
    assert store.states.tell({EXAMPLE_STATE: Stage.CANCELLED}) == 0
    assert store.incident("EXAMPLE-1").is_history
    assert store.states.uses() == []


def test_a_state_too_long_to_be_one_is_refused(store: IncidentStore) -> None:
    with pytest.raises(InvalidError, match="200 characters"):
        store.states.tell({"x" * 201: Stage.CLOSED})


def test_an_import_names_unknown_states_and_reads_numbers_by_the_tool(store: IncidentStore, tmp_path: Path) -> None:
    file = tmp_path / "raw.csv"
    rows = [("I1", "fan is loud", "6", "f00"), ("I2", "lamp is dark", "2", "f01"), ("I3", "door is stuck", "77", "f02")]
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([("number", "short_description", "state", "sys_id"), *rows])
    (batch,) = load_incidents(store, IncidentFile.open(file).read(), source="raw.csv")
    assert [store.incident(number).stage for number, *_ in rows] == [Stage.RESOLVED, Stage.IN_PROGRESS, Stage.UNKNOWN]
    assert batch.unknown_states == {"77": 1}


def test_a_file_without_states_is_history_and_an_empty_state_goes_by_the_times(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("number,subject\n1,fan is loud\n")
    assert [one.stage for one in IncidentFile.open(file).read() if isinstance(one, Incident)] == [Stage.RESOLVED]
    file.write_text("number,subject,status,resolved\n1,fan is loud,,2026-03-04 10:00\n2,lamp is dark,,\n")
    stages = [one.stage for one in IncidentFile.open(file).read() if isinstance(one, Incident)]
    assert stages == [Stage.RESOLVED, Stage.UNKNOWN]


def test_another_state_has_another_stage() -> None:
    waiting = Incident("1", "fan is loud", state=VENDOR, stage=Stage.WAITING)
    assert replace(waiting, description="since noon").stage is Stage.WAITING
    assert replace(waiting, state="closed").stage is Stage.CLOSED
    assert waiting.in_state("4", Stage.CANCELLED).stage is Stage.CANCELLED


def test_an_undone_import_leaves_the_stage_that_holds_now(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "fan is loud", state=VENDOR)])
    key = store.imports.begin("later.csv")
    store.put_incidents([Incident("1", "fan is loud", state="closed")], imported=key)
    store.states.tell({VENDOR: Stage.WAITING})
    store.imports.undo(key)
    assert (store.incident("1").state, store.incident("1").stage) == (VENDOR, Stage.WAITING)


def test_a_folder_of_before_is_looked_through_once_and_told_what_changes(
    store: IncidentStore, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    store.put_incidents(
        [
            Incident("1", "fan is loud", state="Stalled"),
            Incident("2", "lamp is dark", state="Solved"),
            Incident("3", "door is stuck", state="2", extra={"sys_id": "f00"}),
            Incident("4", "key is lost", state="in progress", opened_at=now),
            Incident("5", "fan is hot", state=VENDOR),
            Incident("EXAMPLE-6", "fan is hot", state=EXAMPLE_STATE),
        ]
    )
    with store.database.writing() as connection:
        return_to(connection, "0015")
    before = store.revision()
    with caplog.at_level(logging.WARNING):
        Database(store.database.url).migrate()
    assert {one.number: one.stage for one in store.all_incidents()} == {
        "1": Stage.WAITING,
        "2": Stage.RESOLVED,
        "3": Stage.IN_PROGRESS,
        "4": Stage.IN_PROGRESS,
        "5": Stage.UNKNOWN,
        "EXAMPLE-6": Stage.RESOLVED,
    }
    assert "3 incidents counted as resolved and teach no longer" in caplog.text
    assert f"{VENDOR} (1)" in caplog.text
    assert {one.incident.number for one in store.incidents_since(before)} == {"1", "3", "5"}
    assert json.dumps(store.incident("1").stage) == '"waiting"'
