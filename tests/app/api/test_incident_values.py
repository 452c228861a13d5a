"""Values over the API: taken and cleaned as files are."""

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
    with (
        open_services(tmp_path) as services,
        TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False) as client,
    ):
        yield client


JSON = {"content-type": "application/json"}


def _put(api: TestClient, **fields: Any) -> dict[str, Any]:
    response = api.put("/v1/incidents/V1", json={"short_description": "screen is dark", **fields})
    assert response.status_code == 200, response.text
    return dict(response.json())


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ({"display_value": "Field team", "value": "9f2", "link": "https://desk.example.test/9f2"}, "Field team"),
        ({"id": "7", "name": "Field team"}, "Field team"),
        (["Field", "Night"], "Field|Night"),
        ("Field &amp; &#x4e;ight", "Field & Night"),
        (True, "true"),
        (3, "3"),
        ({"display_value": "", "value": ""}, None),
    ],
)
def test_a_label_is_taken_as_files_take_it(api: TestClient, value: Any, taken: str | None) -> None:
    assert _put(api, assignment_group=value)["assignment_group"] == taken


def test_texts_and_moments_are_taken_from_reference_objects(api: TestClient) -> None:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "It went dark at nine."}]}
    written = _put(
        api,
        short_description={"display_value": "screen is dark", "value": "screen is dark"},
        description={"type": "doc", "version": 1, "content": [paragraph]},
        opened_at={"display_value": "2026-02-01 01:00:00", "value": "2026-02-01 09:00:00"},
        reopen_count={"display_value": "2", "value": "2"},
    )
    assert (written["short_description"], written["description"]) == ("screen is dark", "It went dark at nine.")
    assert (written["opened_at"], written["reopen_count"]) == ("2026-02-01T09:00:00Z", 2)


@pytest.mark.parametrize("nothing", ["", "N/A", "-", {"display_value": "", "value": ""}])
def test_a_moment_and_a_count_that_say_nothing_are_none(api: TestClient, nothing: Any) -> None:
    shown = _put(api, resolved_at=nothing, reopen_count=nothing)
    assert (shown["resolved_at"], shown["reopen_count"]) == (None, None)


@pytest.mark.parametrize(
    "nothing", ["0000-00-00 00:00:00", "00.00.0000", "nunca", "1970-01-01T01:00:00+01:00", "1900-01-01"]
)
def test_a_moment_that_databases_store_for_none_is_none(api: TestClient, nothing: str) -> None:
    assert _put(api, resolved_at=nothing)["resolved_at"] is None


@pytest.mark.parametrize("nothing", ["n/a", "-", "(keine)", "  ", {"display_value": "", "value": ""}])
def test_a_resolution_that_says_nothing_is_none(api: TestClient, nothing: Any) -> None:
    assert _put(api, state="resolved", resolution=nothing)["resolution"] is None
    assert _put(api, state="resolved", resolution="Reseated it")["resolution"] == "Reseated it"


def test_further_fields_are_what_files_say(api: TestClient) -> None:
    written = _put(
        api,
        vip=False,
        tags=["red", "blue"],
        floor={"display_value": "Third", "value": "3"},
        via={"channel": "email", "source": {"rel": None}},
        nothing=None,
        empty=[],
    )
    assert written["extra"] == {"vip": "false", "tags": "red|blue", "floor": "Third", "via.channel": "email"}


def test_a_further_field_is_not_called_like_a_field(api: TestClient) -> None:
    written = _put(api, category="Screens", fields={"category": "Hardware"})
    assert (written["category"], written["extra"]) == ("Screens", {"category (2)": "Hardware"})


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity"])
@pytest.mark.parametrize("field", ["priority", "category", "state"])
def test_a_number_that_is_none_is_refused(api: TestClient, number: str, field: str) -> None:
    content = f'{{"short_description": "x", "{field}": {number}}}'
    response = api.put("/v1/incidents/V2", content=content, headers=JSON)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")


def test_lone_surrogates_are_cleaned_everywhere(api: TestClient) -> None:
    content = rb'{"description": "da\ud800rk", "caller": "a\udfffb", "further": "x\ud801y", "tags": ["\ud800z"]}'
    written = api.put("/v1/incidents/V3", content=content, headers=JSON).json()
    assert (written["description"], written["caller"]) == ("dark", "ab")
    assert written["extra"] == {"further": "xy", "tags": "z"}


def test_a_batch_and_a_ticket_take_the_same(api: TestClient) -> None:
    group = {"display_value": "Field team", "value": "9f2"}
    batch = {"incidents": [{"number": "V4", "short_description": "screen is dark", "assignment_group": group}]}
    assert api.post("/v1/incidents", json=batch).json()["new"] == 1
    assert api.get("/v1/incidents/V4").json()["assignment_group"] == "Field team"


def test_what_nests_too_deeply_is_refused(api: TestClient) -> None:
    deep = "[" * 900 + "]" * 900
    for field in ("category", "further"):
        content = f'{{"short_description": "x", "{field}": {deep}}}'
        assert api.put("/v1/incidents/V5", content=content, headers=JSON).status_code in (200, 422)
