from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from kb.service import prediction_log
from kb.service.prediction_log import Prediction, PredictionLog
from kb.storage.incident_store import IncidentStore

START = datetime(2026, 1, 2, tzinfo=UTC)
PREDICTION = Prediction("1", "category", "VPN", 0.9, "recommend", shown=True, model="m", at=START)


def written(log: PredictionLog) -> list[Prediction]:
    return log.entries("category", since=START - timedelta(days=1), until=START + timedelta(days=1))


def test_the_newest_answer_on_a_field_of_a_ticket_is_kept(store: IncidentStore) -> None:
    here, there = PredictionLog(store.database), PredictionLog(store.database)
    newer = replace(PREDICTION, value="Mail", at=START + timedelta(seconds=1))
    here.note([PREDICTION, replace(PREDICTION, ticket="2")])
    there.note([newer])
    there.flush()
    here.flush()
    assert written(here) == [replace(PREDICTION, ticket="2"), newer]
    here.note([replace(newer, value="VPN")])
    here.flush()
    assert {entry.value for entry in written(here)} == {"VPN"}


def test_what_could_not_be_written_is_written_by_the_next_call(
    store: IncidentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = PredictionLog(store.database)

    def fail(_: Connection, entries: list[Prediction]) -> None:
        log.note([replace(PREDICTION, value="Mail", at=START + timedelta(seconds=1))])
        raise OSError(len(entries))

    log.note([PREDICTION, replace(PREDICTION, ticket="2")])
    with monkeypatch.context() as patched:
        patched.setattr(prediction_log, "_write", fail)
        with pytest.raises(OSError, match="2"):
            log.flush()
    log.flush()
    assert [(entry.ticket, entry.value) for entry in written(log)] == [("2", "VPN"), ("1", "Mail")]
