"""States over the API: what they mean, which of them nobody knows, and how to say it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import open_services


@pytest.fixture
def api(tmp_path: Path) -> Iterator[TestClient]:
    with open_services(tmp_path) as services, TestClient(create_app(services, hosts=["testserver"])) as client:
        yield client


def stage(api: TestClient, **fields: Any) -> str:
    response = api.put("/v1/incidents/S1", json={"short_description": "fan is loud", **fields})
    assert response.status_code == 200, response.text
    return str(response.json()["stage"])


def test_a_state_is_read_as_in_files(api: TestClient) -> None:
    assert stage(api) == "resolved"
    assert stage(api, state="Wartend") == "waiting"
    assert stage(api, state="7") == "unknown"
    assert stage(api, state="7", sys_id="f00") == "closed"
    assert stage(api, state="") == "unknown"
    assert stage(api, state="-", closed_at="2026-03-04T10:00:00Z") == "closed"


def test_what_is_said_of_a_state_counts_at_once(api: TestClient) -> None:
    assert stage(api, state="Sent to manufacturer") == "unknown"
    told = api.put("/v1/states", json={"meanings": {"sent to manufacturer": "waiting"}, "by": "ann"}).json()
    expected = {"state": "Sent to manufacturer", "stage": "waiting", "incidents": 1, "told": True}
    assert told == {"states": [expected]} == api.get("/v1/states").json()
    back = api.put("/v1/states", json={"meanings": {"Sent to manufacturer": None}}).json()["states"]
    assert (back[0]["stage"], back[0]["told"]) == ("unknown", False)
    assert api.put("/v1/states", json={"meanings": {"x": "nonsense"}}).status_code == 422


def test_labels_that_mean_nothing_are_none(api: TestClient) -> None:
    body = {"short_description": "none", "category": "N/A", "assignment_group": "Nicht zugewiesen", "floor": "-"}
    kept = api.put("/v1/incidents/S2", json=body).json()
    assert (kept["short_description"], kept["category"], kept["assignment_group"]) == ("none", None, None)
    assert kept["extra"] == {}
