from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kb.importers.articles.tables import article_from_row
from kb.importers.incidents import IncidentFile
from kb.importers.tables import Row, columns_of, read_table
from kb.records.incident import Incident
from kb.records.rejects import UnreadableFileError
from kb.vocabulary.stage import Stage


def rows_of(tmp_path: Path, document: Any) -> list[dict[str, str]]:
    path = tmp_path / "t.json"
    path.write_text(json.dumps(document))
    return [dict(row.values) for row in read_table(path) if isinstance(row, Row)]


TICKET = {"id": 5, "subject": "Fan noise", "status": "open"}


@pytest.mark.parametrize("document", [
    {"tickets": [TICKET], "agents": [{"id": 1, "name": "Kim"}, {"id": 2, "name": "Lee"}], "count": 1},
    {"warnings": ["old version"], "result": {"items": [TICKET], "links": []}},
    {"@odata.context": "x", "value": [{"@odata.etag": "y", **TICKET}]},
    {"data": {"tickets": {"edges": [{"node": TICKET}]}}},
    {"hits": {"hits": [{"_id": "a", "_source": TICKET}]}},
    {"assets": {"Ticket": {"5": TICKET}, "User": {"1": {"id": 1, "firstname": "Kim", "lastname": "O"}}}},
    [{"ticket": TICKET}],
    {"ticket": {**TICKET, "comments": [{"id": 1, "body": "Oiled it"}, {"id": 2, "body": "Done"}]}},
    {"key": "A-1", "fields": {**TICKET, "comment": {"comments": [{"id": 1, "body": "Oiled it"}]}}},
    {"data": {"project": {"issues": {"nodes": [TICKET]}}}},
    {"columns": list(TICKET), "rows": [list(TICKET.values())]},
    {"fields": [{"name": name} for name in TICKET], "total": 1, "values": [list(TICKET.values())]},
    {"entries": [{"values": TICKET, "_links": {"self": []}}]},
])  # fmt: skip
def test_the_list_of_tickets_is_found(tmp_path: Path, document: Any) -> None:
    (row,) = rows_of(tmp_path, document)
    assert {name: row[name] for name in TICKET} == {"id": "5", "subject": "Fan noise", "status": "open"}


@pytest.mark.parametrize("translation", [
    {"language": "en", "content": {"title": "Dock", "content": "<h2>Solution</h2>x"}},
    [{"title": "Dock", "content": {"body": "<h2>Solution</h2>x"}}],
])  # fmt: skip
def test_a_page_inside_an_article_keeps_its_title_and_text(tmp_path: Path, translation: Any) -> None:
    (row,) = rows_of(tmp_path, [{"number": "KI 7", "translation": translation}])
    article = article_from_row(row).article
    assert (article.id, article.title, article.resolution) == ("KI 7", "Dock", "x")


def test_lists_beside_the_tickets_give_names(tmp_path: Path) -> None:
    ticket = {**TICKET, "requester_id": 7, "assignee_id": 99, "group_id": 3, "follower_ids": [7, 8], "companyId": "4"}
    document = {
        "tickets": [ticket],
        "users": [{"id": 7, "name": "Kim Ode"}, {"id": 8, "name": "Lee Park"}],
        "groups": [{"id": 3, "name": "Second line"}],
        "companies": [{"id": 4, "name": "Harbour"}],
    }
    (row,) = rows_of(tmp_path, document)
    assert [row[name] for name in ("id", "requester_id", "assignee_id", "group_id", "follower_ids", "companyId")] == [
        "5", "Kim Ode", "99", "Second line", "Kim Ode|Lee Park", "Harbour",
    ]  # fmt: skip


def test_relationships_are_named_by_what_is_included(tmp_path: Path) -> None:
    relationships = {"team": {"data": {"type": "groups", "id": "3"}}, "caller": {"data": {"type": "people", "id": "9"}}}
    document = {
        "data": [{"type": "tickets", "id": "5", "attributes": TICKET, "relationships": relationships}],
        "included": [
            {"type": "people", "id": "3", "attributes": {"name": "Kim Ode"}},
            {"type": "groups", "id": "3", "attributes": {"name": "Field"}},
        ],
    }
    (row,) = rows_of(tmp_path, document)
    assert (row["relationships.team"], row["relationships.caller"]) == ("Field", "9")


def test_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('[{"title": "x", "id": 10000000000000000000000001, "cost": 1.50, "share": NaN}]')
    (row,) = read_table(path)
    assert isinstance(row, Row)
    assert dict(row.values) == {"title": "x", "id": "10000000000000000000000001", "cost": "1.50", "share": ""}


def test_a_field_that_the_first_record_lacks_is_a_column(tmp_path: Path) -> None:
    rows_of(tmp_path, [{"title": "Fan noise"}, {"title": "Key lost", "team": "Desk"}])
    assert columns_of(tmp_path / "t.json") == ["title", "team"]


def test_objects_on_lines_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"id": 1, "title": "a"}\n{"id": 2, "title": "b"}\n')
    assert [row.values["id"] for row in read_table(tmp_path / "t.json") if isinstance(row, Row)] == ["1", "2"]


@pytest.mark.parametrize("content", ["[" * 100_000, '[{"a":' * 5000, "[" + "{}," * 2_000_000 + "{}]"])
def test_documents_that_nest_or_swell_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(UnreadableFileError, match=r"nested deeper|can be read at once"):
        list(read_table(tmp_path / "t.json"))


