"""Audit logs of other tools become events, once each."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kb.importers.events.audit_log import AuditLog
from kb.importers.loading import LoadedEvents, load_events
from kb.records.incident import Incident
from kb.records.incident_event import EventKind, EventSource
from kb.records.incident_history import replayed
from kb.records.incident_metrics import metrics_of
from kb.records.rejects import RejectKind, UnreadableFileError
from kb.storage.incident_store import IncidentStore
from kb.vocabulary.stage import Stage
from tests.conftest import triage

NOW = datetime(2026, 11, 2, tzinfo=UTC)
REACHED = [Stage.IN_PROGRESS, Stage.WAITING, Stage.RESOLVED, Stage.CLOSED]
STATES = ["New", "Active", "Awaiting User Info", "Resolved", "Closed"]


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def told(path: Path, number: str | None = None) -> list[tuple[str, str, str | None, dict[str, str | None]]]:
    return [
        (event.kind.value, event.happened_at.strftime("%d %H:%M"), event.by, dict(event.after))
        for event in AuditLog.open(path).events({}, NOW)
        if number in (None, event.number)
    ]


def loaded(store: IncidentStore, path: Path) -> LoadedEvents:
    return sum(load_events(store, AuditLog.open(path)), LoadedEvents())


def random_log(path: Path, incidents: int) -> Path:
    """A log of states, as ServiceNow keeps it: a row for each update, with all values."""
    chance, rows = random.Random(1), list[str]()
    for number in range(incidents):
        opened = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(30_000))
        at, state, group, made = opened, "New", "?", "true"
        for update in range(chance.randrange(1, 12)):
            at += timedelta(minutes=chance.randrange(1, 3_000))
            state = chance.choice(STATES) if update else chance.choice(STATES[:2])
            group = chance.choice([group, group, "Desk", "Network", "Mail", "?"])
            made = "false" if made == "false" or chance.random() < 0.1 else "true"
            when = [moment.strftime("%d/%m/%Y %H:%M") for moment in (opened, at)]
            rows.append(f"INC{number:04},{state},{made},{when[0]},{when[1]},agent {chance.randrange(3)},{group}")
    header = "number,incident_state,made_sla,opened_at,sys_updated_at,sys_updated_by,assignment_group"
    return written(path, "\n".join([header, *rows]))


def test_metrics_of_a_log_are_those_that_pandas_computes(tmp_path: Path, store: IncidentStore) -> None:
    path = random_log(tmp_path / "incident_event_log.csv", 300)
    loaded(store, path)
    assert min(compared(pd.read_csv(path, dtype=str), store)) > 50


def test_metrics_of_a_real_log_are_those_that_pandas_computes(real_data: Path, store: IncidentStore) -> None:
    path = real_data / "incident_event_log.zip"
    loaded(store, path)
    table = pd.read_csv(path, dtype=str)
    assert table["number"].nunique() == 24_918
    assert min(compared(table, store)) > 300


def compared(table: pd.DataFrame, store: IncidentStore) -> list[int]:
    """Compare the metrics of each incident of a log; returns the reassignments, reopenings and SLAs made in all."""
    for name in ("opened_at", "sys_updated_at"):
        table[name] = pd.to_datetime(table[name], format="%d/%m/%Y %H:%M", utc=True)
    table.loc[table["incident_state"].str.startswith("Awaiting"), "incident_state"] = "Awaiting User Info"
    table = table.sort_values("sys_updated_at", kind="stable")  # one incident of the real log goes back in time
    updates = table.groupby("number")
    named = table[table["assignment_group"] != "?"]
    before = named.groupby("number")["assignment_group"].shift()
    hops = (before.notna() & (named["assignment_group"] != before)).groupby(named["number"]).sum()
    over = table["incident_state"].isin(["Resolved", "Closed"])
    reopened = (over.groupby(table["number"]).shift(fill_value=False) & ~over).groupby(table["number"]).sum()
    made = updates["made_sla"].last() == "true"
    first = table.groupby(["number", "incident_state"])["sys_updated_at"].min().to_dict()
    total = [0, 0, 0]
    for number, opened in updates["opened_at"].first().items():
        metrics = metrics_of(store.events.of(str(number)))
        assert metrics.reassignments == hops.get(number, 0), number
        assert metrics.reopenings == reopened[number], number
        assert metrics.made_sla == made[number], number
        for state, stage in zip(STATES[1:], REACHED, strict=True):
            at = first.get((number, state))
            assert metrics.time_to.get(stage) == (None if at is None else at - opened), number
        total = [total[0] + metrics.reassignments, total[1] + metrics.reopenings, total[2] + bool(metrics.made_sla)]
    return total


def test_the_last_row_of_each_incident_is_what_its_events_leave(tmp_path: Path) -> None:
    path = random_log(tmp_path / "log.csv", 100)
    by_number: dict[str, list[Any]] = {}
    for event in AuditLog.open(path).events({}, NOW):
        by_number.setdefault(event.number, []).append(event)
    for number, rows in pd.read_csv(path, dtype=str).groupby("number"):
        left = replayed(by_number[str(number)])
        last = rows.iloc[-1]
        assert left["state"] == last["incident_state"]
        assert left.get("assignment_group") == (None if last["assignment_group"] == "?" else last["assignment_group"])


def test_a_log_is_imported_once_and_a_longer_one_completes_it(tmp_path: Path, store: IncidentStore) -> None:
    path = random_log(tmp_path / "log.csv", 50)
    lines = path.read_text().splitlines()
    shorter = written(tmp_path / "shorter.csv", "\n".join(lines[: len(lines) // 2]))
    first, whole, again = loaded(store, shorter), loaded(store, path), loaded(store, path)
    assert first.new == first.read > 0
    assert (first.new + whole.new, again.new) == (whole.read, 0)
    assert store.events.count() == again.read
    assert {event.source for event in store.events.all()} == {EventSource.AUDIT_LOG}


def test_changed_values_of_servicenow_are_read_by_number_or_key(tmp_path: Path, store: IncidentStore) -> None:
    audit = """tablename,documentkey,fieldname,oldvalue,newvalue,sys_created_on,user
