from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.importers.dates import DateReader
from kb.importers.incidents import IncidentFile
from kb.importers.loading import load_incidents
from kb.records.columns import ColumnError, label_of, map_columns
from kb.records.incident import Incident
from kb.records.rejects import Reject, RejectKind
from kb.records.written import Written
from kb.storage.incident_store import IncidentStore

EXPORTS = {
    "ServiceNow": {
        "number": "number",
        "short_description": "short_description",
        "description": "description",
        "caller_id": "caller",
        "contact_type": "channel",
        "business_service": "service",
        "cmdb_ci": "configuration_item",
        "category": "category",
        "subcategory": "subcategory",
        "assignment_group": "assignment_group",
        "impact": "impact",
        "urgency": "urgency",
        "priority": "priority",
        "incident_state": "state",
        "opened_at": "opened_at",
        "resolved_at": "resolved_at",
        "closed_at": "closed_at",
        "reassignment_count": "reassignment_count",
        "reopen_count": "reopen_count",
        "close_notes": "resolution",
    },
    "Jira Service Management": {
        "Issue key": "number",
        "Summary": "short_description",
        "Description": "description",
        "Reporter": "caller",
        "Custom field (Impact)": "impact",
        "Custom field (Urgency)": "urgency",
        "Priority": "priority",
        "Status": "state",
        "Created": "opened_at",
        "Resolved": "resolved_at",
        "Custom field (Request Type)": "category",
    },
    "Zendesk": {
        "Id": "number",
        "Subject": "short_description",
        "Description": "description",
        "Requester": "caller",
        "Via": "channel",
        "Group": "assignment_group",
        "Priority": "priority",
        "Status": "state",
        "Created at": "opened_at",
        "Solved at": "resolved_at",
        "Reopens": "reopen_count",
        "Group stations": "reassignment_count",
    },
    "Freshservice": {
        "Ticket ID": "number",
        "Subject": "short_description",
        "Description": "description",
        "Requester Name": "caller",
        "Source": "channel",
        "Category": "category",
        "Sub-Category": "subcategory",
        "Group": "assignment_group",
        "Impact": "impact",
        "Urgency": "urgency",
        "Priority": "priority",
        "Status": "state",
        "Created Time": "opened_at",
        "Resolved Time": "resolved_at",
        "Closed Time": "closed_at",
        "Resolution Note": "resolution",
    },
    "GLPI": {
        "ID": "number",
        "Title": "short_description",
        "Content": "description",
        "Requester": "caller",
        "Request source": "channel",
        "Category": "category",
        "Technician group": "assignment_group",
        "Urgency": "urgency",
        "Impact": "impact",
        "Priority": "priority",
        "Status": "state",
        "Opening date": "opened_at",
        "Closing date": "closed_at",
        "Solution": "resolution",
    },
    "Zammad": {
        "number": "number",
        "title": "short_description",
        "customer": "caller",
        "group": "assignment_group",
        "priority": "priority",
        "state": "state",
        "created_at": "opened_at",
        "close_at": "closed_at",
        "create_article_type": "channel",
    },
    "OTRS/Znuny": {
        "Ticket#": "number",
        "Title": "short_description",
        "CustomerUser": "caller",
        "Queue": "assignment_group",
        "Service": "service",
        "Priority": "priority",
        "State": "state",
        "Created": "opened_at",
        "Closed": "closed_at",
    },
}


@pytest.mark.parametrize("tool", EXPORTS)
def test_columns_of_every_tool_are_recognised(tool: str) -> None:
    expected = EXPORTS[tool]
    assert map_columns(expected).column_of == {field: column for column, field in expected.items()}


def test_a_chosen_column_wins_and_a_wrong_choice_says_what_there_is() -> None:
    assert map_columns(["title", "text"], {"description": "title"}).column_of["description"] == "title"
    with pytest.raises(ColumnError, match=r"no such column; it has title, text"):
        map_columns(["title", "text"], {"description": "body"})
    with pytest.raises(ColumnError, match="'summary' is none of number"):
        map_columns(["title"], {"summary": "title"})


def test_a_file_without_text_is_refused_with_the_way_out() -> None:
    with pytest.raises(ColumnError, match="choose the column that is the description"):
        map_columns(["number", "priority"])


