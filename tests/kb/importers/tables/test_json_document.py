from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kb.importers.articles.tables import article_from_row
from kb.importers.tables import Row, columns_of, read_table
from kb.records.rejects import UnreadableFileError


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


def test_columns_of_values_are_no_ticket(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="holds no list of records"):
        rows_of(tmp_path, {name: [value, value] for name, value in TICKET.items()})


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
