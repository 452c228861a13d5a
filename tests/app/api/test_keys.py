from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.api.application import create_app
from app.composition import Services, open_services
from kb.records.api_key import Scope
from kb.storage.schema import idempotent_answers


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path) as services:
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"], asks_for_keys=True))


def test_a_key_is_made_shown_once_used_and_revoked(services: Services, api: TestClient) -> None:
    _, admin = services.keys.make("lead", [Scope.ADMIN])
    held = {"authorization": f"Bearer {admin}"}
    made = api.post("/v1/keys", json={"name": "portal", "scopes": ["suggest"], "days": 30}, headers=held)
    assert made.status_code == 201
    text = made.json()["key"]
    portal = {"authorization": f"Bearer {text}"}
    assert api.get("/v1/fields/category/values", headers=portal).status_code == 200
    assert api.get("/v1/keys", headers=portal).status_code == 403
    listed = api.get("/v1/keys", headers=held)
    assert [(one["name"], one["holds"]) for one in listed.json()["keys"]] == [("lead", True), ("portal", True)]
    assert text not in listed.text
    revoked = api.delete(f"/v1/keys/{made.json()['id']}", headers=held).json()
    assert (revoked["holds"], revoked["revoked_at"] is None) == (False, False)
    assert api.get("/v1/fields/category/values", headers=portal).status_code == 401
    assert api.delete(f"/v1/keys/{made.json()['id']}", headers=held).status_code == 404


def test_no_file_keeps_a_key_that_was_asked_for_under_an_idempotency_key(
    services: Services, api: TestClient, tmp_path: Path
) -> None:
    _, admin = services.keys.make("lead", [Scope.ADMIN])
    headers = {"authorization": f"Bearer {admin}", "idempotency-key": "once"}
    made = api.post("/v1/keys", json={"name": "portal"}, headers=headers).json()["key"]
    again = api.post("/v1/keys", json={"name": "portal"}, headers=headers)
    assert (again.status_code, "not kept" in again.json()["detail"]) == (409, True)
    assert [key.name for key in services.keys.all()] == ["lead", "portal"]
    secret = made.split("_", 2)[2].encode()
    assert not any(secret in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_webhook_is_made_once_under_an_idempotency_key_and_its_secret_is_not_kept_with_the_answer(
    services: Services, api: TestClient
) -> None:
    _, admin = services.keys.make("lead", [Scope.ADMIN])
    headers = {"authorization": f"Bearer {admin}", "idempotency-key": "once"}
    body = {"url": "https://93.184.215.14/in", "events": ["article.published"]}
    made = api.post("/v1/webhooks", json=body, headers=headers)
    assert made.json()["secret"].startswith("whsec_")
    again = api.post("/v1/webhooks", json=body, headers=headers)
    assert (again.status_code, "not kept" in again.json()["detail"]) == (409, True)
    assert len(services.webhooks.all()) == 1
    with services.store.database.reading() as connection:
        kept = connection.execute(select(idempotent_answers)).one()
    assert (kept.status, kept.body) == (201, b"")
    other = api.post("/v1/webhooks", json=body | {"events": ["notification"]}, headers=headers)
    assert "choose a new one" in other.json()["detail"]
