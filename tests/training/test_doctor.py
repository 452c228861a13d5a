from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.composition import open_services
from kb.records.incident import Incident
from kb.retrieval.memory import Memory
from kb.storage.incident_store import IncidentStore
from kb.vocabulary.stage import Stage
from tests.conftest import printers_and_vpn, triage
from training.doctor import Checkup, Finding, examine
from training.fit import NotEnoughHistoryError

START = datetime(2026, 1, 1, tzinfo=UTC)


def of_kind(found: Checkup, kind: str) -> list[Finding]:
    return [finding for finding in found.findings if finding.kind == kind]


def examined(store: IncidentStore, memory: Memory, incidents: list[Incident]) -> Checkup:
    store.put_incidents(incidents)
    return examine(memory, fields=["category"])


def test_flipped_labels_stand_first_among_the_suspects(store: IncidentStore, memory: Memory) -> None:
    history = printers_and_vpn(120)
    flipped = set(np.random.default_rng(0).choice(240, 12, replace=False).tolist())
    other = {"VPN": "Printing", "Printing": "VPN"}
    found = examined(
        store,
        memory,
        [
            replace(incident, category=other[str(incident.category)]) if place in flipped else incident
            for place, incident in enumerate(history)
        ],
    )
    numbers = {history[place].number for place in flipped}
    assert {suspect.number for suspect in found.suspects[:12]} == numbers
    assert all(suspect.likely == other[suspect.value] for suspect in found.suspects[:12])
    (contradictory,) = of_kind(found, "contradictory labels")
    assert contradictory.share == pytest.approx(12 / 240, abs=0.02)
    (field,) = found.fields
    assert field.best_possible == pytest.approx(0.95, abs=0.02)