ROWS = [TICKET, {"id": 6, "subject": "Key lost", "status": "closed"}]
NAMES = list(TICKET)
LISTS = [list(row.values()) for row in ROWS]


@pytest.mark.parametrize("document", [
    {"columns": NAMES, "index": [0, 1], "data": LISTS},
    {"index": ["a", "b"], "errors": [], "columns": NAMES, "data": LISTS},
    {"data": {"rows": LISTS, "cols": [{"name": name.upper(), "display_name": name, "description": None}
                                      for name in NAMES],
              "results_metadata": {"columns": [{"name": name, "base_type": "type/Text"} for name in NAMES]}}},
    {"fields": [{"name": name, "type": "string"} for name in NAMES], "records": LISTS},
    {"schema": {"fields": [{"name": name} for name in NAMES]}, "data": ROWS},
    {"range": "Export!A1:C3", "values": [NAMES, *LISTS]},
    [NAMES, *LISTS],
    {name: [row[name] for row in ROWS] for name in NAMES},
    {name: {str(place): row[name] for place, row in enumerate(ROWS)} for name in NAMES},
    {"result": {name: {str(place): row[name] for place, row in enumerate(ROWS)} for name in NAMES}},
])  # fmt: skip
def test_names_and_values_that_stand_apart(tmp_path: Path, document: Any) -> None:
    assert rows_of(tmp_path, document) == [{name: str(value) for name, value in row.items()} for row in ROWS]


def test_keys_of_rows_that_are_no_count_are_a_column(tmp_path: Path) -> None:
    document = {"subject": {"R-1": "Fan noise", "R-2": "Key lost"}, "status": {"R-1": "open", "R-2": "open"}}
    assert [row["index"] for row in rows_of(tmp_path, document)] == ["R-1", "R-2"]


@pytest.mark.parametrize("document", [
    {"tickets": ROWS, "filters": {"status": ["open"], "subject": ["a", "b"]}},
    {"tickets": ROWS, "total": {"status": {"open": 1, "closed": 1}, "subject": {"Fan": 1, "Key": 1}}, "warnings": []},
])  # fmt: skip
def test_tickets_beside_what_looks_like_columns(tmp_path: Path, document: Any) -> None:
    assert [row["id"] for row in rows_of(tmp_path, document)] == ["5", "6"]


def test_one_ticket_whose_values_are_all_objects_is_no_table(tmp_path: Path) -> None:
    ticket = {name: {"display_value": str(value), "value": str(value)} for name, value in TICKET.items()}
    assert [row["subject"] for row in rows_of(tmp_path, {"result": ticket})] == ["Fan noise"]


@pytest.mark.parametrize(("document", "reason"), [
    ({"id": ["5", "6"], "subject": ["Fan noise"]}, "different lengths .'id' has 2 values, 'subject' 1"),
    ({"columns": NAMES, "data": []}, "holds no list|is empty"),
    ({"id": [], "subject": []}, "is empty"),
    ({"colour": ["red"], "size": ["4"]}, "holds no list of records"),
])  # fmt: skip
def test_columns_of_which_no_rows_can_be_made(tmp_path: Path, document: Any, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        rows_of(tmp_path, document)


def test_rows_that_are_shorter_or_longer_than_the_names(tmp_path: Path) -> None:
    document = {"columns": NAMES, "data": [["5", "Fan noise"], ["6", "Key lost", "open", "more"], "no row"]}
    assert [list(row.values()) for row in rows_of(tmp_path, document)] == [
        ["5", "Fan noise"], ["6", "Key lost", "open"],
    ]  # fmt: skip


def test_glpi_answers_searches_by_the_numbers_of_its_columns(tmp_path: Path) -> None:
    answer = {
        "totalcount": 2, "count": 1, "sort": [19], "order": ["DESC"],
        "data": [
            {"1": "Scanner offline", "2": 41, "3": 4, "7": "Devices > Scanner", "8": "Print team", "12": 6,
             "15": "2024-05-02 08:00:00", "17": "2024-05-03 09:30:00", "19": "2024-05-03 09:30:00",
             "21": "&lt;p&gt;No light&lt;/p&gt;", "24": "New cable", "80": "Root", "9001": "x"},
        ],
    }  # fmt: skip
    path = tmp_path / "t.json"
    path.write_text(json.dumps(answer))
    file = IncidentFile.open(path)
    (incident,) = file.read()
    assert isinstance(incident, Incident)
    assert (file.tool, incident.number, incident.stage) == ("GLPI", "41", Stage.CLOSED)
    assert (incident.category, incident.assignment_group, incident.resolution) == (
        "Devices > Scanner", "Print team", "New cable",
    )  # fmt: skip
    assert incident.opened_at == datetime(2024, 5, 2, 8, tzinfo=UTC)
    assert incident.extra["9001"] == "x"


def test_records_with_numbers_of_no_tool_stay_as_they_are(tmp_path: Path) -> None:
    assert rows_of(tmp_path, [{"7001": "x", "7002": "y"}]) == [{"7001": "x", "7002": "y"}]


def test_a_table_whose_names_nest_without_end_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('{"columns": [' + '{"name":' * 900 + "1" + "}" * 900 + '], "rows": [["1"]]}')
    assert [row for row in read_table(path) if isinstance(row, Row)] == []


def test_a_table_of_more_values_than_memory_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    names = json.dumps([f"name {number}" for number in range(1_000)])
    path.write_text(f'{{"columns": {names}, "rows": [{",".join(["[]"] * 10_000)}]}}')
    with pytest.raises(UnreadableFileError, match="MB"):
        list(read_table(path))
