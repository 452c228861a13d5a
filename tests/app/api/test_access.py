from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.api import application
from app.api.access import OPEN_ROUTES, OpenRouteError
from app.api.application import create_app
from app.client import Client
from app.composition import Services, open_services
from kb.records.api_key import Scope
from kb.service.api_keys import ApiKeys, NoSuchApiKeyError
from kb.storage.incident_store import IncidentStore
from kb.storage.schema import api_keys
from models.errors import ForbiddenError, UnauthenticatedError
from tests.conftest import free_port, served, triage

FILLED = {
    "role": "manager",
    "task": "1",
    "entry": "1",
    "action": "1",
    "number": "INC1",
    "id": "K1",
    "item": "gap-1",
    "field": "category",
    "name": "ann",
    "flag": "1",
    "solution_name": "category",
}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path / "home") as services:
        yield services


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services, hosts=["testserver"], asks_for_keys=True)) as client:
        yield client


def secret_of(text: str) -> str:
    """The part of a key's text that no file may hold; it may have underscores of its own."""
    secret = text.split("_", 2)[2]
    assert len(secret) >= 40
    return secret


def operations(api: TestClient) -> list[tuple[str, str, list[str]]]:
    """Every operation of the OpenAPI document: method, path with its parts filled, and the scopes that it names."""
    found = []
    for path, methods in api.get("/openapi.json").json()["paths"].items():
        filled = path
        for name, value in FILLED.items():
            filled = filled.replace(f"{{{name}}}", value)
        assert "{" not in filled, f"{path}: say in FILLED what stands for its parts"
        for method, operation in methods.items():
            scopes = [scope for entry in operation.get("security", ()) for scope in entry.get("key", ())]
            found.append((method, filled, scopes))
    return found


def with_key(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def test_every_route_refuses_who_has_no_key_for_it(services: Services, api: TestClient) -> None:
    _, revoked = services.keys.make("gone", Scope)
    services.keys.revoke(services.keys.all()[0].id)
    late, expired = services.keys.make("late", Scope, days=1)
    with services.store.database.writing() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(api_keys).where(api_keys.c.id == late.id).values(expires_at=past))
    texts = {scope: services.keys.make(scope, [scope])[1] for scope in Scope}
    unknown = f"{texts[Scope.ADMIN][:-1]}{'A' if texts[Scope.ADMIN][-1] != 'A' else 'B'}"
    checked = 0
    for method, path, scopes in operations(api):
        if path in OPEN_ROUTES:
            assert api.request(method, path).status_code == 200
            continue
        assert scopes, f"{method} {path} names no scope"
        (needed,) = scopes
        for text in (None, "nonsense", unknown, revoked, expired):
            answer = api.request(method, path, headers=with_key(text) if text else {})
            assert answer.status_code == 401, (method, path, text)
            assert answer.headers["content-type"] == "application/problem+json"
        for scope in Scope:
            answer = api.request(method, path, headers=with_key(texts[scope]))
            refused = answer.status_code == 403 and "lacks the scope" in answer.text
            assert refused is (scope not in (needed, Scope.ADMIN)), (method, path, scope, answer.status_code)
        checked += 1
    assert checked > 35


def test_a_new_route_without_scope_is_refused(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    router = APIRouter()

    @router.get("/v1/forgotten")
    def forgotten() -> None: ...

    monkeypatch.setattr(application, "ROUTERS", (*application.ROUTERS, router))
    with pytest.raises(OpenRouteError, match="/v1/forgotten"):
        create_app(services, hosts=["*"])


def test_on_this_machine_no_key_is_needed_but_a_wrong_one_is_told(services: Services) -> None:
    with TestClient(create_app(services, hosts=["testserver"])) as api:
        assert api.get("/v1/articles").status_code == 200
        assert api.get("/v1/articles", headers=with_key("triage_1_2")).status_code == 401


def test_only_a_digest_is_kept_and_last_use_is_noted(store: IncidentStore) -> None:
    keys = ApiKeys(store.database)
    made, text = keys.make("robot", [Scope.SUGGEST], days=2)
    found = keys.find(text)
    assert found is not None
    assert (found.id, found.scopes, found.holds(datetime.now(UTC))) == (made.id, {Scope.SUGGEST}, True)
    assert not found.holds(datetime.now(UTC) + timedelta(days=3))
    assert keys.all()[0].last_used_at is not None
    files = Path(store.database.url.removeprefix("sqlite:///")).parent.iterdir()
    assert not any(secret_of(text).encode() in file.read_bytes() for file in files)
    keys.revoke(made.id)
    assert not keys.any_holds()
    with pytest.raises(NoSuchApiKeyError):
        keys.revoke(made.id)


def test_a_service_that_others_can_reach_does_not_start_without_keys(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "home"))
    refused = triage(*home, "serve", "--host", "0.0.0.0", "--port", str(free_port()), status=1)
    assert "triage keys make" in refused.stderr
    made = triage(*home, "keys", "make", "robot", "--scope", "suggest", "--scope", "write").stdout.strip()
    assert made.startswith("triage_")
    listed = triage(*home, "keys", "--json").stdout
    assert '"never' not in listed
    assert secret_of(made) not in listed


def test_the_client_sends_its_key(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = services.keys.make("robot", [Scope.SUGGEST])
    monkeypatch.setenv("TRIAGE_ALWAYS_ASK_FOR_KEYS", "true")
    with served(services.home) as address:
        with Client(address) as client, pytest.raises(UnauthenticatedError, match="send a key"):
            client.articles()
        with Client(address, key=text) as client:
            assert client.articles().total == 0
            with pytest.raises(ForbiddenError, match="lacks the scope write"):
                client.feedback(number="INC1", field="category", chosen="Mail")
