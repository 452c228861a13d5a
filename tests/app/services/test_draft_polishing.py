from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import open_services
from app.services.draft_polishing import PolishError, polish
from app.settings import Settings
from kb.records.article import Article, State
from kb.records.incident import Incident

DRAFT = Article(
    "K1",
    "badge blinks red!!",
    issue="- badge blinks red at gate 7\n- reception let me in",
    resolution="1. Badge was expired, renewed in `badgectl`.",
    state=State.WORK_IN_PROGRESS,
    extra={"drafted_from": ["INC1"]},
)
GOOD = {
    "title": "Badge reader blinks red",
    "issue": "The badge reader at gate 7 blinks red.",
    "resolution": "1. Renew the badge in `badgectl`.\n2. Try the door again.",
}


class StandIn:
    """Answers as an OpenAI-compatible API does, with whatever content it is told to."""

    def __init__(self) -> None:
        self.content: object = GOOD
        self.status = 200
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                stand_in.asked.append((self.path, body, self.headers.get("authorization")))
                content = stand_in.content if isinstance(stand_in.content, str) else json.dumps(stand_in.content)
                choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
                answer = json.dumps({"id": "c1", "object": "chat.completion", "choices": [choice]}).encode()
                self.send_response(stand_in.status)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop answering; more than once does no harm."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def model() -> Iterator[StandIn]:
    stand_in = StandIn()
    yield stand_in
    stand_in.stop()


def settings(model: StandIn, **more: Any) -> Settings:
    return Settings(polish_url=model.url, polish_model="small", **more)


def test_a_draft_is_worded_better_and_marked(model: StandIn) -> None:
    polished = polish(DRAFT, settings(model, polish_key="secret"))
    assert (polished.title, polished.issue, polished.resolution) == tuple(GOOD.values())
    assert (polished.state, polished.extra) == (DRAFT.state, {"drafted_from": ["INC1"], "polished_by": "small"})
    path, body, key = model.asked[0]
    assert (path, body["model"], key) == ("/v1/chat/completions", "small", "Bearer secret")
    assert json.loads(body["messages"][1]["content"])["title"] == DRAFT.title


@pytest.mark.parametrize(
    "content",
    [
        {**GOOD, "resolution": "1. Renew the badge at https://evil.example/badge."},
        {**GOOD, "resolution": "1. Call 555-0100 and renew it."},
        {**GOOD, "issue": "The reader at gate 9 blinks."},
        {**GOOD, "resolution": ""},
        {**GOOD, "title": ""},
        {"title": "only"},
        "no JSON at all",
    ],
)
def test_what_stands_nowhere_or_is_no_article_is_refused(model: StandIn, content: object) -> None:
    model.content = content
    with pytest.raises(PolishError, match="draft stays as it is"):
        polish(DRAFT, settings(model))


def test_a_model_that_fails_or_is_not_there_is_told(model: StandIn) -> None:
    model.status = 500
    with pytest.raises(PolishError, match="does not answer"):
        polish(DRAFT, settings(model))
    model.stop()
    with pytest.raises(PolishError, match="does not answer"):
        polish(DRAFT, settings(model))


def test_polishing_is_off_unless_set_and_nothing_is_written_where_it_fails(
    model: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [Incident(f"INC{n}", f"badge blinks red at door {n}", resolution="Renewed it.") for n in range(8)]
    with open_services(tmp_path) as services:
        services.store.put_incidents(tickets)
        with TestClient(create_app(services, hosts=["testserver"])) as api:
            (item,) = api.get("/v1/worklist").json()["items"]
            assert api.post(f"/v1/worklist/{item['id']}/do", json={"polish": True}).status_code == 409
            assert not model.asked
    monkeypatch.setenv("TRIAGE_POLISH_URL", model.url)
    with open_services(tmp_path) as services, TestClient(create_app(services, hosts=["testserver"])) as api:
        assert api.get("/v1/worklist").json()["polishes"]
        model.content = "nonsense"
        assert api.post(f"/v1/worklist/{item['id']}/do", json={"polish": True}).status_code == 502
        assert api.get("/v1/articles").json()["total"] == 0
        model.content = {"title": "Badge blinks red", "issue": "It blinks red.", "resolution": "1. Renew it."}
        done = api.post(f"/v1/worklist/{item['id']}/do", json={"polish": True, "by": "kim"}).json()
        assert api.get(f"/v1/articles/{done['article']}").json()["extra"]["polished_by"] == "default"
