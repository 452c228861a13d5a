"""An incident is logged together with what a person decided on its fields, in one act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from kb.storage.act_store import ActStore
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


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    with open_services(tmp_path) as services:
        services.store.put_incidents(printers_and_vpn(10))
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"]))


def log(
    api: TestClient,
    decisions: list[dict[str, Any]],
    *,
    status: int = 200,
    params: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    body = {"description": LAMP, "state": "new", "category": "Lamps", "assignment_group": "Network", **more}
    answer = api.put("/v1/incidents/N1", json={**body, "decisions": decisions}, params=params)
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
    done = log_incident(services, logged, [decision])
    written, kept = done.written, list(done.decisions)
    assert (written.incident.category, len(kept)) == ("Lamps", 1)


UNDOABLE = {"undoable": True, "by": "ann"}


def undo(api: TestClient, key: str, *, status: int = 200, headers: dict[str, str] | None = None) -> dict[str, Any]:
    answer = api.post(f"/v1/acts/{key}/undo", json={"by": "bob"}, headers=headers)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_logging_is_undone_in_one_act_and_teaches_nothing(services: Services, api: TestClient, tmp_path: Path) -> None:
    was = services.assistant.suggest(Incident("", description=LAMP)).fields["category"]
    logged = log(api, DECISIONS, params=UNDOABLE)
    assert services.store.acts.get(int(logged["undo"])).by == "ann"
    again = {"Idempotency-Key": "1"}
    cancelled = undo(api, logged["undo"], headers=again)
    assert (cancelled["stage"], cancelled["category"]) == ("cancelled", "Lamps")
    assert services.store.feedback.all() == []
    assert undo(api, logged["undo"], headers=again) == cancelled
    refused = undo(api, logged["undo"], status=409)["refused_undo"]
    assert (refused["obstacle"], refused["by"]) == ("undone_already", "bob")
    after = services.assistant.suggest(Incident("", description=LAMP)).fields["category"]
    assert (after.value, after.confidence) == (was.value, was.confidence)
    events = api.get("/v1/incidents/N1/timeline").json()["events"]
    assert [one["by"] for one in events if one["kind"] == "cancelled"] == ["bob"]


@pytest.mark.parametrize("broken", ["withdraw", "undone"])
def test_an_undo_of_logging_that_breaks_off_has_done_nothing_and_is_tried_again(
    services: Services, api: TestClient, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    logged = log(api, DECISIONS, params=UNDOABLE)
    with monkeypatch.context() as patched:
        patched.setattr({"withdraw": FeedbackStore, "undone": ActStore}[broken], broken, fail)
        undo(api, logged["undo"], status=500)
    assert api.get("/v1/incidents/N1").json()["stage"] == "new"
    assert len(services.store.feedback.all(number="N1")) == 3
    assert undo(api, logged["undo"])["stage"] == "cancelled"
    assert services.store.feedback.all(number="N1") == []


@pytest.mark.parametrize("change", [{"assigned_to": "Cy"}, {"category": "Mail"}], ids=["empty before", "decided"])
def test_logging_is_not_undone_once_somebody_works_on_the_ticket(api: TestClient, change: dict[str, str]) -> None:
    logged = log(api, DECISIONS, params=UNDOABLE)
    api.post("/v1/queue/acts", json={"acts": [{"number": "N1", "act": "set", "fields": change}], "by": "cy"})
    refused = undo(api, logged["undo"], status=409)["refused_undo"]
    assert {"obstacle": "changed_since", "field": next(iter(change)), "by": "cy"}.items() <= refused.items()
    assert api.get("/v1/incidents/N1").json()["stage"] == "new"


def test_a_ticket_that_was_logged_as_resolved_is_cancelled_by_undo_too(services: Services, api: TestClient) -> None:
    services.store.articles.put([Article("KB1", "Lamps flicker", resolution="Change the starter.")])
    solved = {"state": "resolved", "resolved_at": NOW.isoformat(), "resolution": "Changed it."}
    logged = log(api, DECISIONS, params=UNDOABLE, article_link={"article": "KB1", "by": "ann"}, **solved)
    cancelled = undo(api, logged["undo"])
    assert (cancelled["stage"], cancelled["resolution"], cancelled["articles"]) == ("cancelled", None, [])
    assert cancelled["reopen_count"] is None


def test_what_is_logged_again_since_the_answer_was_lost_is_the_same_act(services: Services, api: TestClient) -> None:
    first = log(api, DECISIONS, params=UNDOABLE)
    again = log(api, DECISIONS, params=UNDOABLE)
    assert again["undo"] == first["undo"]
    assert len(services.store.feedback.all(number="N1")) == 3
    undo(api, again["undo"])
    assert services.store.feedback.all(number="N1") == []
    assert log(api, [], params=UNDOABLE)["undo"] is None


def test_logging_can_be_undone_only_where_that_is_asked_for_and_the_ticket_is_new(api: TestClient) -> None:
    assert log(api, [])["undo"] is None
    assert log(api, [], params=UNDOABLE)["undo"] is None