incident,a1b2,incident_state,2,3,2026-03-01 09:00:00,ada
incident,a1b2,incident_state,1,2,2026-03-01 08:00:00,ada
incident,a1b2,assignment_group,Desk,Network,2026-03-01 08:30:00,bob
incident,a1b2,work_notes,,looked at it,2026-03-01 08:40:00,bob
incident,a1b2,comments,,please restart,2026-03-01 08:45:00,bob
incident,a1b2,sys_mod_count,1,2,2026-03-01 08:45:00,bob
problem,ffff,state,1,2,2026-03-01 08:45:00,bob
incident,a1b2,state,1,2,soon,bob
"""
    path = written(tmp_path / "sys_audit.csv", audit)
    assert told(path) == [
        ("accepted", "01 08:00", "ada", {"stage": "in_progress", "state": "2"}),
        ("reassigned", "01 08:30", "bob", {"assignment_group": "Network"}),
        ("noted", "01 08:40", "bob", {}),
        ("responded", "01 08:45", "bob", {}),
        ("waiting", "01 09:00", "ada", {"stage": "waiting", "state": "3"}),
    ]
    (reject,) = AuditLog.open(path).rejects
    assert (reject.row, reject.column) == (9, "sys_created_on")
    store.put_incidents([Incident("INC1", "no mail", state="on hold", extra={"sys_id": "a1b2"})])
    assert loaded(store, path).new == 5
    assert EventKind.REASSIGNED in {event.kind for event in store.events.of("INC1")}


def test_an_escalation_of_servicenow_is_an_event_and_its_end_none(tmp_path: Path) -> None:
    audit = """tablename,documentkey,fieldname,oldvalue,newvalue,sys_created_on,user
