from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.client import Client
from app.composition import open_services
from app.sample.incidents import COUNT
from kb.records.errors import EditConflictError
from kb.records.incident import Incident
from kb.records.limits import REQUEST_LIMIT
from models.errors import NotFoundError, UnavailableError
from tests.conftest import served, triage
from triage.assistant import Assistant

TICKET = {"short_description": "cannot connect to vpn", "description": "gateway not reachable", "custom_field": 7}


@pytest.fixture
def api(sample_copy: Path) -> Iterator[TestClient]:
    with (
        open_services(sample_copy) as services,
        TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False) as client,
    ):
        yield client


def problem(response: httpx.Response, status: int) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert set(body) - {"wording"} == {"type", "title", "status", "detail", "errors", "request_id"}
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def test_a_suggestion_has_the_promised_shape(api: TestClient) -> None:
    body = api.post("/v1/suggest", json=TICKET).json()
    promised = {"fields", "known", "articles", "similar_incidents", "model", "took_ms", "masked"}
    assert set(body) == promised | {"questions", "security", "major"}
    category = body["fields"]["category"]
    assert set(category) >= {"value", "confidence", "decision", "alternatives"}
    assert (category["value"], category["decision"]) == ("VPN", "automatic")
    assert set(category["alternatives"][0]) == {"value", "confidence"}
    assert set(body["articles"][0]) >= {"id", "title", "score", "state", "workaround", "excerpt"}
    assert set(body["similar_incidents"][0]) >= {"number", "score", "short_description", "resolution"}
    assert set(body["model"]) == {"version", "trained_at"}


