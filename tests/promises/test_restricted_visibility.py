"""Nobody who is not named sees anything of a restricted incident: no route, command, page, table or file shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from typer.main import get_command

from app.api.application import create_app
from app.api.openapi import operations
from app.commands.main import app as command_line
from app.composition import Services, open_services
from app.services.ingestion import follow_up
from app.services.security import WantedRestriction, restrict_incident
from kb.records.fields import FieldKind
from kb.records.incident import FIELDS, Incident
from kb.records.security import NOBODY, SecurityKind
from kb.records.webhook import Event
from kb.storage.schema import metadata, restricted_incidents
from tests.conftest import printers_and_vpn, triage
from tests.promises.test_odd_folders import SERVING, VALUES, _commands
from tests.reference import described, example_of

CANARY = "zqcanary"
OPEN, DONE = "SEC1", "SEC2"
LEAD = {"triage-person": "Sara%20Lead"}
WORDS = "clicked a link in a mail from a stranger"


def canary_incident(number: str, state: str) -> Incident:
    """An incident that names its canaries in every text and label."""
    labels: dict[str, Any] = {field.name: f"{CANARY}{field.name}" for field in FIELDS if field.kind is FieldKind.LABEL}
    return Incident(
        number,
        f"{CANARY}short {WORDS}",
        f"{CANARY}long {WORDS} and typed the password",
        **labels,
        state=state,
        opened_at=datetime.now(UTC) - timedelta(minutes=5),
        resolution=f"{CANARY}resolution reset the account" if state == "resolved" else None,
        extra={"further": f"{CANARY}further"},
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has done with two incidents whatever it does, before they were restricted."""
    home = tmp_path_factory.mktemp("restricted") / "home"
    with open_services(home) as services, TestClient(_app(services)) as api:
        services.webhooks.add("https://hooks.example/in", list(Event))
        services.store.write([replace(one, state="resolved") for one in printers_and_vpn(20)])
        hidden = [canary_incident(OPEN, "new"), canary_incident(DONE, "resolved")]
        services.store.write([*hidden, *(replace(hidden[0], number=f"SEC1{i}") for i in range(6))])
        follow_up(services, [hidden[0]])
        _use(api, services)
        for number in (OPEN, DONE, *(f"SEC1{i}" for i in range(6))):
            restrict_incident(services, number, WantedRestriction(SecurityKind.PHISHING), NOBODY, by="Sara Lead")
    return home


def _app(services: Services) -> Any:
    return create_app(services, hosts=["testserver"])


def _use(api: TestClient, services: Services) -> None:
    """Leave traces of the incidents wherever the desk keeps any."""
    canary = json.loads(api.get(f"/v1/incidents/{OPEN}").text)
    sent = {name: canary[name] for name in ("short_description", "description", "state", "caller")}
    for path in ("/v1/queue", "/v1/review", "/v1/worklist", "/v1/measures", "/v1/drift", "/v1/taxonomy"):
        assert api.get(path).status_code < 500, path
    kept = {"idempotency-key": "one"}
    assert api.put(f"/v1/incidents/{OPEN}", json=sent, headers=kept).is_success
    decided = {"number": DONE, "field": "category", "suggested": "Printing", "chosen": "VPN", "by": "ada"}
    assert api.post("/v1/feedback", json=decided).is_success
    draft = {"ticket": sent, "field": "category", "suggested": "Printing", "chosen": "VPN"}
    assert api.post("/v1/feedback", json={**draft, "number": OPEN}).is_success
    acted = {"acts": [{"number": OPEN, "act": "set", "fields": {"assigned_to": f"{CANARY}agent"}}], "by": "ada"}
    assert api.post("/v1/queue/acts", json=acted).is_success
    searched = {"text": f"{CANARY}searched", "number": OPEN}
    assert api.post("/v1/searches", json=searched).is_success
    assert api.post("/v1/outcomes", json={"number": OPEN, "outcome": "reassigned", "assignment_group": "A"}).is_success


@pytest.fixture
def services(home: Path) -> Iterator[Services]:
    with open_services(home) as opened:
        yield opened


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    with TestClient(_app(services), raise_server_exceptions=False) as client:
        yield client


def test_no_table_holds_it_but_its_own(services: Services) -> None:
    with services.store.database.reading() as connection:
        for table in metadata.sorted_tables:
            if table is not restricted_incidents:
                rows = [str(tuple(row)) for row in connection.execute(select(table))]
                assert not [row for row in rows if CANARY in row], table.name
        assert connection.execute(select(restricted_incidents)).first() is not None


