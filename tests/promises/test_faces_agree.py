"""Every face shows the same suggestion of a ticket, masks it alike and logs the same of it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from mcp import Client
from sqlalchemy import delete

from app.api.application import create_app
from app.composition import Services, open_services
from app.desk.ticket_draft import TicketDraft
from app.mcp_server import mcp_server
from kb.records.api_key import Scope
from kb.records.incident import Incident, text_sha256
from kb.records.mode import Mode
from kb.records.webhook import Event
from kb.service.prediction_log import Prediction
from kb.storage.schema import answers
from tests.conftest import printers_and_vpn, triage
from training.learn import learn
from triage.modes import FieldMode, is_control

EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
SECRET = "Hunter2!xyz"
TOLD = ", my password is "
MASKED = "[masked: password]"
PRINTER = "the printer on the second floor does not print number 1001" + TOLD + SECRET
VPN = "vpn connection drops when working from home number 1001" + TOLD + SECRET
RIGHT = {
    PRINTER: {"category": "Printing", "assignment_group": "Print Services", "priority": "4 - Low"},
    VPN: {"category": "VPN", "assignment_group": "Network", "priority": "2 - High"},
}
UNLIKE = "the canteen ran out of soup and nobody sings" + TOLD + SECRET
HELD_BACK = {PRINTER: None, VPN: "priority 2 - High: a person decides"}
FIELDS = ("category", "assignment_group", "priority")
MODES = {state: Mode(state) for state in ("off", "monitor", "recommend", "automatic")} | {"control": Mode.AUTOMATIC}

Shown = dict[str, dict[str, Any]]
"""What a face shows of each field: as much of value, decision, mode and held_back as it can."""


@dataclass(frozen=True)
class Asked:
    """A ticket, the desk that it is asked at, and a folder for files."""

    services: Services
    api: TestClient
    number: str
    text: str
    folder: Path

    @property
    def home(self) -> str:
        return str(self.services.home)

    def put(self) -> None:
        """Store the ticket as an open incident."""
        body = {"description": self.text, "state": "new"}
        assert self.api.put(f"/v1/incidents/{self.number}", json=body).status_code == httpx.codes.OK


def of_views(fields: Mapping[str, Mapping[str, Any]]) -> Shown:
    return {
        name: {key: field[key] or None for key in ("value", "decision", "mode", "held_back")}
        for name, field in fields.items()
    }


def of_rows(text: str, asked: Asked) -> Shown:
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["number"] == asked.number
    columns = {"value": "", "decision": "_decision", "mode": "_mode", "held_back": "_held_back"}
    return {
        name: {key: row[name + column] or None for key, column in columns.items()}
        for name in FIELDS
        if f"{name}_decision" in row
    }


def suggest(asked: Asked) -> tuple[Shown, str]:
    answer = asked.api.post("/v1/suggest", json={"number": asked.number, "description": asked.text})
    assert answer.json()["masked"] == ["password"]
    return of_views(answer.json()["fields"]), answer.text


def classify(asked: Asked) -> tuple[Shown, str]:
    answer = asked.api.post("/v1/classify", json={"tickets": [{"number": asked.number, "description": asked.text}]})
    return of_views(answer.json()["results"][0]["fields"]), answer.text


def review(asked: Asked) -> tuple[Shown, str]:
    asked.put()
    answer = asked.api.get("/v1/review")
    listed = {ticket["incident"]["number"]: ticket["fields"] for ticket in answer.json()["tickets"]}
    return of_views(listed.get(asked.number, {})), answer.text


def webhook(asked: Asked) -> tuple[Shown, str]:
    added = asked.services.webhooks.add("https://hooks.example/", [Event.SUGGESTION_READY])
    asked.put()
    (delivery,) = [one for one in asked.services.webhooks.deliveries(limit=10) if one.webhook == added.id]
    asked.services.webhooks.remove(added.id)
    told = json.loads(delivery.payload)["data"]
    assert told["number"] == asked.number
    return of_views(told["fields"]), delivery.payload


def command_line(asked: Asked) -> tuple[Shown, str]:
    done = triage("--home", asked.home, "suggest", "-", "--json", text=asked.text)
    assert json.loads(done.stdout)["masked"] == ["password"]
    return of_views(json.loads(done.stdout)["fields"]), done.stdout + done.stderr


def mcp(asked: Asked) -> tuple[Shown, str]:
    async def call() -> Any:
        async with Client(mcp_server(asked.services, [Scope.SUGGEST])) as client:
            return (await client.call_tool("suggest", {"description": asked.text})).structured_content

    answer = asyncio.run(call())
    assert answer["masked"] == ["password"]
    return of_views(answer["fields"]), json.dumps(answer)


def table_of(asked: Asked) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([("number", "state", "description"), (asked.number, "new", asked.text)])
    return text.getvalue()


def file(asked: Asked) -> tuple[Shown, str]:
    given, out = asked.folder / "in.csv", asked.folder / "out.csv"
    given.write_text(table_of(asked), encoding="utf-8")
    triage("--home", asked.home, "classify", str(given), "-o", str(out))
    return of_rows(out.read_text(encoding="utf-8"), asked), out.read_text(encoding="utf-8")


def job(asked: Asked) -> tuple[Shown, str]:
    csv_type = {"content-type": "text/csv"}
    key = asked.api.post("/v1/jobs?kind=classify", content=table_of(asked), headers=csv_type).json()["id"]
    triage("--home", asked.home, "jobs", "work")
    result = asked.api.get(f"/v1/jobs/{key}/result").text
    return of_rows(result, asked), result


def servicenow(asked: Asked) -> tuple[Shown, str]:
    given = {"number": asked.number, "description": asked.text}
    answer = asked.api.get("/api/now/predictive_intelligence/solution/category/prediction", params=given)
    output = answer.json()["result"]["output"]
    return {"category": {"value": output["outcome"]}} if output["outcome"] else {}, answer.text


def servicenow_table(asked: Asked) -> tuple[Shown, str]:
    asked.put()
    given = {
        "solution_names": ",".join(FIELDS),
        "input_table": "incident",
        "input_filter": f"number={asked.number}",
        "options": '{"apply_threshold": false}',
    }
    answer = asked.api.get("/api/now/agent_intelligence/solution/prediction", params=given)
    found = {name: records[asked.number] for name, records in answer.json()["result"].items()}
    return {name: {"value": first[0]["predictedValue"]} for name, first in found.items() if first}, answer.text


def desk(asked: Asked) -> tuple[Shown, str]:
    """The New ticket page, as far as it is a client of the API."""
    draft = TicketDraft(asked.number, description=asked.text)
    answer = asked.api.post("/v1/suggest", json=draft.question(), params={"explain": True})
    return of_views(answer.json()["fields"]), answer.text


FACES: dict[str, Callable[[Asked], tuple[Shown, str]]] = {
    "suggest": suggest,
    "classify": classify,
    "review": review,
    "webhook": webhook,
    "command line": command_line,
    "mcp": mcp,
    "file": file,
    "job": job,
    "servicenow": servicenow,
    "servicenow table": servicenow_table,
    "desk": desk,
}
FLUSHED = {"command line", "mcp", "file", "job"}
"""Faces that write the log themselves; a service does it once a second."""
UNNUMBERED = {"command line", "mcp"}
"""Faces whose tickets have no number: none of them can belong to the control share."""
VALUES_ONLY = {"servicenow", "servicenow table"}
ASKED = {"servicenow": ("category",)}
"""The fields that a face asks for, where these are not all."""
_serials = count(1000)


def history() -> Iterator[Incident]:
    """Tickets of two kinds, one of them urgent; every twelfth is labelled wrongly, so that thresholds are below 1."""
    for place, incident in enumerate(printers_and_vpn(60)):
        is_wrong = place % 12 == 11
        labels = RIGHT[VPN if (incident.category == "VPN") != is_wrong else PRINTER]
        yield replace(incident, description=incident.description + TOLD + MASKED, **labels)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small desk that has learnt."""
    home = tmp_path_factory.mktemp("faces")
    with open_services(home) as services:
        services.store.put_incidents(list(history()))
        learn(services.memory, services.models, services.weights, precision=0.95, report=lambda *_: None)
    return home