def test_values_that_were_drawn_up_anew_are_named_with_what_they_are_called_today(
    store: IncidentStore, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies before is no dead value, and nothing is judged by it."""
    called = {"Printing": "Output", "VPN": "VPN"}
    history = [
        replace(
            incident,
            category=called[str(incident.category)] if place >= 100 else incident.category,
            opened_at=START + timedelta(days=place),
        )
        for place, incident in enumerate(printers_and_vpn(120))
    ]
    begins = (START - datetime(1970, 1, 1, tzinfo=UTC)).days + 100.0
    monkeypatch.setattr("training.scheme.scheme_begins", lambda days, codes, vectors: begins)
    found = examined(store, memory, history)
    (anew,) = of_kind(found, "values drawn up anew")
    assert (anew.field, anew.share) == ("category", pytest.approx(100 / 240))
    assert "100 incidents logged before 2026-04-11" in anew.message
    assert anew.facts == {"count": 100, "day": "2026-04-11"}
    assert "triage labels change category OLD NEW --since 2026-04-11" in anew.message
    assert anew.examples == (
        "Printing: 50 incidents, 100% of them most like Output today",
        "VPN: 50 incidents, 100% of them most like VPN today",
    )
    assert not of_kind(found, "dead value")
    assert [field.examples for field in found.fields] == [140]


def test_a_clean_history_is_ready_and_has_no_such_findings(store: IncidentStore, memory: Memory) -> None:
    found = examined(store, memory, printers_and_vpn(110))
    (field,) = found.fields
    assert (field.ready, field.tickets_needed, field.best_possible) == (True, 0, 1.0)
    assert {finding.kind for finding in found.findings} <= {"missing resolution notes"}
    assert not found.suspects


def test_everything_that_stands_in_the_way_is_named_with_examples(store: IncidentStore, memory: Memory) -> None:
    line = "This mail was sent by the self-service portal of the company"
    history = [
        replace(incident, description=f"{incident.description}\n{line}", opened_at=START + timedelta(days=place))
        for place, incident in enumerate(printers_and_vpn(120))
    ]
    notes = "Cleared the cache of the browser and restarted"
    history += [
        Incident(
            f"L{i}", f"page {i} does not load. {notes}", category="Web", resolution=notes, assignment_group="Web Team"
        )
        for i in range(30)
    ]
    history += [
        Incident(
            f"G{i}", f"screen {i} is dark, handed to Desktop Team", category="Hardware", assignment_group="Desktop Team"
        )
        for i in range(30)
    ]
    history += [Incident(f"D{i}", f"fax {i} is stuck", category="Fax", opened_at=START) for i in range(12)]
    history += [Incident(f"T{i}", "it does not work", category=("VPN", "Printing")[i % 2]) for i in range(10)]
    history += [
        Incident(f"O{i}", f"{('printer', 'vpn', 'screen', 'page')[i % 4]} question {i}", category="Other")
        for i in range(20)
    ]
    found = examined(store, memory, history)
    (boilerplate,) = of_kind(found, "boilerplate")
    assert boilerplate.examples == (line.lower(),)
    assert "since 2026-01-01" in of_kind(found, "dead value")[0].message
    (torn,) = of_kind(found, "same text, different labels")
    assert torn.examples == ("“it does not work”: VPN 5, Printing 5",)
    assert "'Other'" in of_kind(found, "catch-all value")[0].message
    leaks = of_kind(found, "leak from the future")
    assert [leak.message.split(" ")[-3:] for leak in leaks] == [["be", "too", "good"]] * 2
    assert {leak.examples[0][0] for leak in leaks} == {"L", "G"}
    assert {leak.facts["leaked"] for leak in leaks} == {"resolution", "group"}
    assert str(of_kind(found, "dead value")[0].facts["day"]) in of_kind(found, "dead value")[0].message
    assert "neither how they were resolved" in of_kind(found, "missing resolution notes")[0].message
    shares = [finding.share for finding in found.findings]
    assert shares == sorted(shares, reverse=True)
    (field,) = found.fields
    assert field.tickets_needed == (30 - 12) + (30 - 20)


def test_unknown_states_and_several_spellings_are_named(store: IncidentStore, memory: Memory) -> None:
    history = printers_and_vpn(120)
    history[:9] = [replace(one, category="PRINTING") if one.category == "Printing" else one for one in history[:9]]
    sent = [Incident(f"S{n}", "fan is loud", state="Sent to manufacturer") for n in range(7)]
    found = examined(store, memory, [*history, *sent])
    (unknown,) = of_kind(found, "unknown states")
    assert unknown.examples == ("Sent to manufacturer: 7",)
    assert unknown.share == pytest.approx(7 / 247)
    (spellings,) = of_kind(found, "several spellings")
    assert '"PRINTING"' in spellings.examples[0]
    assert spellings.field == "category"
    store.states.tell({"resolved": Stage.CANCELLED})
    with pytest.raises(NotEnoughHistoryError, match="7 incidents teach nothing"):
        examine(memory, fields=["category"])


def test_what_is_filed_leaks_nothing_and_few_incidents_are_refused(store: IncidentStore, memory: Memory) -> None:
    notes = "Cleared the cache of the browser and restarted"
    history = printers_and_vpn(100)
    filed = [
        Incident(f"L{i}", "no", notes, resolution=notes, filed_short_description=f"page {i}", filed_description="")
        for i in range(30)
    ]
    store.put_incidents(history[:150])
    with pytest.raises(NotEnoughHistoryError, match="150 resolved incidents are too few"):
        examine(memory)
    assert not of_kind(examined(store, memory, [*history, *filed]), "leak from the future")


def test_the_command_lists_suspects_and_tells_fields_that_are_not_ready(tmp_path: Path) -> None:
    with open_services(tmp_path) as services:
        services.store.put_incidents([replace(entry, urgency="1") for entry in printers_and_vpn(110)])
    file = tmp_path / "suspects.csv"
    done = triage("--home", str(tmp_path), "doctor", "--suspects", str(file), "--json")
    found = json.loads(done.stdout)
    by_name = {field["field"]: field for field in found["fields"]}
    assert by_name["category"]["ready"]
    assert not by_name["urgency"]["ready"]
    assert "fewer than two values" in by_name["urgency"]["reason"]
    assert file.read_text(encoding="utf-8").splitlines()[0] == "number,field,value,likely,doubt"
    shown = triage("--home", str(tmp_path), "doctor", "--fields", "category").stdout
    assert "category  ready" in shown
