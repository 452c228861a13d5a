from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.field_modes import evidence_for, fall_back_without_evidence, set_field_mode
from kb.records.incident import Incident
from kb.records.mode import Mode
from kb.service.prediction_log import Prediction
from tests.conftest import triage
from triage.modes import FieldMode, NoEvidenceError, is_control

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
TICKET = {"description": "printer on floor 2 prints nothing, jobs stuck in the queue"}


@pytest.fixture
def services(sample_copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("TRIAGE_CONTROL_SHARE", "0.05")
    with open_services(sample_copy) as found:
        yield found


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False) as client:
        yield client


def resolved(services: Services, right: int, wrong: int, *, decision: str = "automatic", shown: bool = True) -> None:
    """Answers on a field whose tickets are resolved since."""
    begin = services.store.count_incidents()
    numbers = [f"L{begin + i}" for i in range(right + wrong)]
    services.store.put_incidents(
        [Incident(number, f"printer {number} jams", category="Printing") for number in numbers]
    )
    services.prediction_log.note(
        Prediction(number, "category", "Printing" if i < right else "VPN", 0.97, decision, shown, "m", NOW)
        for i, number in enumerate(numbers)
    )
    services.prediction_log.flush()


def test_off_is_not_answered_and_monitor_is_predicted_silently(services: Services, api: TestClient) -> None:
    for field, mode in (("category", "off"), ("assignment_group", "monitor")):
        assert api.put(f"/v1/modes/{field}", json={"mode": mode, "by": "ada"}).json()["mode"] == mode
    fields = api.post("/v1/suggest", json={**TICKET, "number": "N1"}).json()["fields"]
    assert not {"category", "assignment_group"} & fields.keys()
    assert fields["priority"]["mode"] == "recommend"
    classified = api.post("/v1/classify", json={"tickets": [TICKET]}).json()["results"][0]["fields"]
    assert classified.keys() == fields.keys()
    services.prediction_log.flush()

    def logged(field: str) -> list[Prediction]:
        entries = services.prediction_log.entries(field, since=EVER[0], until=EVER[1])
        return [entry for entry in entries if entry.ticket == "N1"]

    assert logged("category") == []
    (entry,) = logged("assignment_group")
    assert (entry.value, entry.shown) == ("Print Services", False)


def test_a_field_becomes_automatic_on_evidence_only(services: Services) -> None:
    services.models.serving()
    resolved(services, right=50, wrong=20)
    with pytest.raises(NoEvidenceError, match="50 of 70 automatic values were right"):
        set_field_mode(services, "category", Mode.AUTOMATIC, by=None)
    resolved(services, right=900, wrong=0)
    assert set_field_mode(services, "category", Mode.AUTOMATIC, by="ada").mode is Mode.AUTOMATIC
    assert fall_back_without_evidence(services) == {}


def test_a_field_falls_back_by_itself_with_a_notice_when_the_evidence_goes(services: Services) -> None:
    resolved(services, right=100, wrong=0)
    set_field_mode(services, "category", Mode.AUTOMATIC, by="ada")
    resolved(services, right=0, wrong=30)
    fallen = fall_back_without_evidence(services)["category"]
    assert (fallen.mode, services.modes.of("category").mode) == (Mode.RECOMMEND, Mode.RECOMMEND)
    assert "fell back from automatic: 100 of 130 automatic values were right" in str(fallen.notice)


def test_held_out_tickets_are_evidence_until_live_ones_are_there(services: Services) -> None:
    serving = services.models.serving()
    assert serving is not None
    for field in ("category", "assignment_group"):
        metrics, found = serving.metrics[field], evidence_for(services, field)
        assert (found.source, found.right) == ("held out", pytest.approx(metrics["automatic_right"], abs=0.01))
        assert found.enough is (found.right >= metrics["precision_asked"])
        assert found.examples > found.needed
    assert evidence_for(services, "colour").enough is False


def test_a_share_of_numbered_tickets_is_shown_nothing_and_measured(services: Services, api: TestClient) -> None:
    numbers = [f"INC{i}" for i in range(2000)]
    share = sum(is_control(number, 0.05) for number in numbers) / 2000
    assert share == pytest.approx(0.05, abs=0.015)
    control = next(number for number in numbers if is_control(number, 0.05))
    other = next(number for number in numbers if not is_control(number, 0.05))
    hidden = api.post("/v1/suggest", json={**TICKET, "number": control}).json()["fields"]["category"]
    assert (hidden["value"], hidden["alternatives"], hidden["decision"]) == (None, [], "unsure")
    assert "nothing is shown" in hidden["reason"]
    for ticket in ({**TICKET, "number": other}, TICKET):
        assert api.post("/v1/suggest", json=ticket).json()["fields"]["category"]["value"] == "Printing"
    resolved(services, right=3, wrong=1, decision="suggested", shown=False)
    evidence = evidence_for(services, "category")
    assert (evidence.control_examples, evidence.control_right) == (4, 0.75)


def test_the_api_refuses_what_the_evidence_does_not_allow(services: Services, api: TestClient) -> None:
    resolved(services, right=10, wrong=60)
    answer = api.put("/v1/modes/category", json={"mode": "automatic"})
    assert (answer.status_code, "10 of 70" in answer.json()["detail"]) == (httpx.codes.CONFLICT, True)
    assert api.put("/v1/modes/colour", json={"mode": "off"}).status_code == httpx.codes.NOT_FOUND
    listed = api.get("/v1/modes").json()
    assert listed["control_share"] == 0.05
    assert {entry["field"]: entry["mode"] for entry in listed["fields"]}["category"] == "recommend"


def test_modes_are_listed_and_set_by_command(services: Services) -> None:
    home = str(services.home)
    assert (
        json.loads(triage("--home", home, "modes", "set", "category", "monitor", "--json").stdout)["mode"] == "monitor"
    )
    listed = json.loads(triage("--home", home, "modes", "--json").stdout)
    assert {entry["field"]: entry["mode"] for entry in listed["fields"]}["category"] == "monitor"
    assert 'unknown field "colour"' in triage("--home", home, "modes", "set", "colour", "off", status=1).stderr
    assert services.modes.of("category") == FieldMode(Mode.MONITOR, services.modes.of("category").since)
