from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import open_services
from app.services.field_modes import fields_with_modes
from kb.records.incident import Incident
from kb.service.prediction_log import Prediction, PredictionLog
from kb.storage.incident_store import IncidentStore
from tests.conftest import triage
from training.drift import NotEnoughDatesError, drift

START = datetime(2026, 1, 1, tzinfo=UTC)


def tickets(store: IncidentStore, *, mail_from: int) -> None:
    """Two tickets a day for 160 days, half of them about mail from one day on, before it every tenth."""
    store.put_incidents(
        [
            Incident(
                f"{day}-{i}",
                f"ticket {day} {i}",
                category="Mail" if (i == 0 and day >= mail_from) or (day + i) % 20 == 0 else "VPN",
                opened_at=START + timedelta(days=day, hours=i),
            )
            for day in range(160)
            for i in range(2)
        ]
    )


def test_a_mix_that_moves_is_told_with_what_moves_it(store: IncidentStore) -> None:
    tickets(store, mail_from=135)
    found = drift(store, PredictionLog(store.database), ["category"])
    mix = found.fields["category"].mix
    assert (found.moving, mix.moving) == (["category"], True)
    assert (mix.movers[0].now - mix.movers[0].before) ** 2 > 0.04
    assert {mover.value for mover in mix.movers} == {"Mail", "VPN"}


def test_a_steady_desk_moves_nowhere(store: IncidentStore) -> None:
    tickets(store, mail_from=1000)
    assert drift(store, PredictionLog(store.database), ["category"]).moving == []


def test_confidence_and_agreement_are_held_against_the_time_before(store: IncidentStore) -> None:
    tickets(store, mail_from=1000)
    now = datetime.now(UTC)
    prediction_log = PredictionLog(store.database)
    for days, confidence, guess in ((60, 0.95, "VPN"), (5, 0.55, "Mail")):
        prediction_log.note(
            Prediction(
                f"{day}-1",
                "category",
                guess,
                confidence + day / 10_000,
                "suggested",
                True,
                "m",
                now - timedelta(days=days),
            )
            for day in range(1 if days == 60 else 80, 80 if days == 60 else 160)
        )
    prediction_log.flush()
    answers = drift(store, prediction_log, ["category"]).fields["category"].answers
    assert (answers.answers_before, answers.answers_now) == (79, 80)
    assert (answers.confidence_moving, answers.agreement_moving) == (True, True)
    assert (answers.right_before.value or 0) > 0.8 > 0.3 > (answers.right_now.value or 0)


def test_without_dates_it_says_what_is_missing(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "a", category="VPN")])
    with pytest.raises(NotEnoughDatesError, match="opened_at"):
        drift(store, PredictionLog(store.database), ["category"])
    store.put_incidents([Incident("2", "b", opened_at=START)])
    with pytest.raises(NotEnoughDatesError, match="try more days"):
        drift(store, PredictionLog(store.database), ["category"])


def test_the_command_and_the_api_tell_the_same(sample_home: Path) -> None:
    told = json.loads(triage("--home", str(sample_home), "drift", "--json").stdout)
    assert set(told["fields"]) >= {"category", "assignment_group"}
    with open_services(sample_home) as services:
        assert drift(services.store, services.prediction_log, fields_with_modes(services)).moving == told["moving"]
