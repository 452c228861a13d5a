"""Breach training: learnt from the events of a store, shown for open incidents, and silent without evidence."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.services.breaches import learn_breach_forecast
from app.services.clocks import incident_clocks
from kb.records.incident import Incident
from training.breach import learn_breaches

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_PRACTICE = """
calendars:
  always: {zone: UTC, hours: {every day: "00:00-24:00"}}
targets:
  - {name: All, resolution: 24 h, calendar: always}
"""


def _incidents(count: int) -> list[Incident]:
    """Resolved incidents of a group that is slow and of one that is not."""
    chance = random.Random(1)
    found = []
    for number in range(count):
        group = chance.choice(["Slow", "Quick"])
        opened = NOW - timedelta(days=10 + 80 * chance.random())
        hours = chance.expovariate(1 / (40 if group == "Slow" else 6))
        found.append(
            Incident(
                f"H{number}",
                "printer jams",
                assignment_group=group,
                opened_at=opened,
                resolved_at=opened + timedelta(hours=hours),
                state="resolved",
            )
        )
    return found


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    (tmp_path / "practice.yaml").write_text(_PRACTICE, encoding="utf-8")
    with open_services(tmp_path) as found:
        yield found


def _open(services: Services, number: str, group: str, hours: float) -> float | None:
    """The probability for an incident that was logged and assigned so many hours ago."""
    opened = NOW - timedelta(hours=hours)
    incident = Incident(
        number, "printer jams", assignment_group=group, state="assigned", opened_at=opened, assigned_at=opened
    )
    services.store.put_incidents([incident])
    return incident_clocks(services, number, now=NOW).breach_probability


def test_what_history_says_of_a_group_and_of_time_counts(services: Services) -> None:
    services.store.put_incidents(_incidents(600))
    found = learn_breaches(services.store, services.practice.practice(), services.breaches, now=NOW)
    assert found.is_learnt
    assert found.incidents == 600
    slow, late = _open(services, "O1", "Slow", 1), _open(services, "O3", "Slow", 23)
    quick = _open(services, "O2", "Quick", 1)
    assert slow is not None
    assert quick is not None
    assert late is not None
    assert quick < 0.25 < slow < late
    assert _open(services, "O4", "Quick", 30) == 1.0
    shown = incident_clocks(services, "O1", now=NOW).breach_probability
    with open_services(services.home) as again:
        assert incident_clocks(again, "O1", now=NOW).breach_probability == shown


def test_too_few_breaches_teach_nothing_and_take_back_what_was_learnt(services: Services) -> None:
    services.store.put_incidents(_incidents(20))
    found = learn_breaches(services.store, services.practice.practice(), services.breaches, now=NOW)
    assert not found.is_learnt
    assert _open(services, "O1", "Slow", 1) is None


def test_a_damaged_file_is_a_warning_and_no_probability(services: Services) -> None:
    (services.home / "models").mkdir(exist_ok=True)
    (services.home / "models" / "breach.json").write_bytes(b"{")
    assert _open(services, "O1", "Slow", 1) is None
    (warning,) = services.warnings()
    assert warning.startswith("models/breach.json: is not JSON; run `triage train`")


def test_a_training_learns_it_too(services: Services) -> None:
    services.store.put_incidents(_incidents(300))
    learn_breach_forecast(services)
    assert (services.home / "models" / "breach.json").exists()
    (services.home / "practice.yaml").write_text("calendars: [", encoding="utf-8")
    with open_services(services.home) as damaged:
        learn_breach_forecast(damaged)
        assert any("practice.yaml" in warning for warning in damaged.warnings())


def test_what_another_data_folder_taught_answers_nothing(services: Services, tmp_path: Path) -> None:
    services.store.put_incidents(_incidents(300))
    learn_breach_forecast(services)
    assert _open(services, "O1", "Slow", 1) is not None
    other = tmp_path / "other"
    (other / "models").mkdir(parents=True)
    (other / "practice.yaml").write_text(_PRACTICE, encoding="utf-8")
    shutil.copy(services.home / "models" / "breach.json", other / "models")
    with open_services(other) as foreign:
        assert _open(foreign, "O1", "Slow", 1) is None
        (warning,) = foreign.warnings()
        assert "was learnt from another data folder; delete it" in warning
