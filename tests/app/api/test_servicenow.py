from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from kb.records.api_key import Scope
from tests.conftest import served

SCRIPT = """
import base64, json, sys, urllib.parse, urllib.request

base, user, password = sys.argv[1:]
login = base64.b64encode(f"{user}:{password}".encode()).decode()

def get(path, **parameters):
    url = f"{base}{path}?{urllib.parse.urlencode(parameters)}"
    request = urllib.request.Request(url, headers={"Accept": "application/json", "Authorization": f"Basic {login}"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)["result"]

one = get("/api/now/predictive_intelligence/solution/ml_incident_categorization/prediction",
          short_description="unable to connect to VPN")
if one["output"]["confidence"] >= one["output"]["threshold"]:
    print("category", one["output"]["outcome"])
several = get("/api/now/agent_intelligence/solution/prediction", input_table="incident",
              input_filter="number=INC0010001", options=json.dumps({"top_n": 2, "apply_threshold": False}),
              solution_names="ml_incident_categorization,ml_incident_assignment")
for solution, records in several.items():
    for record, guesses in records.items():
        print(solution, record, [guess["predictedValue"] for guess in guesses])
"""


@pytest.fixture
def api(sample_services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(sample_services, hosts=["testserver"])) as client:
        yield client


@pytest.mark.parametrize("name", ["agent_intelligence", "predictive_intelligence"])
def test_one_prediction_has_that_products_shape(api: TestClient, name: str) -> None:
    answer = api.get(
        f"/api/now/{name}/solution/ml_incident_categorization/prediction",
        params={"short_description": "cannot connect to vpn", "description": "gateway not reachable"},
    ).json()
    assert set(answer) == {"result"}
    assert answer["result"]["input"]["short_description"] == "cannot connect to vpn"
    output = answer["result"]["output"]
    assert (set(output), output["outcome"]) == ({"outcome", "confidence", "threshold"}, "VPN")
    assert 1 < output["threshold"] <= output["confidence"] <= 100


def test_several_solutions_for_several_texts(api: TestClient) -> None:
    maps = [{"short_description": "vpn gateway not reachable"}, {"short_description": "hmm", "sys_id": "abc"}]
    names = "ml_incident_categorization,ml_incident_assignment,priority"
    asked = {"solution_names": names, "input_maps": json.dumps(maps)}
    everything = {**asked, "options": '{"top_n": 3, "apply_threshold": false}'}
    result = api.get("/api/now/agent_intelligence/solution/prediction", params=everything).json()["result"]
    assert set(result) == set(names.split(","))
    assert all(set(records) == {"1", "abc"} for records in result.values())
    guesses = result["ml_incident_categorization"]["1"]
    assert [set(guess) for guess in guesses] == [{"confidence", "threshold", "predictedValue", "predictedSysId"}] * 3
    assert guesses[0]["predictedValue"] == "VPN"
    assert [guess["confidence"] for guess in guesses] == sorted((g["confidence"] for g in guesses), reverse=True)
    strict = api.get("/api/now/agent_intelligence/solution/prediction", params=asked).json()["result"]
    assert strict["ml_incident_categorization"]["abc"] == []
    assert [guess["predictedValue"] for guess in strict["ml_incident_categorization"]["1"]] == ["VPN"]


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/ml_weather/prediction", {"short_description": "x"}, 404),
        ("/prediction", {"solution_names": "category"}, 400),
        ("/prediction", {"solution_names": "category", "input_maps": "{"}, 400),
        ("/prediction", {"solution_names": "category", "input_maps": "[]", "options": "7"}, 400),
        ("/prediction", {"solution_names": "ml_weather", "input_maps": "[]"}, 404),
        (
            "/prediction",
            {"solution_names": "category", "input_table": "incident", "input_filter": "number=INC404"},
            404,
        ),
        ("/ml_incident_categorization/prediction", {"impact": "x" * 10_001}, 400),
    ],
)
def test_errors_have_that_products_shape(api: TestClient, path: str, params: dict[str, str], status: int) -> None:
    answer = api.get(f"/api/now/agent_intelligence/solution{path}", params=params)
    assert answer.status_code == status
    assert answer.json()["status"] == "failure"
    assert set(answer.json()["error"]) == {"message", "detail"}


def test_a_script_written_for_that_product_changes_only_the_url(
    sample_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_services(sample_copy) as services:
        _, key = services.keys.make("script", [Scope.SUGGEST])
    monkeypatch.setenv("TRIAGE_ALWAYS_ASK_FOR_KEYS", "true")
    with served(sample_copy) as address:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, address, "admin", key],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert first == "category VPN"
    assert second.startswith("ml_incident_categorization INC0010001 [")
    assert third.startswith("ml_incident_assignment INC0010001 [")
