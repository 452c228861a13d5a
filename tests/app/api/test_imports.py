"""An upload is looked at before it is imported, and imported in the background with what people said of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.schemas.wordings import WordingView
from app.services.jobs import work
from tests.app.desk.test_error_words import wordings

EXPORT = """Ticket no;Subject;Assigned Grp;Status
A-1;Screen is dark;Field;Closed
A-2;Mouse is lost;Apps;Shipped abroad
A-3;;Apps;Closed
"""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path) as services:
        yield services


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False) as client:
        yield client


def test_a_preview_says_what_would_come_in_and_writes_nothing(api: TestClient, services: Services) -> None:
    answer = api.post("/v1/imports/preview", params={"name": "x.csv"}, content=EXPORT.encode())
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["incidents"] == 2
    assert {"column": "Assigned Grp", "field": None, "examples": ["Field", "Apps"]} in shown["columns"]
    assert [(doubt["column"], doubt["field"]) for doubt in shown["doubts"]] == [("Assigned Grp", "assignment_group")]
    assert {state["state"]: state["stage"] for state in shown["states"]}["Shipped abroad"] == "unknown"
    assert [(problem["kind"], problem["count"]) for problem in shown["problems"]] == [("row", 1)]
    assert api.get("/v1/incidents/A-1").status_code == 404


def test_an_import_takes_what_was_said_and_remembers_it(api: TestClient, services: Services) -> None:
    said = {"name": "x.csv", "map": "assignment_group=Assigned Grp", "state": "Shipped abroad=waiting"}
    answer = api.post("/v1/imports", params=said, content=EXPORT.encode())
    assert answer.status_code == 202, answer.text
    work(services)
    job = api.get(answer.headers["Location"]).json()
    assert (job["state"], job["written"], job["rejected"]) == ("done", 2, 1)
    written = api.get("/v1/incidents/A-2").json()
    assert (written["assignment_group"], written["stage"]) == ("Apps", "waiting")
    again = api.post("/v1/imports/preview", params={"name": "x.csv"}, content=EXPORT.encode()).json()
    assert again["recalled"] == {"assignment_group": "Assigned Grp"}


def test_rows_come_as_json_too(api: TestClient) -> None:
    group = {"display_value": "Field", "value": "7"}
    rows = [{"number": "B-1", "short_description": "dark", "assignment_group": group}]
    shown = api.post("/v1/imports/preview", content=json.dumps(rows)).json()
    assert {"column": "assignment_group", "field": "assignment_group", "examples": ["Field"]} in shown["columns"]


@pytest.mark.parametrize("name", ["x.xls", "x.html"])
def test_pages_of_web_tools_come_as_workbooks(api: TestClient, name: str) -> None:
    rows = "<tr><th>Number<th>Subject<th>Status<tr><td>B-1<td>dark &amp; cold<td>Closed"
    page = f"<table><tr><td>Menu<td>Help</table><table>{rows}</table>"
    shown = api.post("/v1/imports/preview", params={"name": name}, content=page.encode()).json()
    assert (shown["incidents"], shown["sheets"]) == (1, ["table 1", "table 2"])
    assert {"column": "Subject", "field": "short_description", "examples": ["dark & cold"]} in shown["columns"]


@pytest.mark.parametrize(
    ("params", "content"),
    [
        ({"name": "x.xls"}, b"<html>Please sign in"),
        ({"name": "x.xml"}, b"<Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>"),
        ({"name": "x.pdf"}, b"x"),
        ({"name": "x.csv"}, b""),
        ({"name": "x.json"}, b"{"),
        ({"name": "x.xlsx"}, b"no workbook"),
        ({"name": "x.csv", "map": "description"}, EXPORT.encode()),
        ({"name": "x.csv", "map": "colour=Subject"}, EXPORT.encode()),
        ({"name": "x.csv", "state": "Closed=purple"}, EXPORT.encode()),
    ],
)
@pytest.mark.parametrize("path", ["/v1/imports", "/v1/imports/preview"])
def test_what_cannot_be_imported_is_a_problem(
    api: TestClient, path: str, params: dict[str, str], content: bytes
) -> None:
    answer = api.post(path, params=params, content=content)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "/tmp" not in answer.text


def test_what_is_wrong_is_told_in_parts_too(api: TestClient, services: Services) -> None:
    preview = api.post("/v1/imports/preview", params={"name": "x.csv"}, content=EXPORT.encode()).json()
    (problem,) = [one for one in preview["problems"] if one["kind"] == "row"]
    assert problem["rejects"][0]["row"] == 4
    assert problem["rejects"][0]["wording"] == {"template": "is empty: nothing to learn from", "values": {}}
    empty = api.post("/v1/imports/preview", params={"name": "x.csv"}, content=b"").json()
    assert empty["wording"] == {"template": "{file}: the file is empty", "values": {"file": "upload"}}
    assert empty["detail"] == "upload: the file is empty"
    job = api.post("/v1/imports", params={"name": "x.csv"}, content=EXPORT.encode()).json()["id"]
    training = api.post("/v1/jobs", params={"kind": "train"}).json()["id"]
    work(services)
    assert [one["wording"]["template"] for one in api.get(f"/v1/jobs/{job}").json()["rejects"] if one["kind"] == "row"]
    failed = api.get(f"/v1/jobs/{training}").json()
    parts = failed["error_wording"]
    assert parts["template"] == "cannot learn {fields} ({reasons}); import more resolved incidents"
    assert {one["values"]["reason"][0]["template"] for one in parts["values"]["reasons"]} <= wordings()
    assert WordingView.model_validate(parts).wording() == failed["error"]
