from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from kb.records.incident import Incident


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    with open_services(tmp_path) as services:
        services.store.put_incidents(
            [Incident(f"{name}{i}", description="fan is loud", category=name) for name in "AB" for i in range(2)]
        )
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"]))


def values(api: TestClient) -> dict[str, int]:
    found = api.get("/v1/fields/category/values").json()["values"]
    return {one["value"]: one["count"] for one in found}


def test_values_are_merged_listed_and_as_before_once_that_is_withdrawn(api: TestClient) -> None:
    body = {"field": "category", "old": "A", "new": ["B"], "by": "ann"}
    made = api.post("/v1/label-changes", json=body)
    assert made.status_code == 201
    assert values(api) == {"B": 4}
    (listed,) = api.get("/v1/label-changes").json()["changes"]
    assert listed == made.json()
    assert (listed["old"], listed["new"], listed["by"]) == ("A", ["B"], "ann")
    assert api.delete(f"/v1/label-changes/{listed['id']}").status_code == 204
    assert values(api) == {"A": 2, "B": 2}
    assert api.delete(f"/v1/label-changes/{listed['id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"field": "category", "old": "C", "new": ["B"]}, 422, "no ticket has the category 'C'; nearest: "),
        ({"field": "category", "old": "A", "new": ["A", "B"]}, 422, "cannot become itself"),
        ({"field": "category", "old": "A", "since": "2999-01-01T00:00:00Z"}, 422, "lies in the future"),
        ({"field": "colour", "old": "A"}, 404, "no field 'colour'"),
    ],
)
def test_a_change_of_nothing_known_is_refused_and_changes_nothing(
    api: TestClient, body: dict[str, object], status: int, words: str
) -> None:
    refused = api.post("/v1/label-changes", json=body)
    assert refused.status_code == status
    assert words in refused.json()["detail"]
    assert values(api) == {"A": 2, "B": 2}
