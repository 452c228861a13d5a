from __future__ import annotations

import csv
import zipfile
from dataclasses import replace
from pathlib import Path

from kb.importers.incidents import IncidentFile
from kb.records.incident import Incident
from kb.records.rejects import Reject
from kb.retrieval.memory import Memory
from kb.storage.incident_store import IncidentStore

COLUMNS = ("number", "incident_state", "sys_updated_at", "opened_at", "short_description", "category", "cmdb_ci")
STATES = [
    ("INC1", "New", "29/2/2016 01:23", "29/2/2016 01:16", "no sound", "?", "?"),
    ("INC1", "Resolved", "1/3/2016 08:00", "29/2/2016 01:16", "no sound: headset driver replaced", "Audio", "PC-7"),
    ("INC1", "Active", "29/2/2016 08:53", "29/2/2016 01:16", "no sound in calls", "Software", "?"),
    ("INC2", "Closed", "2/3/2016 09:00", "1/3/2016 01:16", "mailbox full", "Mail", "?"),
]


def written(path: Path, rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return path


def read(path: Path) -> list[Incident | Reject]:
    return list(IncidentFile.open(path).read())


def test_a_history_of_changes_becomes_one_incident_with_the_text_it_was_filed_with(tmp_path: Path) -> None:
    sound, mail = read(written(tmp_path / "log.csv", STATES))
    assert isinstance(sound, Incident)
    assert isinstance(mail, Incident)
    assert (sound.number, sound.state, sound.category, sound.configuration_item) == (
        "INC1",
        "Resolved",
        "Audio",
        "PC-7",
    )
    assert sound.text == "no sound"
    assert sound.short_description == "no sound: headset driver replaced"
    assert sound.is_as_filed
    assert mail.text == "mailbox full"
    assert not mail.is_as_filed
    assert mail.configuration_item is None


def test_a_zipped_log_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        archive.write(written(tmp_path / "log.csv", STATES), "log.csv")
    assert read(tmp_path / "log.zip") == read(tmp_path / "log.csv")


def test_states_that_do_not_follow_each_other_are_told(tmp_path: Path) -> None:
    found = read(written(tmp_path / "log.csv", [STATES[0], STATES[3], STATES[1]]))
    assert [type(record) for record in found] == [Incident, Incident, Reject]
    assert "sort the file by number" in str(found[2])


def test_what_was_written_while_an_incident_was_open_stays_what_it_was_filed_with(
    store: IncidentStore, memory: Memory
) -> None:
    logged = Incident("1", "printer broken", "it does not print", state="new")
    store.put_incidents([logged])
    resolved = replace(logged, description="spooler crashed, restarted by KT", state="resolved", category="Printing")
    store.put_incidents([resolved])
    kept = store.incident("1")
    assert kept.text == "printer broken\nit does not print"
    assert kept.description == "spooler crashed, restarted by KT"
    store.put_incidents([replace(resolved, category="Spooler")])
    assert store.incident("1").text == kept.text
    memory.refresh()
    held = memory.incidents.incident(0)
    assert held is not None
    assert (held.text, held.category) == (kept.text, "Spooler")


def test_an_open_incident_that_is_written_again_stays_unchanged(store: IncidentStore) -> None:
    logged = Incident("1", "printer broken", state="new")
    store.put_incidents([logged])
    assert store.put_incidents([logged]).unchanged == 1
    assert not store.incident("1").is_as_filed


def test_a_resolved_incident_may_be_corrected(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "pritner")])
    store.put_incidents([Incident("1", "printer")])
    assert store.incident("1").text == "printer"
    assert not store.incident("1").is_as_filed
