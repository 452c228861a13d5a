"""Values that are renamed, merged, split and retired; imports that are taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb.records.incident import Incident
from kb.records.label_change import LabelChange
from kb.retrieval.memory import Memory
from kb.storage.import_log import NoSuchImportError, Undone
from kb.storage.incident_store import IncidentStore
from kb.storage.label_changes import NoSuchLabelChangeError
from tests.conftest import printers_and_vpn, triage
from training.fit import fit_model
from triage.assistant import Assistant, Policy
from triage.model import FixedModel

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PRINTER, VPN = Incident("", "the printer does not print"), Incident("", "vpn connection drops at home")


@pytest.fixture
def assistant(store: IncidentStore, memory: Memory) -> Assistant:
    store.put_incidents(printers_and_vpn())
    return Assistant(memory, FixedModel(fit_model(memory, fields=["category"])), Policy())


def change(store: IncidentStore, old: str, *new: str, since: datetime = NOW) -> int:
    return store.label_changes.put(LabelChange("category", old, new, since, NOW))


def said(assistant: Assistant, ticket: Incident) -> list[str]:
    field = assistant.suggest(ticket).fields["category"]
    return [*filter(None, [field.value]), *(entry.value for entry in field.alternatives)]


def test_a_renamed_value_is_answered_at_once_by_its_new_name_and_back_after_withdrawal(
    assistant: Assistant, store: IncidentStore
) -> None:
    assert said(assistant, PRINTER)[0] == "Printing"
    key = change(store, "Printing", "Output")
    assert said(assistant, PRINTER)[0] == "Output"
    assert "Printing" not in said(assistant, PRINTER)
    assert assistant.memory.incidents.labels("category").values.count("Printing") == 0
    store.label_changes.withdraw(key)
    assert said(assistant, PRINTER)[0] == "Printing"
    with pytest.raises(NoSuchLabelChangeError):
        store.label_changes.withdraw(key)


def test_merged_values_are_one_and_training_afterwards_learns_it_so(assistant: Assistant, store: IncidentStore) -> None:
    store.put_incidents(
        [
            replace(incident, number=f"x{incident.number}", category="Mail", description=f"mailbox {i} full")
            for i, incident in enumerate(printers_and_vpn())
        ]
    )
    change(store, "VPN", "Remote")
    change(store, "Printing", "Remote")
    assert said(assistant, VPN)[0] == said(assistant, PRINTER)[0] == "Remote"
    model = fit_model(assistant.memory, fields=["category"])
    assert set(model.fields["category"].classifier.values) == {"Remote", "Mail"}


def test_a_retired_value_is_never_suggested_and_a_split_one_is_shared(
    assistant: Assistant, store: IncidentStore
) -> None:
    retired = change(store, "VPN")
    assert "VPN" not in said(assistant, VPN)
    store.label_changes.withdraw(retired)
    change(store, "VPN", "VPN client", "VPN gateway")
    assert set(said(assistant, VPN)[:2]) == {"VPN client", "VPN gateway"}
    store.put_incidents(
        [Incident(f"g{i}", f"vpn connection drops at home {i}", category="VPN gateway") for i in range(4)]
    )
    assert said(assistant, VPN)[0] == "VPN gateway"


def test_only_what_was_logged_before_the_date_is_read_anew(store: IncidentStore, memory: Memory) -> None:
    before, after = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    store.put_incidents(
        [
            Incident("1", "a", category="Net", opened_at=before),
            Incident("2", "b", category="Net", opened_at=after),
            Incident("3", "c", category="Net"),
        ]
    )
    change(store, "Net", "Network")
    memory.refresh()
    found = {number: memory.incidents.incident(slot) for slot, number in enumerate("123")}
    assert [incident.category for incident in found.values() if incident] == ["Network", "Net", "Network"]
    assert store.incident("1").category == "Net"
    assert {record.incident.category for record in store.history()} == {"Net", "Network"}
    assert [incident.category for incident in store.logged_since(before)] == ["Network", "Net"]


def test_an_import_is_taken_back_but_for_what_was_changed_since(store: IncidentStore, memory: Memory) -> None:
    old = [Incident("1", "a", category="Right"), Incident("2", "b", category="Right", opened_at=NOW)]
    store.put_incidents(old)
    key = store.imports.begin("wrong.csv")
    store.put_incidents([replace(incident, category="Wrong") for incident in old], imported=key)
    store.put_incidents([Incident("3", "c", category="Wrong"), Incident("4", "d", category="Wrong")], imported=key)
    memory.refresh()
    store.put_incidents([Incident("4", "d", category="Mended")])
    assert [(entry.source, entry.changed, entry.undone_at) for entry in store.imports.all()] == [("wrong.csv", 4, None)]
    assert store.imports.undo(key) == Undone(removed=1, restored=2, left=1)
    assert {i.number: i.category for i in store.all_incidents()} == {"1": "Right", "2": "Right", "4": "Mended"}
    assert store.incident("2") == old[1]
    memory.refresh()
    assert len(memory.incidents) == 3
    assert "3" not in memory.incidents
    with pytest.raises(NoSuchImportError, match="no import"):
        store.imports.undo(key)
    store.put_incidents([Incident("3", "c", category="Again")])
    fresh = Memory(store)
    for known in (memory, fresh):
        known.refresh()
        assert "3" in known.incidents


def test_both_by_command(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    table = tmp_path / "tickets.csv"
    table.write_text("number,description,category\n1,vpn drops,Net\n2,disk full,Storage\n", encoding="utf-8")
    triage("--home", home, "import", "incidents", str(table))
    (entry,) = json.loads(triage("--home", home, "imports", "--json").stdout)["imports"]
    assert (entry["source"], entry["changed"]) == ("tickets.csv", 2)
    key = json.loads(triage("--home", home, "labels", "change", "category", "Net", "Network", "--json").stdout)["id"]
    listed = json.loads(triage("--home", home, "labels", "--json").stdout)["changes"]
    assert [(one["old"], one["new"]) for one in listed] == [("Net", ["Network"])]
    triage("--home", home, "labels", "withdraw", str(key))
    assert json.loads(triage("--home", home, "labels", "--json").stdout)["changes"] == []
    told = json.loads(triage("--home", home, "imports", "undo", str(entry["id"]), "--json").stdout)
    assert told == {"removed": 2, "restored": 0, "left": 0}
    assert "no import 7" in triage("--home", home, "imports", "undo", "7", status=1).stderr
    assert (
        "lies in the future"
        in triage("--home", home, "labels", "change", "category", "a", "--since", "2999-01-01", status=2).stderr
    )
