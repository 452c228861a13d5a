"""An incident is logged together with what a person decided on its fields, in one act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.ingestion import log_incident
from kb.records.article import Article
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.storage.article_uses import UseKind
from kb.storage.feedback_store import FeedbackStore
from tests.conftest import printers_and_vpn

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LAMP = "lamp over desk 7 flickers"
DECISIONS = [
    {"field": "category", "suggested": "Printing", "chosen": "Lamps", "by": "ann"},
    {"field": "assignment_group", "suggested": "Network", "chosen": "Network"},
    {"field": "location", "suggested": "Paris", "chosen": None},
]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path) as services:
        services.store.put_incidents(printers_and_vpn(10))
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"]))


def log(api: TestClient, decisions: list[dict[str, Any]], *, status: int = 200, **more: Any) -> dict[str, Any]:
    body = {"description": LAMP, "state": "new", "category": "Lamps", "assignment_group": "Network", **more}
    answer = api.put("/v1/incidents/N1", json={**body, "decisions": decisions})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_what_was_decided_teaches_with_the_log_and_can_be_withdrawn(services: Services, api: TestClient) -> None:
    was = services.assistant.suggest(Incident("", description=LAMP)).fields["category"].value
    logged = log(api, DECISIONS)
    assert (logged["category"], logged["extra"]) == ("Lamps", {})
    assert [(one.field, one.by) for one in services.store.feedback.all(number="N1")] == [
        ("category", "ann"),
        ("assignment_group", None),
        ("location", None),
    ]
    assert services.assistant.suggest(Incident("", description=LAMP)).fields["category"].value == "Lamps"
    assert len(logged["decisions"]) == 3
    for key in logged["decisions"]:
        assert api.delete(f"/v1/feedback/{key}").status_code == 204
    assert services.assistant.suggest(Incident("", description=LAMP)).fields["category"].value == was


def test_the_etag_is_that_of_the_incident_with_its_decisions(api: TestClient) -> None:
    body = {"description": LAMP, "state": "new", "decisions": DECISIONS}
    logged = api.put("/v1/incidents/N1", json=body)
    assert logged.json()["category"] == "Lamps"
    assert logged.headers["etag"] == api.get("/v1/incidents/N1").headers["etag"]


def test_a_value_that_does_not_exist_is_not_decided_and_nothing_is_logged(services: Services, api: TestClient) -> None:
    services.catalogue.put("category", ["Printing", "VPN"])
    log(api, DECISIONS, category=None, status=422)
    log(api, [{"field": "category"}], category=None, status=422)
    log(api, [{"chosen": "VPN"}], category=None, status=422)
    assert api.get("/v1/incidents/N1").status_code == 404


def test_the_article_that_solved_it_is_linked_with_the_log_or_nothing_is_logged(
    services: Services, api: TestClient
) -> None:
    services.store.articles.put([Article("KB1", "Lamps flicker", resolution="Change the starter.")])
    gone = log(api, DECISIONS, state="resolved", article_link={"article": "KB9", "by": "ann"}, status=404)
    assert "KB9" in gone["detail"]
    assert services.store.incidents_of(["N1"]) == []
    assert services.store.feedback.all(number="N1") == []
    logged = log(api, DECISIONS, state="resolved", article_link={"article": "KB1", "by": "ann"})
    assert (logged["articles"], logged["state"], logged["category"]) == (["KB1"], "resolved", "Lamps")
    (use,) = services.knowledge.uses.all(number="N1")
    assert (use.kind, use.article, use.by) == (UseKind.LINKED, "KB1", "ann")


def test_what_cannot_be_kept_is_not_logged_either(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    logged = Incident("N1", description=LAMP, state="new")
    decision = Feedback("category", "Lamps", NOW, number="N1")
    with monkeypatch.context() as patched:
        patched.setattr(FeedbackStore, "put", fail)
        with pytest.raises(KeyboardInterrupt):
            log_incident(services, logged, [decision])
    assert services.store.incidents_of(["N1"]) == []
    written, kept = log_incident(services, logged, [decision])
    assert (written.incident.category, len(kept)) == ("Lamps", 1)
