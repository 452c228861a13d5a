"""Modes of fields at the same moment, across processes, taken over from an earlier version, and falling back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.field_modes import fall_back_without_evidence, fields_with_modes, set_field_mode
from app.services.suggesting import suggest_ticket
from kb.records.incident import Incident
from kb.records.mode import Mode
from kb.records.webhook import Event
from kb.service.prediction_log import Prediction
from kb.service.webhooks import Webhooks
from models.state_file import StateFileError
from tests.conftest import printers_and_vpn, triage
from triage.modes import FieldMode, ModeEvidence, switch

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TICKET = Incident("", description="printer on floor 2 prints nothing, jobs stuck in the queue")
ENOUGH = ModeEvidence("live", 100, 1.0, 0.96, 1.0, 0, None, enough=True, reason="100 of 100 were right")


FIELDS = ("assignment_group", "category", "impact", "priority", "subcategory", "urgency")


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A desk without model, in which somebody set a mode for every field, so that it may be changed."""
    if request.param == "postgresql":
        monkeypatch.setenv("TRIAGE_DATABASE_URL", request.getfixturevalue("new_postgresql_database")())
    with open_services(tmp_path / "home") as found:
        found.store.put_incidents(printers_and_vpn(10))
        for field in FIELDS:
            found.modes.set(field, FieldMode())
        yield found


def resolved(services: Services, right: int, wrong: int) -> None:
    """Let automatic values of category turn out right or wrong."""
    numbers = [f"L{services.store.count_incidents()}-{i}" for i in range(right + wrong)]
    services.store.put_incidents([Incident(number, "printer jams", category="Printing") for number in numbers])
    services.prediction_log.note(
        Prediction(number, "category", "Printing" if i < right else "VPN", 0.97, "automatic", True, "m", NOW)
        for i, number in enumerate(numbers)
    )
    services.prediction_log.flush()


def shown(services: Services) -> dict[str, str | None]:
    return {name: field.mode for name, field in suggest_ticket(services, TICKET).fields.shown.items()}


def test_modes_of_several_fields_set_at_the_same_moment_are_all_kept(services: Services) -> None:
    api = TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False)
    fields = fields_with_modes(services)
    assert fields == list(FIELDS)
    for number in range(6):
        modes = {field: ("off", "monitor", "recommend")[(number + place) % 3] for place, field in enumerate(fields)}
        start = threading.Barrier(len(fields) + 3)

        def put(field: str, mode: str, start: threading.Barrier = start) -> httpx.Response:
            start.wait()
            return api.put(f"/v1/modes/{field}", json={"mode": mode, "by": "ada"})

        def suggest(start: threading.Barrier = start) -> httpx.Response:
            start.wait()
            return api.post("/v1/suggest", json={"description": TICKET.description})

        with ThreadPoolExecutor(len(fields) + 3) as threads:
            asked = [threads.submit(suggest) for _ in range(3)]
            answers = [threads.submit(put, field, mode) for field, mode in modes.items()]
            assert {one.result().status_code for one in [*asked, *answers]} == {httpx.codes.OK}
        assert {one.result().json()["field"]: one.result().json()["mode"] for one in answers} == modes
        listed = {entry["field"]: entry["mode"] for entry in api.get("/v1/modes").json()["fields"]}
        assert listed == modes
        suggested = {"category", "assignment_group"}
        assert set(shown(services)) == {field for field in suggested if modes[field] == "recommend"}


def test_another_process_sets_a_mode_and_the_next_suggestion_knows(services: Services) -> None:
    assert shown(services)["category"] == Mode.RECOMMEND
    for mode in ("off", "recommend", "monitor"):
        triage("--home", str(services.home), "modes", "set", "category", mode)
        assert ("category" in shown(services)) == (mode == "recommend")
        assert services.modes.of("category").mode == mode


def test_a_suggestion_reads_no_modes_while_nothing_was_written(services: Services) -> None:
    set_field_mode(services, "category", Mode.OFF, by=None)
    shown(services)
    first = services.modes.followed()
    shown(services)
    assert services.modes.followed() is first
    set_field_mode(services, "category", Mode.RECOMMEND, by=None)
    assert "category" in shown(services)


def test_modes_of_an_earlier_version_are_taken_over_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    file = home / "modes.json"
    since = "2026-01-31T12:00:00+00:00"
    earlier = {
        "category": {"mode": "off", "since": since, "by": "ada", "notice": None},
        "priority": {"mode": "recommend", "since": since, "by": None, "notice": "fell back from automatic: 1 of 2"},
    }
    file.write_text(json.dumps(earlier))
    with open_services(home) as services:
        category, priority = services.modes.of("category"), services.modes.of("priority")
        assert category == FieldMode(Mode.OFF, datetime.fromisoformat(since), "ada", None)
        assert priority.notice == earlier["priority"]["notice"]
        set_field_mode(services, "category", Mode.MONITOR, by="ben")
    assert not file.exists()
    kept = home / "modes.json.migrated"
    assert json.loads(kept.read_text()) == earlier
    kept.replace(file)  # a kill after the modes were written and before the file was renamed
    with open_services(home) as services:
        assert services.modes.of("category").mode is Mode.MONITOR
    assert not file.exists()


@pytest.mark.parametrize("content", ['{"category": {"mode": "of', '{"category": {"mode": "sometimes"}}', "[]", ""])
def test_a_damaged_file_of_modes_is_said_and_nothing_is_assumed(tmp_path: Path, content: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "modes.json").write_text(content)
    told = triage("--home", str(home), "modes", status=1).stderr
    assert "modes.json" in told
    assert "move it away" in told
    with pytest.raises(StateFileError), open_services(home):
        pass
    assert (home / "modes.json").read_text() == content
    (home / "modes.json").replace(tmp_path / "away")
    with open_services(home) as services:
        assert services.modes.all() == {}


def test_a_field_that_falls_back_is_announced_with_it_or_not_at_all(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.webhooks.add("https://hooks.example.com/", [Event.MODE_FELL_BACK])
    resolved(services, right=100, wrong=0)
    set_field_mode(services, "category", Mode.AUTOMATIC, by="ada")
    resolved(services, right=0, wrong=30)

    def die(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Webhooks, "announce", die)
        with pytest.raises(KeyboardInterrupt):
            fall_back_without_evidence(services)
    assert services.modes.of("category").mode is Mode.AUTOMATIC
    listed = json.loads(triage("--home", str(services.home), "modes", "--json").stdout)["fields"]
    assert next(entry for entry in listed if entry["field"] == "category")["mode"] == "recommend"
    (delivery,) = services.webhooks.deliveries(limit=5)
    told = json.loads(delivery.payload)["data"]
    assert (told["field"], "100 of 130" in told["notice"]) == ("category", True)
    assert fall_back_without_evidence(services) == {}


def test_nothing_is_written_between_the_evidence_and_the_mode(services: Services) -> None:
    other = threading.Thread(target=services.store.put_incidents, args=([Incident("INC-BESIDE", "the fax is dead")],))

    def find_evidence(_: str) -> ModeEvidence:
        other.start()
        other.join(0.5)
        assert other.is_alive()
        return ENOUGH

    assert switch(services.modes, "category", Mode.AUTOMATIC, find_evidence, by=None, at=NOW).mode is Mode.AUTOMATIC
    other.join(10)
    assert services.store.incident("INC-BESIDE").number == "INC-BESIDE"