incident,a1b2,escalation,0,2,2026-03-01 08:50:00,bob
incident,a1b2,escalation,2,0,2026-03-01 08:55:00,bob
incident,a1b2,escalation,Normal,Overdue,2026-03-01 08:57:00,bob
"""
    path = written(tmp_path / "sys_audit.csv", audit)
    assert told(path) == [("escalated", "01 08:50", "bob", {}), ("escalated", "01 08:57", "bob", {})]


def test_changelogs_of_jira_are_read(tmp_path: Path) -> None:
    def history(at: str, *items: tuple[str, str | None, str]) -> dict[str, Any]:
        changed = [{"field": name, "fromString": before, "toString": after} for name, before, after in items]
        return {"created": f"2026-03-{at}:00.000+0100", "author": {"displayName": "Ada"}, "items": changed}

    issue = {
        "key": "IT-7",
        "fields": {"created": "2026-03-01T09:00:00.000+0100"},
        "changelog": {
            "histories": [
                history("03T10:00", ("status", "In Progress", "Done"), ("resolution", None, "Done")),
                history("01T10:00", ("assignee", None, "Bob"), ("status", "To Do", "In Progress")),
                history("02T10:00", ("priority", "Low", "High")),
            ]
        },
    }
    expected = [
        ("registered", "01 08:00", None, {"priority": None}),
        ("assigned", "01 09:00", "Ada", {"assigned_to": "Bob"}),
        ("accepted", "01 09:00", "Ada", {"stage": "in_progress", "state": "In Progress"}),
        ("classified", "02 09:00", "Ada", {"priority": "High"}),
        ("resolved", "03 09:00", "Ada", {"stage": "resolved", "state": "Done"}),
    ]
    for content in (issue, {"issues": [issue]}, [issue]):
        events = told(written(tmp_path / "changelog.json", content))
        assert [event[:3] for event in events] == [event[:3] for event in expected]
        assert events[0][3] == {"stage": "new", "state": "To Do"}
        assert events[1:] == expected[1:]


def test_audits_of_zendesk_are_read_with_the_names_beside_them(tmp_path: Path) -> None:
    def audit(at: str, author: int, *events: dict[str, Any]) -> dict[str, Any]:
        return {"ticket_id": 35, "created_at": f"2026-03-01T{at}:00Z", "author_id": author, "events": list(events)}

    content = {
        "audits": [
            audit(
                "08:00",
                1,
                {"type": "Comment", "public": True, "body": "no mail"},
                {"type": "Create", "field_name": "status", "value": "new"},
                {"type": "Create", "field_name": "group_id", "value": "9"},
            ),
            audit(
                "09:00",
                2,
                {"type": "Change", "field_name": "status", "previous_value": "new", "value": "pending"},
                {"type": "Comment", "public": True, "body": "which version?"},
                {"type": "Notification", "subject": "x"},
            ),
            audit("10:00", 2, {"type": "Comment", "public": False, "body": "hm"}),
            {"ticket_id": 35, "created_at": "never", "events": []},
        ],
        "users": [{"id": 1, "name": "Cleo"}, {"id": 2, "name": "Ada"}],
        "groups": [{"id": 9, "name": "Desk"}],
    }
    path = written(tmp_path / "audits.json", content)
    assert told(path) == [
        ("registered", "01 08:00", None, {"assignment_group": "Desk", "stage": "new", "state": "new"}),
        ("waiting", "01 09:00", "Ada", {"stage": "waiting", "state": "pending"}),
        ("responded", "01 09:00", "Ada", {}),
        ("noted", "01 10:00", "Ada", {}),
    ]
    assert [reject.row for reject in AuditLog.open(path).rejects] == [4]


def test_what_a_state_was_said_to_mean_counts(tmp_path: Path, store: IncidentStore) -> None:
    rows = "number,state,sys_updated_on\n1,up in the air,2026-03-01 08:00\n"
    path = written(tmp_path / "log.csv", rows)
    assert loaded(store, path).unknown_states == {"up in the air": 1}
    store.states.tell({"up in the air": Stage.WAITING})
    assert next(AuditLog.open(path).events(store.states.told(), NOW)).kind is EventKind.WAITING


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.csv", "number,short_description\n1,no mail\n"),
        ("log.csv", "a,b\n1,2\n"),
        ("log.json", "{"),
        ("log.json", '[{"a": 1}]'),
        ("log.json", "[" * 5_000),
        ("log.txt", ""),
    ],
)
def test_what_is_no_audit_log_is_refused(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(UnreadableFileError):
        AuditLog.open(written(tmp_path / name, content))


def test_what_cannot_be_read_is_named_by_its_cell(tmp_path: Path) -> None:
    rows = ["number,state,opened_at,sys_updated_at"]
    rows += [
        "1,New,2026-02-31 08:00,2026-03-01 08:00",
        "2,New,2026-03-01,soon",
        ",New,2026-03-01,2026-03-01",
        "3,New,,",
    ]
    log = AuditLog.open(written(tmp_path / "log.csv", "\n".join(rows)))
    assert [(one.row, one.column, one.kind) for one in log.rejects] == [
        (2, "opened_at", RejectKind.CELL),
        (3, "sys_updated_at", RejectKind.ROW),
        (4, "number", RejectKind.ROW),
        (5, "sys_updated_at", RejectKind.ROW),
    ]
    assert [(one.number, one.opened_at) for one in log.updates] == [("1", None)]
    issue = {
        "key": "A-1",
        "fields": {},
        "changelog": {"histories": [{"created": "2026-03-01T08:00:00Z", "items": [{}]}]},
    }
    issues = [issue, {**issue, "changelog": {"histories": [{"created": "soon", "items": []}]}}]
    document = AuditLog.open(written(tmp_path / "log.json", {"issues": [*issues, {**issue, "fields": 5}]}))
    assert [one.reason.partition("can be read: ")[2] for one in document.rejects] == [
        "it lacks 'field'",
        "'soon' is not a date that can be read: it lacks a day, a month or a year",
        "a value has another form",
    ]


def test_secrets_do_not_come_along(tmp_path: Path) -> None:
    rows = "number,state,category,sys_updated_on\n1,New,password: Sommer2024!,2026-03-01 08:00\n"
    event = next(AuditLog.open(written(tmp_path / "log.csv", rows)).events({}, NOW))
    assert event.after["category"] == "password: [masked: password]"


def test_the_command_says_what_it_understood_and_imports_it(tmp_path: Path) -> None:
    path, home = random_log(tmp_path / "log.csv", 20), tmp_path / "home"
    shown = triage("--home", str(home), "import", "events", str(path), "--dry-run").stdout
    assert "read as: states of incidents" in shown
    assert "assignment_group = assignment_group" in shown
    assert "nothing was written" in shown
    assert not home.exists()
    done = json.loads(triage("--home", str(home), "import", "events", str(path), "--json").stdout)
    assert (done["incidents"], done["new"]) == (20, done["events"])
    again = json.loads(triage("--home", str(home), "import", "events", str(path), "--json").stdout)
    assert again["new"] == 0
    assert triage("import", "events", str(tmp_path / "none.csv"), status=None).returncode != 0
