"""Values that a person may choose for a field, over the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from kb.records.incident import Incident
from kb.records.label_change import LabelChange


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    with open_services(tmp_path) as services:
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"]))


def put(services: Services, *records: dict[str, Any]) -> None:
    services.store.put_incidents([Incident(description="fan is loud", **record) for record in records])


def values(api: TestClient, field: str, **asked: Any) -> list[tuple[str, int]]:
    answer = api.get(f"/v1/fields/{field}/values", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["field"] == field
    return [(one["value"], one["count"]) for one in answer.json()["values"]]


def test_values_in_use_come_with_their_resolved_incidents_the_most_used_first(
    services: Services, api: TestClient
) -> None:
    put(
        services,
        {"number": "A", "category": "Fan", "extra": {"floor": "2"}},
        {"number": "B", "category": "Mail"},
        {"number": "C", "category": "Mail"},
        {"number": "D", "category": "Zebra", "state": "new"},
        {"number": "E", "category": "Mail", "state": "on hold"},
        {"number": "F", "category": "", "state": "new"},
    )
    assert values(api, "category") == [("Mail", 2), ("Fan", 1), ("Zebra", 0)]
    assert values(api, "category", limit=1) == [("Mail", 2)]
    assert api.get("/v1/fields/category/values").json()["is_complete"] is False
    put(services, {"number": "A", "category": "Mail"}, {"number": "D", "category": "Zebra"})
    assert values(api, "category") == [("Mail", 3), ("Zebra", 1)]


def test_the_values_of_the_catalogue_are_all_that_there_are(services: Services, api: TestClient) -> None:
    put(services, {"number": "A", "category": "Fan"}, {"number": "B", "category": "Mail"})
    services.catalogue.put("category", ["Access", "Fan", "Network"])
    assert values(api, "category") == [("Fan", 1), ("Access", 0), ("Network", 0)]
    assert api.get("/v1/fields/category/values").json()["is_complete"] is True
    assert api.get("/v1/fields/category/values", params={"limit": 2}).json()["is_complete"] is False


def test_with_a_parent_those_count_that_occur_together_with_it(services: Services, api: TestClient) -> None:
    put(
        services,
        {"number": "A", "category": "Fan", "subcategory": "Noise"},
        {"number": "B", "category": "Mail", "subcategory": "Quota"},
        {"number": "C", "category": "Mail", "subcategory": "Rules", "state": "new"},
    )
    assert values(api, "subcategory", parent="Mail") == [("Quota", 1), ("Rules", 0)]
    assert values(api, "subcategory", parent="Nothing") == []
    services.catalogue.put("subcategory", ["Noise", "Quota"])
    assert values(api, "subcategory", parent="Mail") == [("Quota", 1), ("Noise", 0)]
    refused = api.get("/v1/fields/category/values", params={"parent": "Mail"})
    assert refused.status_code == 422
    assert "subcategory" in refused.json()["detail"]


def test_a_value_that_was_renamed_is_offered_by_its_new_name(services: Services, api: TestClient) -> None:
    before, now = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    put(
        services,
        {"number": "A", "category": "Fan", "opened_at": before},
        {"number": "B", "category": "Fan", "opened_at": before, "state": "new"},
    )
    assert values(api, "category") == [("Fan", 1)]
    services.store.label_changes.put(LabelChange("category", "Fan", ("Cooling",), now, now))
    assert values(api, "category") == [("Cooling", 1)]


def test_further_columns_that_have_a_catalogue_are_fields_and_unknown_ones_are_named(
    services: Services, api: TestClient
) -> None:
    put(
        services,
        {"number": "A", "extra": {"floor": "2"}},
        {"number": "B", "extra": {"floor": "3"}, "state": "new"},
    )
    unknown = api.get("/v1/fields/floor/values")
    assert unknown.status_code == 404
    assert "assignment_group" in unknown.json()["detail"]
    services.catalogue.put("floor", ["1", "2", "3"])
    assert values(api, "floor") == [("2", 1), ("1", 0), ("3", 0)]


def test_values_are_counted_once_for_as_long_as_nothing_is_written(tmp_path: Path) -> None:
    with open_services(tmp_path) as services:
        put(services, *({"number": str(n), "category": f"C{n % 40}", "state": "new"} for n in range(3000)))
        services.field_values.counts("category")
        started = process_time()
        for _ in range(20):
            assert len(services.field_values.counts("category")) == 40
        assert process_time() - started < 0.05