def test_a_label_can_be_called_by_the_column_it_came_from() -> None:
    incident = Incident("1", service="Mail", extra={"ticket_type": "7"})
    assert label_of(incident, "business_service") == "Mail"
    assert label_of(incident, "ticket_type") == "7"
    assert label_of(incident, "nothing") is None


@pytest.mark.parametrize(("text", "expected"), [
    ("2024-03-12 10:11:12", "2024-03-12T10:11:12+00:00"),
    ("2024-03-12T10:11:12Z", "2024-03-12T10:11:12+00:00"),
    ("2024-03-12T10:11:12.123+0200", "2024-03-12T08:11:12.123000+00:00"),
    ("12/Mar/24 3:45 PM", "2024-03-12T15:45:00+00:00"),
    ("03/12/2024 10:11", "2024-03-12T10:11:00+00:00"),
    ("12.03.2024 10:11", "2024-03-12T10:11:00+00:00"),
    ("1710238272", "2024-03-12T10:11:12+00:00"),
    ("1710238272000", "2024-03-12T10:11:12+00:00"),
    ("45363.5", "2024-03-12T12:00:00+00:00"),
])  # fmt: skip
def test_dates_of_every_tool(text: str, expected: str) -> None:
    moment = DateReader().read(text)
    assert moment is not None
    assert moment.isoformat() == expected


def test_a_time_without_zone_is_in_the_zone_that_was_named() -> None:
    assert DateReader(zone=ZoneInfo("Europe/Berlin")).read("2024-07-01 12:00") == datetime(2024, 7, 1, 10, tzinfo=UTC)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_a_clear_error(text: str) -> None:
    try:
        moment = DateReader().read(text)
    except ValueError as error:
        assert "date" in str(error) or "between" in str(error)
    else:
        assert moment is None or moment.tzinfo is UTC


def load(store: IncidentStore, path: Path) -> tuple[Written, list[Reject]]:
    written, rejects = Written(), list[Reject]()
    for batch in load_incidents(store, IncidentFile.open(path).read(), source=path.name):
        written += batch.written
        rejects += batch.rejects
    return written, rejects


def write(path: Path, *rows: list[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_importing_again_updates_and_never_duplicates(store: IncidentStore, tmp_path: Path) -> None:
    header = ["number", "description", "category", "state", "Berth"]
    path = write(
        tmp_path / "a.csv", header, ["1", "vpn drops", "04", "done", "Quay 7"], ["2", "no print", "5", "done", ""]
    )
    assert load(store, path) == (Written(new=2), [])
    assert load(store, path) == (Written(unchanged=2), [])
    write(path, header, ["1", "vpn drops", "04", "done", "Quay 7"], ["2", "no print", "6", "done", ""])
    assert load(store, path) == (Written(updated=1, unchanged=1), [])
    assert store.count_incidents() == 2
    assert (store.incident("1").category, store.incident("1").extra) == ("04", {"Berth": "Quay 7"})


def test_rows_without_number_get_the_same_one_at_every_import(store: IncidentStore, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ["text", "category"], ["vpn drops", "A"], ["vpn drops", "B"], ["no print", "C"])
    assert load(store, path)[0] == Written(new=3)
    assert load(store, path)[0] == Written(unchanged=3)


def test_bad_rows_and_cells_are_listed_with_row_column_and_reason_and_the_rest_goes_in(
    store: IncidentStore, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "a.csv",
        ["number", "description", "opened_at", "reassignment_count", "state"],
        ["1", "good", "2024-01-02", "1", "done"],
        ["2", "", "2024-01-02", "", "done"],
        ["3", "bad date", "yesterday-ish", "", "done"],
        ["4", "bad count", "", "many", "done"],
        ["1", "number again", "", "", "done"],
        ["5", "good too", "", "", "done"],
    )
    written, rejects = load(store, path)
    assert written == Written(new=4)
    assert [(reject.file, reject.row, reject.column, reject.kind) for reject in rejects] == [
        ("a.csv", 3, "description", RejectKind.ROW),
        ("a.csv", 4, "opened_at", RejectKind.CELL),
        ("a.csv", 5, "reassignment_count", RejectKind.CELL),
        ("a.csv", 6, "number", RejectKind.ROW),
    ]
    assert store.incident("3").opened_at is None
    assert "stands in row 2 already" in rejects[-1].reason
