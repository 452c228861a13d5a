from __future__ import annotations

import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.composition import open_services
from app.sample.generate import ARTICLES, STORM_DAY, read_issues, sample_incidents
from app.sample.preparation import prepare
from kb.importers.articles import read_articles
from kb.records.article import Article, State
from tests.conftest import free_port, triage, wait_for


def sample_articles() -> list[Article]:
    return [article for article in read_articles(ARTICLES) if isinstance(article, Article)]


def test_the_sample_desk_holds_what_later_work_needs() -> None:
    incidents, articles, issues = sample_incidents(), sample_articles(), read_issues()
    assert len(articles) == len(list(ARTICLES.glob("*.md"))) >= 60
    assert len(incidents) >= 1500
    assert len({incident.assignment_group for incident in incidents}) >= 12
    assert len({incident.category for incident in incidents}) >= 20
    assert {incident.opened_at.month for incident in incidents if incident.opened_at} == set(range(1, 13))
    storm = [incident for incident in incidents if "major_incident" in incident.extra]
    assert len({incident.caller for incident in storm}) > 40
    assert {incident.opened_at.date() for incident in storm if incident.opened_at} == {STORM_DAY}
    assert sum(incident.category == "Security" for incident in incidents) >= 20
    gaps = [issue for issue in issues if issue.article is None]
    assert len(gaps) >= 4
    assert all(sum(incident.subcategory == gap.subcategory for incident in incidents) >= 15 for gap in gaps)
    assert all(
        not incident.articles for incident in incidents if incident.subcategory in {gap.subcategory for gap in gaps}
    )
    known = {article.id for article in articles}
    assert {key for incident in incidents for key in incident.articles} <= known
    assert Counter(article.state for article in articles)[State.ARCHIVED] == 1
    assert all(article.solves for article in articles)
    assert all(incident.opened_at < incident.assigned_at < incident.resolved_at for incident in incidents)  # type: ignore[operator]  # the sample has all three
    assert {"monitoring", "e-mail", "phone"} <= {incident.channel for incident in incidents}


def test_the_same_seed_gives_the_same_incidents() -> None:
    assert sample_incidents(50) == sample_incidents(50)
    assert sample_incidents(50) != sample_incidents(50, seed=1)


def test_the_demo_serves_both_stops_cleanly_and_starts_again(
    sample_copy: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    for _ in range(2):
        port, desk_port = free_port(), free_port()
        demo = started(
            "--home", str(sample_copy), "demo", "--port", str(port), "--desk-port", str(desk_port),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        wait_for(f"http://127.0.0.1:{port}/readyz")
        wait_for(f"http://127.0.0.1:{desk_port}/_stcore/health")
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").json()["incidents"] == 1864
        demo.send_signal(signal.SIGINT)
        output, messages = demo.communicate(timeout=30)
        assert demo.returncode == 0
        assert b"Connection drops" in output
        assert b"Traceback" not in messages
        for closed in (port, desk_port):
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", closed)) != 0


def test_an_occupied_port_is_named_with_the_way_out(sample_copy: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for command, option in (
            (["demo", "--port"], "--port"),
            (["demo", "--desk-port"], "--desk-port"),
            (["serve", "--port"], "--port"),
            (["desk", "--port"], "--port"),
        ):
            done = triage("--home", str(sample_copy), *command, str(port), status=1)
            assert f"port {port}" in done.stderr
            free = int(done.stderr.rpartition(f"use a free one with {option} ")[2])
            assert free > port
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", free))


def test_a_first_start_that_was_broken_off_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sample.preparation.sample_incidents", lambda: sample_incidents()[:400])
    with open_services(tmp_path) as services:
        services.store.put_incidents(sample_incidents()[:100])
        prepare(services)
        assert services.store.count_incidents() == 427
        version = services.assistant.info().version
        prepare(services)
        assert services.assistant.info().version == version != "none"


def test_serving_survives_being_killed_and_loses_nothing(
    sample_copy: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    acknowledged = 0
    for _ in range(3):
        port = free_port()
        service = started("--home", str(sample_copy), "serve", "--port", str(port))
        wait_for(f"http://127.0.0.1:{port}/readyz")
        for _ in range(15):
            answer = httpx.put(
                f"http://127.0.0.1:{port}/v1/incidents/K{acknowledged}", json={"description": f"vpn {acknowledged}"}
            )
            assert answer.status_code == 200
            acknowledged += 1
        service.kill()
        service.wait()
    with open_services(sample_copy) as services:
        assert all(services.store.incident(f"K{i}").description == f"vpn {i}" for i in range(acknowledged))
