from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from standardwebhooks import Webhook as Verifier

from app.api.application import create_app
from app.background.outbound_http import UnusableAddressError, checked, is_public, post
from app.background.webhook_delivery import deliver_due
from app.composition import Services, open_services
from kb.records.article import Article, State
from kb.records.webhook import DeliveryState, Event
from kb.storage.schema import deliveries
from tests.conftest import printers_and_vpn

INSIDE = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://127.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://198.18.0.1/",
]


@contextmanager
def listener(*statuses: int) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A receiver that answers with these statuses, the last one again and again, and keeps what it was sent."""
    received: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = statuses[min(len(received), len(statuses)) - 1]
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("location", "http://127.0.0.1:1/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", received
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("TRIAGE_WEBHOOK_HOSTS", '["127.0.0.1"]')
    monkeypatch.setenv("TRIAGE_ROLE", "knowledge_domain_expert")
    with open_services(tmp_path / "home") as services:
        yield services


def wait_no_more(services: Services) -> None:
    """Let every waiting delivery be due now."""
    with services.store.database.writing() as connection:
        connection.execute(update(deliveries).values(next_at=datetime.now(UTC) - timedelta(seconds=1)))


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    """Wait for what the service's own background work may be doing at this moment."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_sent_is_signed_as_the_standard_says_and_names_the_evidence(services: Services) -> None:
    services.store.put_incidents(printers_and_vpn(6))
    with listener(200) as (url, received), TestClient(create_app(services, hosts=["testserver"])) as api:
        made = api.post("/v1/webhooks", json={"url": url, "events": ["suggestion.ready", "article.published"]}).json()
        ticket = {"description": "the printer on the second floor does not print", "state": "new"}
        api.put("/v1/incidents/INC7", json=ticket)
        api.put("/v1/incidents/INC8", json=ticket | {"state": "resolved"})
        deliver_due(services)
        wait_until(lambda: services.webhooks.deliveries(state=DeliveryState.DELIVERED, limit=10))  # by either of both
        ((headers, body),) = received
        told = Verifier(made["secret"]).verify(body, headers)
        assert (told["type"], told["data"]["number"]) == ("suggestion.ready", "INC7")
        assert told["data"]["fields"]["category"]["value"] == "Printing"
        assert told["data"]["model"]
        assert told["data"]["similar_incidents"]
        assert b"second floor" not in body
        with pytest.raises(Exception, match=r"[Nn]o matching signature"):
            Verifier(made["secret"]).verify(body.replace(b"INC7", b"INC9"), headers)
        assert "secret" not in api.get("/v1/webhooks").json()["webhooks"][0]
        (delivery,) = api.get("/v1/webhooks/deliveries").json()["deliveries"]
        assert (delivery["state"], delivery["attempts"], delivery["id"]) == ("delivered", 1, headers["webhook-id"])


def test_an_article_is_announced_when_it_becomes_validated(services: Services) -> None:
    services.webhooks.add("https://hooks.example.com/", [Event.ARTICLE_PUBLISHED])
    services.knowledge.create(
        Article(id="K1", title="Aquarium", resolution="Close the tap.", state=State.NOT_VALIDATED), by="ann"
    )
    assert not services.webhooks.deliveries(limit=10)
    services.knowledge.edit("K1", {"state": State.VALIDATED}, by="ann")
    services.knowledge.edit("K1", {"title": "Aquariums"}, by="ann")
    (delivery,) = services.webhooks.deliveries(limit=10)
    assert json.loads(delivery.payload)["data"]["id"] == "K1"


def test_a_failed_delivery_is_tried_again_until_it_is_dead_and_can_be_revived(services: Services) -> None:
    with listener(500, 302, 503) as (url, received):
        webhook = services.webhooks.add(url, [Event.JOB_FINISHED])
        services.webhooks.announce(Event.JOB_FINISHED, {"id": "job_1"})
        deliver_due(services)
        assert deliver_due(services) == 0  # it waits for its next attempt
        (delivery,) = services.webhooks.deliveries(limit=10)
        assert (delivery.state, delivery.last_status) == (DeliveryState.WAITING, 500)
        assert delivery.next_at > datetime.now(UTC)
        for _ in range(9):
            wait_no_more(services)
            deliver_due(services)
        (delivery,) = services.webhooks.deliveries(state=DeliveryState.DEAD, limit=10)
        assert (delivery.attempts, len(received), delivery.last_error) == (10, 10, "answered 503")
        assert len({headers["webhook-id"] for headers, _ in received}) == 1
        wait_no_more(services)
        assert deliver_due(services) == 0
        services.webhooks.send_again(delivery.id)
        assert deliver_due(services) == 1
        services.webhooks.remove(webhook.id)
        assert not services.webhooks.deliveries(limit=10)


def test_an_address_that_is_gone_is_told_no_more(services: Services) -> None:
    with listener(410) as (url, received):
        services.webhooks.add(url, list(Event))
        services.webhooks.announce(Event.JOB_FINISHED, {})
        deliver_due(services)
        assert services.webhooks.announce(Event.JOB_FINISHED, {}) == 0
        assert len(received) == 1
        assert services.webhooks.all()[0].disabled_at is not None


@pytest.mark.parametrize("url", INSIDE)
def test_no_address_of_the_own_network_is_called_however_it_is_spelt(url: str) -> None:
    with pytest.raises(UnusableAddressError):
        checked(url, [])


def test_addresses_that_are_public_or_allowed_by_name_are_called_as_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_public("93.184.215.14")
    assert is_public("2606:4700::1111")
    answers = [(2, 1, 6, "", ("93.184.215.14", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
    assert checked("https://hooks.example.com/x", [])[0] == httpx.URL("https://93.184.215.14/x")
    answers.append((2, 1, 6, "", ("10.0.0.5", 443)))
    with pytest.raises(UnusableAddressError, match=r"10\.0\.0\.5"):
        checked("https://hooks.example.com/x", [])
    assert checked("https://hooks.example.com/x", ["hooks.example.com"])[1] == "hooks.example.com"


def test_a_redirect_is_not_followed_and_refusals_are_told(services: Services) -> None:
    with listener(307) as (url, received):
        assert post(url, b"{}", {}, allowed=["127.0.0.1"]) == 307
        assert len(received) == 1
        with pytest.raises(UnusableAddressError, match="TRIAGE_WEBHOOK_HOSTS"):
            post(url, b"{}", {}, allowed=[])
    with TestClient(create_app(services, hosts=["testserver"])) as api:
        for wrong in ("ftp://example.com/", "http://ann:pw@example.com/", "https://", "http://10.0.0.1/", "nonsense"):
            answer = api.post("/v1/webhooks", json={"url": wrong, "events": ["job.finished"]})
            assert answer.status_code == 422, wrong
        assert not api.get("/v1/webhooks").json()["webhooks"]
