"""Clocks over the API and on the command line: due times, what is left, and every second explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import open_services
from tests.conftest import triage

_PRACTICE = """
calendars:
  office: {zone: Europe/Berlin, hours: {monday-friday: "09:00-17:00"}, holidays: {country: DE, region: BY}}
targets:
  - {name: Urgent, when: {priority: 1}, response: 1 h, resolution: 8 h, calendar: office}
"""
_URGENT = {
    "short_description": "mail is down",
    "priority": "1 - Critical",
    "assignment_group": "Mail",
    "state": "closed",
    "opened_at": "2025-12-24T15:00:00Z",
    "resolved_at": "2025-12-29T10:30:00Z",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "practice.yaml").write_text(_PRACTICE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def api(home: Path) -> Iterator[TestClient]:
    with open_services(home) as services, TestClient(create_app(services, hosts=["testserver"])) as client:
        client.put("/v1/incidents/INC1", json=_URGENT)
        yield client


def _resolution(api: TestClient) -> dict[str, Any]:
    found = api.get("/v1/incidents/INC1/clocks").json()
    return next(clock for clock in found["clocks"] if clock["measure"] == "resolution")


def test_a_clock_says_what_is_used_and_explains_every_second(api: TestClient) -> None:
    clock = _resolution(api)
    assert (clock["target"], clock["state"], clock["breached"]) == ("Urgent", "stopped", False)
    assert (clock["elapsed_seconds"], clock["left_seconds"]) == (12_600, 16_200)
    assert clock["summary"] == "Met: it took 3 h 30 min of 8 h."
    stretches = clock["explanation"]
    assert sum(stretch["seconds"] for stretch in stretches) == 12_600
    assert [one["start"] for one in stretches[1:]] == [one["end"] for one in stretches[:-1]]
    assert (stretches[0]["start"], stretches[-1]["end"]) == (clock["started_at"], clock["stopped_at"])
    assert [stretch["effect"] for stretch in stretches] == ["runs", "closed", "runs"]
    assert "2025-12-25" in stretches[1]["reason"]
    assert "2025-12-26" in stretches[1]["reason"]


def test_clocks_follow_the_file_without_a_restart_and_outlive_a_mistake_in_it(api: TestClient, home: Path) -> None:
    (home / "practice.yaml").write_text(_PRACTICE.replace("8 h", "3 h"), encoding="utf-8")
    assert _resolution(api)["breached"]
    assert _resolution(api)["breached_at"] == "2025-12-29T10:00:00Z"
    (home / "practice.yaml").write_text(_PRACTICE.replace("8 h", "3 days"), encoding="utf-8")
    assert _resolution(api)["breached"]
    (warning,) = api.get("/readyz").json()["warnings"]
    assert warning.startswith("practice.yaml: line 5: targets[1].resolution")


def test_an_incident_without_a_clock_says_why(api: TestClient) -> None:
    api.put("/v1/incidents/INC2", json={**_URGENT, "priority": "3"})
    api.put("/v1/incidents/INC3", json={**_URGENT, "opened_at": "2099-01-01T00:00:00Z", "resolved_at": None})
    assert "No target" in api.get("/v1/incidents/INC2/clocks").json()["note"]
    assert "opened_at" in api.get("/v1/incidents/INC3/clocks").json()["note"]
    assert api.get("/v1/incidents/NONE/clocks").status_code == 404


def test_a_practice_that_never_was_right_is_named_with_its_line(home: Path) -> None:
    (home / "practice.yaml").write_text(_PRACTICE.replace("office: {", "offce: {"), encoding="utf-8")
    with open_services(home) as services, TestClient(create_app(services, hosts=["testserver"])) as client:
        client.put("/v1/incidents/INC1", json=_URGENT)
        answer = client.get("/v1/incidents/INC1/clocks")
        assert answer.status_code == 503
        assert "line 5: targets[1].calendar" in answer.json()["detail"]
        assert client.post("/v1/suggest", json={"description": "mail"}).status_code == 200


def test_the_clock_of_an_open_incident_runs(api: TestClient, home: Path) -> None:
    (home / "practice.yaml").write_text(
        _PRACTICE.replace('"09:00-17:00"', '"00:00-24:00"').replace("monday-friday", "every day"), encoding="utf-8"
    )
    now = datetime.fromisoformat(api.get("/v1/incidents/INC1/clocks").json()["at"])
    logged = (now - timedelta(hours=1)).isoformat()
    api.put("/v1/incidents/INC4", json={**_URGENT, "state": "assigned", "opened_at": logged, "resolved_at": None})
    clocks = api.get("/v1/incidents/INC4/clocks").json()["clocks"]
    assert {clock["measure"] for clock in clocks} == {"response", "resolution"}
    assert all(clock["due_at"] for clock in clocks)


def test_the_command_shows_the_same(api: TestClient, home: Path) -> None:
    shown = json.loads(triage("--home", str(home), "clocks", "INC1", "--json").stdout)
    served = api.get("/v1/incidents/INC1/clocks").json()
    assert shown["clocks"] == served["clocks"]
    told = triage("--home", str(home), "clocks", "INC1", "--explain").stdout
    assert "Met: it took 3 h 30 min of 8 h." in told
    assert "Outside the hours of office" in told


def test_another_practice_is_tried_on_the_past_before_it_is_switched_on(api: TestClient, home: Path) -> None:
    for number in range(3):
        api.put(f"/v1/incidents/P{number}", json={**_URGENT, "resolved_at": f"2025-12-29T{8 + number:02}:00:00Z"})
    new, out = home / "new.yaml", home / "changes.csv"
    new.write_text(_PRACTICE.replace("resolution: 8 h", "resolution: 2 h"), encoding="utf-8")
    period = ("--from", "2025-12-01", "--to", "2025-12-31")
    command = ("--home", str(home), "practice", "test", str(new), *period, "-o", str(out))
    found = json.loads(triage(*command, "--json").stdout)
    assert found["incidents"] == 4
    resolution = next(one for one in found["measures"] if one["measure"] == "resolution")
    assert resolution["breaches"] == {"before": 0, "after": 2}
    changed = {one["number"]: one["difference"] for one in found["differences"]}
    assert changed == {"P0": "warned_otherwise", "P1": "warned_otherwise", "P2": "breached", "INC1": "breached"}
    assert {line.split(",")[0] for line in out.read_text().splitlines()[1:]} == set(changed)
    assert "2 clocks would be breached that are not" in triage(*command).stdout
    assert json.loads(triage(*command[:-6], *period[:2], "--to", "2025-12-23", "--json").stdout)["incidents"] == 0


def test_the_practice_in_force_changes_nothing(api: TestClient, home: Path) -> None:
    command = ("--home", str(home), "practice", "test", str(home / "practice.yaml"), "--from", "2025-12-01", "--json")
    found = json.loads(triage(*command).stdout)
    assert (found["incidents"], found["differences"]) == (1, [])


def test_a_practice_with_a_mistake_is_not_tried(api: TestClient, home: Path) -> None:
    (home / "new.yaml").write_text(_PRACTICE.replace("8 h", "soon"), encoding="utf-8")
    done = triage("--home", str(home), "practice", "test", str(home / "new.yaml"), status=1)
    assert "line 5: targets[1].resolution" in done.stderr