def test_no_file_holds_it_but_the_database(home: Path, services: Services) -> None:
    for file in home.rglob("*"):
        if file.is_file() and not file.name.startswith("triage.db"):
            assert CANARY.encode() not in file.read_bytes(), file


PARTS = {
    "number": OPEN,
    "id": OPEN,
    "field": "category",
    "name": "somebody",
    "item": OPEN,
    "lead": OPEN,
    "sys_id": OPEN,
    "solution_name": "category",
    "flag": "1",
    "value": f"{CANARY}category",
    "role": "manager",
    "task": "1",
    "entry": "r1",
    "action": "1",
}
"""A value for each part of a path, by its name."""
PART = r"\{(\w+)[^}]*\}"
QUERIES = ("", "?limit=100", "?q=mail+from+a+stranger", "?days=3650", "?text=stranger", f"?number={OPEN}")


def _paths(document: dict[str, Any], method: str) -> Iterator[str]:
    """Yield the paths of a method, with the restricted incident wherever one may be named."""
    for verb, path, _ in operations(document):
        if verb == method:
            names = re.findall(PART, path)
            missing = [name for name in names if name not in PARTS]
            assert not missing, f"{path}: say in PARTS what stands for {missing}"
            yield re.sub(PART, lambda part: PARTS[part[1]], path)


def _clean(answer: Any, where: str) -> None:
    """Check that an answer says nothing that was not in the question."""
    assert CANARY not in answer.text, (where, answer.text[:500])


@pytest.mark.parametrize("headers", [{}, {"triage-person": "somebody"}], ids=["nobody", "somebody"])
def test_no_route_shows_it(api: TestClient, headers: dict[str, str]) -> None:
    document = api.get("/openapi.json").json()
    paths = sorted({*_paths(document, "get")})
    assert len(paths) > 40
    for path in paths:
        for query in QUERIES:
            _clean(api.get(path.replace(CANARY, "x") + query, headers=headers), f"get {path}{query}")


def _bodies(value: Any) -> Any:
    """Return the example of a body with the restricted incident wherever it names one."""
    if isinstance(value, dict):
        named = {"number", "incident", "item", "incidents", "numbers"}
        return {name: OPEN if name in named and isinstance(one, str) else _bodies(one) for name, one in value.items()}
    return [_bodies(one) for one in value] if isinstance(value, list) else value


def test_no_write_shows_it(home: Path, tmp_path: Path) -> None:
    reference, count = described(), 0
    with (
        open_services(copytree(home, tmp_path / "home")) as services,
        TestClient(_app(services), raise_server_exceptions=False) as api,
    ):
        for verb, path, operation in operations(reference):
            if verb == "get":
                continue
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            body = _bodies(_example(reference, content)) if content else None
            where = re.sub(PART, lambda part: PARTS[part[1]], path).replace(CANARY, "x")
            _clean(api.request(verb, where, json=body), f"{verb} {where}")
            count += 1
    assert count > 40


def _example(reference: dict[str, Any], content: dict[str, Any]) -> Any:
    """Return the example of a body, or what any body that names an incident may have."""
    try:
        return example_of(reference, content)
    except KeyError:
        return {"number": OPEN, "by": "ada"}


COMMANDS = [words for words in _commands(get_command(command_line)) if words and words[0] not in SERVING]


def test_no_command_shows_it(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copy = copytree(home, tmp_path / "home")
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "printer.md").write_text("# Printer jams\n\n## Resolution\n\nOpen the flap.\n")
    (tmp_path / "tickets.csv").write_text(f"number,description,state\n{OPEN},{WORDS},new\nN2,{WORDS},new\n")
    for words in COMMANDS:
        said = [OPEN if word == VALUES["number"] else WORDS if word == VALUES["query"] else word for word in words]
        done = triage("--home", str(copy), *said, status=None)
        assert CANARY not in done.stdout + done.stderr, said
    for file in tmp_path.rglob("*"):
        if file.is_file() and not file.name.startswith("triage.db"):
            assert CANARY.encode() not in file.read_bytes(), file


def test_those_who_are_named_see_it(api: TestClient) -> None:
    found = api.get(f"/v1/security-incidents/{OPEN}", headers=LEAD).json()
    assert found["incident"]["short_description"].startswith(CANARY)
    assert found["tlp"] == "amber"
    assert [event["text"] for event in found["timeline"]][-1] == "Restricted as phishing, TLP:AMBER"
    assert len(api.get("/v1/security-incidents", headers=LEAD).json()["incidents"]) == 8
    everybody = api.get("/v1/security-incidents").json()
    assert everybody == {"incidents": [], "total": 8, "still_open": 7}
    assert api.get(f"/v1/security-incidents/{OPEN}").status_code == 404