@pytest.fixture(scope="module", params=MODES)
def state(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def services(state: str, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The desk with `category` in one mode, and everything else recommended; in `control` half of all tickets are."""
    home = shutil.copytree(trained, tmp_path_factory.mktemp("state") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIAGE_CONTROL_SHARE", "0.5" if state == "control" else "0")
        with open_services(home) as opened:
            opened.modes.set("category", FieldMode(MODES[state]))
            yield opened


@pytest.fixture
def ask(services: Services, state: str, tmp_path: Path) -> Callable[[str], Asked]:
    api = TestClient(create_app(services, hosts=["testserver"]))

    def asked(text: str) -> Asked:
        serial = next(serial for serial in _serials if is_control(f"INC{serial}", 0.5) or state != "control")
        return Asked(services, api, f"INC{serial}", text, tmp_path)

    return asked


def logged(services: Services, *keys: str, flush: bool = True) -> dict[str, Prediction]:
    """What is logged of the ticket with one of these keys, by field."""
    if flush:
        services.prediction_log.flush()
    since, until = EVER
    entries = (entry for name in FIELDS for entry in services.prediction_log.entries(name, since=since, until=until))
    return {entry.field: entry for entry in entries if entry.ticket in keys}


@pytest.mark.parametrize("text", [PRINTER, VPN], ids=["printer", "vpn"])
@pytest.mark.parametrize("face", FACES)
def test_faces_agree(face: str, text: str, state: str, services: Services, ask: Callable[[str], Asked]) -> None:
    asked = ask(text)
    with services.store.database.writing() as connection:
        connection.execute(delete(answers))
    shown, raw = FACES[face](asked)
    assert SECRET not in raw

    is_hidden = state == "control" and face not in UNNUMBERED
    mode_of = {name: MODES[state] if name == "category" else Mode.RECOMMEND for name in ASKED.get(face, FIELDS)}
    expected: Shown = {}
    for name, mode in mode_of.items():
        if mode in (Mode.OFF, Mode.MONITOR):
            continue
        held_back = HELD_BACK[text] if mode is Mode.AUTOMATIC else None
        expected[name] = {
            "value": None if is_hidden else RIGHT[text][name],
            "decision": "unsure" if is_hidden else "automatic",
            "mode": "recommend" if held_back else mode.value,
            "held_back": held_back,
        }
    if face in VALUES_ONLY:
        assert shown == {name: {"value": field["value"]} for name, field in expected.items() if field["value"]}
    else:
        assert shown == expected

    key = text_sha256(text.replace(SECRET, MASKED)) if face in UNNUMBERED else asked.number
    entries = logged(services, key, flush=face not in FLUSHED)
    kept = {name: (entry.value, entry.decision, entry.shown) for name, entry in entries.items()}
    assert kept == {
        name: (RIGHT[text][name], "automatic", name in expected and not is_hidden)
        for name, mode in mode_of.items()
        if mode is not Mode.OFF
    }


def unsure_fields(answer: Any) -> Iterator[dict[str, Any]]:
    """Yield every field that is unsure, wherever it stands in an answer."""
    if isinstance(answer, list):
        for entry in answer:
            yield from unsure_fields(entry)
    elif isinstance(answer, dict):
        if answer.get("decision") == "unsure":
            yield answer
        for entry in answer.values():
            yield from unsure_fields(entry)


def unsure_confidences(raw: str) -> list[float]:
    """Confidences that a face shows of unsure fields, in JSON or in rows."""
    if raw.startswith("{"):
        answer, _ = json.JSONDecoder().raw_decode(raw)
        fields = list(unsure_fields(answer))
        candidates = [entry for field in fields for entry in field.get("alternatives") or ()]
        return [entry["confidence"] for entry in (*fields, *candidates) if "confidence" in entry]
    rows = csv.DictReader(io.StringIO(raw))
    return [
        float(row[f"{name}_confidence"]) for row in rows for name in FIELDS if row.get(f"{name}_decision") == "unsure"
    ]


def test_no_face_shows_an_unsure_field_as_confident(
    state: str, services: Services, ask: Callable[[str], Asked]
) -> None:
    shown = {face: unsure_confidences(FACES[face](ask(UNLIKE))[1]) for face in FACES}
    assert {face for face, found in shown.items() if found} >= FACES.keys() - VALUES_ONLY - {"review"}
    assert max(confidence for found in shown.values() for confidence in found) < services.settings.unsure_below


def test_no_secret_is_kept(services: Services, ask: Callable[[str], Asked]) -> None:
    for face in FACES.values():
        face(ask(PRINTER))
    services.prediction_log.flush()
    assert not [path for path in services.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_no_script_for_servicenow_fills_in_what_is_held_back(state: str, ask: Callable[[str], Asked]) -> None:
    thresholds = {}
    for text in (PRINTER, VPN):
        _, raw = servicenow(ask(text))
        thresholds[text] = json.loads(raw)["result"]["output"]["threshold"]
    is_shown = state in ("recommend", "automatic")
    assert (thresholds[PRINTER] < 100) == is_shown
    assert (thresholds[VPN] < 100) == (state == "recommend")


def test_a_priority_that_is_not_shown_holds_back_all_the_same(
    state: str, services: Services, ask: Callable[[str], Asked]
) -> None:
    services.modes.set("priority", FieldMode(Mode.OFF))
    try:
        shown, _ = suggest(ask(VPN))
    finally:
        services.modes.set("priority", FieldMode(Mode.RECOMMEND))
    assert "priority" not in shown
    if MODES[state] is Mode.AUTOMATIC:
        assert (shown["category"]["mode"], shown["category"]["held_back"]) == ("recommend", HELD_BACK[VPN])


def test_history_is_shown_in_full_and_not_logged(state: str, services: Services, ask: Callable[[str], Asked]) -> None:
    """Of what is done the values are known: as evidence they would be worthless, as a control share too."""
    asked = ask(PRINTER)
    value = {"off": None, "monitor": None}.get(state, "Printing")
    given, out = asked.folder / "in.csv", asked.folder / "out.csv"
    for columns, row in ((("number", "description"), ()), (("number", "description", "state"), ("closed",))):
        with given.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, (asked.number, asked.text, *row)])
        triage("--home", asked.home, "classify", str(given), "-o", str(out))
        (classified,) = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
        assert classified.get("category") == value
        assert classified["assignment_group"] == "Print Services"
    learnt = {"number": "P0", "description": asked.text}
    assert asked.api.post("/v1/suggest", json=learnt).status_code == httpx.codes.OK
    assert asked.api.post("/v1/classify", json={"tickets": [learnt]}).status_code == httpx.codes.OK
    assert logged(services, asked.number, "P0") == {}


def test_a_batch_without_numbers_is_a_trial_and_not_logged(services: Services, ask: Callable[[str], Asked]) -> None:
    text = PRINTER.replace("1001", "2002")
    assert ask(text).api.post("/v1/classify", json={"tickets": [{"description": text}]}).status_code == httpx.codes.OK
    assert logged(services, text_sha256(text.replace(SECRET, MASKED)), "") == {}