def test_what_was_written_is_read_before_anybody_asks_and_failures_stop_nothing_and_are_told_once_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.background.maintenance._BETWEEN_SECONDS", 0.01)
    monkeypatch.setattr("app.background.supervision._FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("app.background.supervision._HELD_SECONDS", 0.1)
    catch_up, read = Assistant.catch_up, threading.Semaphore(0)
    failures = [OSError(reason) for reason in ("the disk is full", "the disk is away", "the disk is away")]

    def catch_up_at_the_fourth_time(assistant: Assistant) -> None:
        if failures:
            raise failures.pop()
        catch_up(assistant)
        if assistant.memory.revision == written:
            read.release()

    def told() -> list[tuple[str, str]]:
        return [
            (record.levelname, str(record.exc_info[1]) if record.exc_info else record.getMessage())
            for record in caplog.records
            if record.name == "app.background.supervision"
        ]

    with open_services(tmp_path / "home") as services, TestClient(create_app(services, hosts=["testserver"])):
        services.store.put_incidents([Incident("NEW", "a thing that nobody has asked for")])
        written = services.store.revision()
        monkeypatch.setattr(Assistant, "catch_up", catch_up_at_the_fourth_time)
        assert read.acquire(timeout=20)
        assert any(len(told()) == 3 or time.sleep(0.05) for _ in range(400))
    assert told() == [("ERROR", "the disk is away"), ("ERROR", "the disk is full"), ("WARNING", "index runs again")]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/incidents/NEW", TICKET),
        ("POST", "/v1/incidents", {"incidents": [{"number": "NEW", **TICKET}]}),
        ("POST", "/v1/feedback", {"ticket": TICKET, "field": "category", "suggested": "VPN", "chosen": "Cars"}),
        ("POST", "/v1/outcomes", {"number": "KNOWN", "outcome": "reopened"}),
    ],
)
def test_what_is_written_here_is_read_right_after_the_answer_and_where_that_fails_it_is_written_still(
    method: str, path: str, body: object, sample_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.background.maintenance._BETWEEN_SECONDS", 3600.0)
    with open_services(sample_copy) as services, TestClient(create_app(services, hosts=["testserver"])) as client:
        services.store.put_incidents([Incident("KNOWN", "the fish in the aquarium look sad", category="Fish")])
        before = services.memory.revision
        assert client.request(method, path, json=body).status_code in (200, 201)
        assert services.memory.revision == services.store.revision() > before

        def fail(_: Assistant) -> None:
            raise OSError("the disk is away")

        monkeypatch.setattr(Assistant, "read_written", fail)
        assert client.put("/v1/incidents/NEWER", json=TICKET).status_code == 200


def test_classify_keeps_the_order(api: TestClient) -> None:
    tickets = [{"description": text} for text in ("printer queue stuck", "", "vpn drops at home")]
    results = api.post("/v1/classify", json={"tickets": tickets}).json()["results"]
    assert [result["fields"]["category"]["value"] for result in results] == ["Printing", None, "VPN"]
    assert api.post("/v1/classify", json={"tickets": []}).json()["results"] == []


def test_an_incident_is_written_read_and_found_at_once(api: TestClient) -> None:
    body = {
        "short_description": "aquarium in the lobby leaks",
        "category": "Facilities",
        "opened_at": "2026-01-02T03:04:05",
        "tank": 3,
    }
    written = api.put("/v1/incidents/INC1", json=body).json()
    assert (written["number"], written["state"], written["extra"]) == ("INC1", "resolved", {"tank": "3"})
    assert written["opened_at"] == "2026-01-02T03:04:05Z"
    assert api.get("/v1/incidents/INC1").json() == written
    (found, *_) = api.get("/v1/search", params={"q": "leaking aquarium", "kind": "incidents"}).json()["results"]
    assert (found["kind"], found["id"]) == ("incident", "INC1")
    batch = {"incidents": [{"number": "INC1", **body}, {"number": "INC2", "description": "x"}]}
    assert api.post("/v1/incidents", json=batch).json() == {
        "new": 1,
        "updated": 0,
        "unchanged": 1,
        "superseded": 0,
    }


def test_wrong_bodies_say_which_field_and_why(api: TestClient) -> None:
    assert problem(api.post("/v1/suggest", json={"description": "x" * 100_001}), 422)["errors"] == [
        {"field": "description", "message": "String should have at most 100000 characters"}
    ]
    assert "short_description or description" in str(problem(api.put("/v1/incidents/1", json={}), 422)["detail"])
    assert "the path says 1" in str(
        problem(api.put("/v1/incidents/1", json={"number": "2", "description": "x"}), 422)["detail"]
    )
    too_many = {"tickets": [{}] * 1001}
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        wrong = problem(api.put("/v1/incidents/1", json={"description": "x", "opened_at": moment}), 422)
        assert wrong["errors"] == [{"field": "opened_at", "message": "is not within the years 1 to 9999 in UTC"}]
    assert problem(api.put("/v1/incidents/1", json={"description": "x", "reopen_count": True}), 422)["errors"] == [
        {"field": "reopen_count", "message": "must be a whole number"}
    ]
    assert problem(api.post("/v1/classify", json=too_many), 422)["errors"][0]["field"] == "tickets"
    problem(api.post("/v1/suggest", content=b"{", headers={"content-type": "application/json"}), 422)
    problem(api.post("/v1/feedback", json={"field": "category", "chosen": "x"}), 422)
    problem(api.get("/v1/search"), 422)
    problem(api.get("/v1/search", params={"q": "x", "limit": 0}), 422)
    problem(api.get("/v1/incidents/none"), 404)
    problem(api.get("/v1/nothing"), 404)
    problem(api.delete("/v1/suggest"), 405)


def test_control_characters_and_lone_surrogates_do_no_harm(api: TestClient) -> None:
    json_type = {"content-type": "application/json"}
    raw = b'{"description": "a\\u0000b\\u0007c", "x\\u0000": "y"}'
    written = api.put("/v1/incidents/9", content=raw, headers=json_type).json()
    assert (written["description"], written["extra"]) == ("abc", {"x": "y"})
    for raw in (b'{"description": "\\ud800"}', b'{"description": "x", "further": "\\ud800"}'):
        assert api.put("/v1/incidents/9", content=raw, headers=json_type).status_code in (200, 422)


def test_a_body_that_is_too_large_is_refused_while_it_is_read(api: TestClient) -> None:
    problem(api.post("/v1/suggest", content=b"x", headers={"content-length": str(REQUEST_LIMIT + 1)}), 413)
    chunks = (b" " * 2**20 for _ in range(REQUEST_LIMIT // 2**20 + 1))
    problem(api.post("/v1/suggest", content=chunks, headers={"content-type": "application/json"}), 413)


def test_another_host_name_is_refused(api: TestClient) -> None:
    for host in ("evil.example.test", "evil.example.test:8000", "testserver.evil.test", ""):
        problem(api.get("/healthz", headers={"host": host}), 400)
    assert api.get("/healthz", headers={"host": "TestServer:8000"}).status_code == 200


def test_a_decision_on_a_misspelt_field_is_refused_and_nothing_is_written(api: TestClient) -> None:
    wrong = problem(api.post("/v1/feedback", json={"number": "P1", "field": "prio", "chosen": "3 - Moderate"}), 404)
    assert "no field 'prio'; is it priority?" in wrong["detail"]
    new = {"ticket": {"description": "no light"}, "field": "building_site", "suggested": "North", "chosen": "South"}
    assert api.post("/v1/feedback", json=new).status_code == 201
    body = {"short_description": "fax is dead", "decisions": [{"field": "prio", "chosen": "3 - Moderate"}]}
    problem(api.put("/v1/incidents/PRIO-1", json=body), 404)
    problem(api.get("/v1/incidents/PRIO-1"), 404)


def test_feedback_teaches_the_next_suggestion(api: TestClient) -> None:
    ticket = {"description": "the fish in the aquarium look sad"}
    decision = {"ticket": ticket, "field": "category", "suggested": "VPN", "chosen": "Aquarium", "by": "ada"}
    answer = api.post("/v1/feedback", json=decision)
    assert answer.status_code == 201
    assert answer.json()["number"].startswith("EXAMPLE-")
    category = api.post("/v1/suggest", json=ticket).json()["fields"]["category"]
    assert "Aquarium" in [category["value"], *(entry["value"] for entry in category["alternatives"])]
    problem(api.post("/v1/feedback", json={"number": "none", "field": "category", "chosen": "x"}), 404)


def test_the_queue_lists_open_incidents_with_reason_and_suggestions(api: TestClient) -> None:
    page = api.get("/v1/queue", params={"limit": 3}).json()
    assert len(page["incidents"]) == 3
    assert page["total"] == sum(page["needs"].values()) >= 3
    first = page["incidents"][0]
    assert first["incident"]["stage"] in ("new", "assigned", "in_progress", "waiting")
    assert first["reason"]
    assert set(first["fields"]) <= {name for name, value in first["incident"].items() if value is None}
    following = api.get("/v1/queue", params={"limit": 3, "offset": 3}).json()["incidents"]
    assert first["incident"]["number"] not in [one["incident"]["number"] for one in following]
    assert api.get("/v1/queue", params={"text": first["incident"]["number"]}).json()["total"] == 1
    assert api.get("/v1/queue", params={"flag": "green"}).status_code == 422


def test_review_and_linking(api: TestClient) -> None:
    tickets = api.get("/v1/review", params={"limit": 5}).json()["tickets"]
    assert len(tickets) == 5
    number = tickets[-1]["incident"]["number"]
    for name, field in tickets[-1]["fields"].items():
        decision = {"number": number, "field": name, "suggested": field["value"], "chosen": field["value"] or "Other"}
        assert api.post("/v1/feedback", json=decision).status_code == 201
    assert number not in [ticket["incident"]["number"] for ticket in api.get("/v1/review").json()["tickets"]]
    assert api.post(f"/v1/incidents/{number}/articles", json={"article": "KB00016"}).json()["articles"] == ["KB00016"]
    problem(api.post(f"/v1/incidents/{number}/articles", json={"article": "none"}), 404)


def test_articles_are_written_read_changed_and_guarded_by_their_etag(api: TestClient) -> None:
    created = api.post("/v1/articles", json={"title": "Aquarium leaks", "resolution": "1. Close the tap.", "by": "ada"})
    assert created.status_code == 201
    article, tag = created.json(), created.headers["etag"]
    assert (article["state"], article["version"], tag) == ("not_validated", 1, '"1"')
    assert created.headers["location"] == f"/v1/articles/{article['id']}"
    path = f"/v1/articles/{article['id']}"
    changed = api.patch(path, json={"state": "validated", "by": "bela"}, headers={"if-match": tag})
    assert (changed.json()["state"], changed.headers["etag"]) == ("validated", '"2"')
    problem(api.patch(path, json={"title": "other"}, headers={"if-match": tag}), 412)
    problem(api.patch(path, json={"title": "other"}, headers={"if-match": "x"}), 412)
    assert [entry["by"] for entry in api.get(path).json()["history"]] == ["ada", "bela"]
    (found, *_) = api.get("/v1/search", params={"q": "aquarium", "kind": "articles"}).json()["results"]
    assert (found["id"], found["state"], found["workaround"]) == (article["id"], "validated", True)
    api.patch(path, json={"state": "archived"})
    results = api.get("/v1/search", params={"q": "aquarium leaks", "kind": "articles"}).json()["results"]
    assert article["id"] not in [entry["id"] for entry in results]
    problem(api.post("/v1/articles", json={"id": article["id"], "title": "x"}), 409)
    problem(api.post("/v1/articles", json={"title": " "}), 422)
    problem(api.patch(path, json={"colour": "red"}), 422)
    problem(api.get("/v1/articles/none"), 404)
    listed = api.get("/v1/articles", params={"limit": 3, "state": "archived"}).json()
    assert listed["total"] == 2


def test_source_of_an_imported_article_is_its_path(api: TestClient) -> None:
    (found, *_) = api.get("/v1/search", params={"q": "vpn drops every few minutes", "kind": "articles"}).json()[
        "results"
    ]
    assert found["source"] == "kb00016-vpn-drops.md"


def test_health_readiness_metrics_and_documents(api: TestClient) -> None:
    assert api.get("/healthz").json() == {"status": "ok"}
    ready = api.get("/readyz").json()
    assert (ready["status"], ready["articles"]) == ("ready", 66)
    assert ready["incidents"] > COUNT
    api.post("/v1/suggest", json=TICKET)
    metrics = api.get("/metrics").text
    assert 'triage_decisions_total{decision="automatic",field="category"}' in metrics
    assert 'route="/v1/suggest",status="200"' in metrics
    assert "gateway" not in metrics
    assert api.get("/docs").status_code == 200
    paths = api.get("/openapi.json").json()["paths"]
    for path in (
        "/v1/suggest",
        "/v1/classify",
        "/v1/feedback",
        "/v1/search",
        "/v1/articles",
        "/v1/articles/{id}",
        "/v1/incidents/{number}",
    ):
        assert path in paths


def test_an_unforeseen_failure_is_a_problem_without_details(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret words of a ticket")

    monkeypatch.setattr("triage.assistant.Assistant.suggest", fail)
    body = problem(api.post("/v1/suggest", json=TICKET), 500)
    assert "secret" not in json.dumps(body)


def test_a_damaged_model_leaves_the_one_before_in_place_and_an_unusable_database_is_told(
    api: TestClient, sample_copy: Path
) -> None:
    pointer = sample_copy / "models" / "serving.json"
    before = api.post("/v1/suggest", json=TICKET).json()
    encoder, version = next(item for item in json.loads(pointer.read_text()).items() if item[0] != "sha256")
    shutil.copytree(sample_copy / "models" / version, sample_copy / "models" / "damaged")
    (sample_copy / "models" / "damaged" / "words.json").write_text("[]")
    pointer.write_text(json.dumps({encoder: "damaged"}))
    after = api.post("/v1/suggest", json=TICKET).json()
    assert (after["fields"], after["model"]) == (before["fields"], before["model"])
    (warning,) = api.get("/readyz").json()["warnings"]
    assert warning.startswith("models/damaged: words.json is not the file")
    # `triage.db-shm` is mapped into memory: shortening it would end the process, whatever the product does.
    for file in (sample_copy / "triage.db", sample_copy / "triage.db-wal"):
        file.write_bytes(b"no database")
    problem(api.get("/v1/incidents/INC0010001"), 503)


def test_many_at_once_get_right_answers_while_incidents_are_written(sample_copy: Path) -> None:
    failures = list[str]()
    with served(sample_copy) as address:
        with Client(address) as client:
            before = client.ready().incidents

        def work(worker: int) -> None:
            with Client(address) as client:
                for i in range(12):
                    client.put_incident(f"W{worker}-{i}", {"description": f"vpn drops {i}", "category": "VPN"})
                    if (
                        client.suggest({"description": "the printer queue is stuck"}).fields["category"].value
                        != "Printing"
                    ):
                        failures.append("wrong answer")

        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with Client(address) as client:
            assert client.ready().incidents == before + 96
            assert client.incident("W7-11").description == "vpn drops 11"
    assert failures == []


def test_what_one_process_writes_another_knows_and_the_client_tells_errors(sample_copy: Path) -> None:
    with served(sample_copy) as address, Client(address) as client:
        client.put_incident("INC/1", {"description": "the aquarium in the lobby leaks", "category": "Facilities"})
        found = json.loads(
            triage("--home", str(sample_copy), "search", "aquarium leaks", "--kind", "incidents", "--json").stdout
        )
        assert found["results"][0]["id"] == "INC/1"
        article = client.post_article({"title": "Aquarium leaks", "resolution": "Call the plumber."})
        client.patch_article(article.id, {"title": "Aquarium is leaking"}, version=1)
        with pytest.raises(EditConflictError, match="version 2"):
            client.patch_article(article.id, {"title": "x"}, version=1)
        with pytest.raises(NotFoundError, match="no incident none"):
            client.incident("none")
    with Client("http://127.0.0.1:1") as nobody, pytest.raises(UnavailableError, match="does not answer"):
        nobody.ready()
