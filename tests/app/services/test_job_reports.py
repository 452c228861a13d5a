"""Reports as background jobs, examples of what would be filled in, and going back to an earlier model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.schemas.job_reports import CheckupView, EvaluationView, ReplayView
from app.services.job_reports import FIGURES
from app.services.jobs import clear_old, work
from kb.records.incident import Incident
from kb.records.job import JobKind, JobState
from kb.service.prediction_log import Prediction
from kb.storage.schema import jobs
from tests.conftest import printers_and_vpn
from training.learn import learn

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
MISLABELLED = 12


def history() -> list[Incident]:
    """Two plain kinds over half a year; some tickets of the one carry the label of the other."""
    found = [
        replace(
            incident, opened_at=BEGIN + timedelta(hours=8 * place), resolved_at=BEGIN + timedelta(hours=8 * place + 4)
        )
        for place, incident in enumerate(printers_and_vpn(120))
    ]
    return [
        replace(incident, category="VPN") if incident.number in {f"P{i}" for i in range(MISLABELLED)} else incident
        for incident in found
    ]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with open_services(tmp_path_factory.mktemp("reports")) as services:
        services.store.put_incidents(history())
        yield services


@pytest.fixture(scope="module")
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"]))


def done(services: Services, api: TestClient, kind: str) -> str:
    """Have a report worked out as the background does; return its job's path."""
    handed_in = api.post("/v1/jobs", params={"kind": kind, "by": "ann"})
    assert handed_in.status_code == 202
    path = f"/v1/jobs/{handed_in.json()['id']}"
    assert api.get(f"{path}/result").status_code == 409
    work(services)
    job = api.get(path).json()
    assert (job["state"], job["error"], job["by"]) == ("done", None, "ann")
    assert 0 < job["done"] <= job["total"]
    return path


def test_an_evaluation_gives_figures_and_a_page(services: Services, api: TestClient) -> None:
    path = done(services, api, "evaluate")
    found = EvaluationView.model_validate_json(api.get(f"{path}/result").content)
    assert found.asked == 48
    assert found.fields["category"].examples == 48
    assert found.fields["category"].accuracy.value is not None
    page = api.get(f"{path}/report")
    assert "Printing" in page.text
    assert page.headers["content-security-policy"].startswith("sandbox")
    assert "attachment" in page.headers["content-disposition"]
    listed = api.get("/v1/jobs", params={"kind": "evaluate", "limit": 1}).json()["jobs"]
    assert [f"/v1/jobs/{job['id']}" for job in listed] == [path]


def test_a_replay_gives_its_months_and_a_page(services: Services, api: TestClient) -> None:
    path = done(services, api, "replay")
    found = ReplayView.model_validate_json(api.get(f"{path}/result").content)
    assert found.tickets == 240
    assert len(found.months) == 3
    assert "2026-04" in api.get(f"{path}/report").text


def test_the_doctor_names_the_tickets_of_its_findings(services: Services, api: TestClient) -> None:
    path = done(services, api, "doctor")
    found = CheckupView.model_validate_json(api.get(f"{path}/result").content)
    contradictory = next(one for one in found.findings if (one.kind, one.field) == ("contradictory labels", "category"))
    named = set(contradictory.numbers)
    wrong = {f"P{i}" for i in range(MISLABELLED)}
    assert len(named & wrong) > len(named) / 2  # texts that differ by a number alone are hard to tell apart
    assert api.get(f"{path}/report").status_code == 409


def test_the_newest_report_outlives_the_files_of_old_jobs(services: Services, api: TestClient) -> None:
    keys = [api.post("/v1/jobs", params={"kind": "evaluate"}).json()["id"] for _ in range(4)]
    for key in keys:
        folder = services.home / "jobs" / key
        folder.mkdir(parents=True)
        (folder / FIGURES).write_text("{}", encoding="utf-8")
        services.jobs.finish(key, JobState.DONE)
    with services.store.database.writing() as connection:
        connection.execute(jobs.update().values(finished_at=datetime.now(UTC) - timedelta(days=30)))
    clear_old(services)
    assert api.get(f"/v1/jobs/{keys[-1]}/result").status_code == 200
    assert api.get(f"/v1/jobs/{keys[0]}/result").status_code == 409


def test_too_little_history_is_said(tmp_path: Path) -> None:
    with open_services(tmp_path) as services:
        job = TestClient(create_app(services, hosts=["testserver"])).post("/v1/jobs", params={"kind": "doctor"}).json()
        work(services)
        ended = services.jobs.get(job["id"])
        assert (ended.kind, ended.state) == (JobKind.DOCTOR, JobState.FAILED)
        assert "too few to judge by" in str(ended.error)


def test_examples_are_held_out_tickets_until_enough_were_answered_live(services: Services, api: TestClient) -> None:
    assert api.get("/v1/modes/category/examples").status_code == 404
    learn(services.memory, services.models, services.weights, fields=["category"], precision=0.9)
    found = api.get("/v1/modes/category/examples", params={"limit": 6}).json()["examples"]
    assert [one["is_right"] for one in found] == [False] * 3 + [True] * 3
    assert [one["filled"] == one["right"] for one in found] == [False] * 3 + [True] * 3
    assert found[0]["subject"].startswith("the printer on the second floor")
    numbers = [f"V{i}" for i in range(60)]
    now = datetime.now(UTC)
    services.prediction_log.note(
        Prediction(number, "category", "VPN", 0.97, "automatic", True, "m", now + timedelta(seconds=place))
        for place, number in enumerate(numbers)
    )
    services.prediction_log.flush()
    live = api.get("/v1/modes/category/examples", params={"limit": 3}).json()["examples"]
    assert [one["number"] for one in live] == ["V59", "V58", "V57"]
    assert api.get("/v1/modes/nosuch/examples").status_code == 404


def test_an_earlier_model_serves_again(services: Services, api: TestClient) -> None:
    learn(services.memory, services.models, services.weights, fields=["category"])
    first = services.models.serving()
    assert first is not None
    services.models.put(replace(first, version=f"{first.version}-next"))
    newer, older = api.get("/v1/models").json()["models"][:2]
    assert (newer["serves"], older["serves"]) == (True, False)
    again = api.put("/v1/models/serving", json={"version": older["version"]})
    assert [one["serves"] for one in again.json()["models"][:2]] == [False, True]
    assert services.assistant.info().version == older["version"]
    assert api.put("/v1/models/serving", json={"version": "nosuch"}).status_code == 404
