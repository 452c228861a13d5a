from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.reports.replay import replay_report
from kb.records.incident import Incident
from kb.storage.incident_store import IncidentStore
from tests.conftest import printers_and_vpn
from training.fit import NotEnoughHistoryError
from training.replay import Assumptions, replay
from triage.assistant import Policy

START = datetime(2026, 1, 1, 9, tzinfo=UTC)


def dated(count: int, *, linked: bool = False) -> list[Incident]:
    from dataclasses import replace

    return [
        replace(
            incident,
            opened_at=START + timedelta(hours=6 * place),
            resolved_at=START + timedelta(hours=6 * place + 30),
            reassignment_count=1,
            articles=(f"KB-{incident.category}",) if linked else (),
        )
        for place, incident in enumerate(printers_and_vpn(count // 2))
    ]


def test_history_is_walked_through_in_order_and_learnt_on_the_way(store: IncidentStore) -> None:
    store.put_incidents(dated(400, linked=True))
    found = replay(store, Policy(), fields=["category", "assignment_group"])
    assert (found.order, found.tickets, found.known_before) == ("time", 400, 0)
    assert found.trainings >= 1
    assert [month.month for month in found.months] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    first, last = found.months[0], found.months[-1]
    assert (first.fields["category"].automatic_share.value, last.fields["category"].accuracy.value) == (0.0, 1.0)
    assert (last.fields["assignment_group"].automatic_share.value or 0) > 0.9
    assert found.reassignments == 400
    assert 0 < found.reassignments_avoided < 400
    assert (last.articles.top3.value, found.articles.examples) == (1.0, 400)
    assert found.hours_given_back > 0


def test_a_new_scheme_is_learnt_anew_as_it_grows(store: IncidentStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 200 incidents known at the first training, 40 are of the scheme: the next is due at 60 and not at 120."""
    store.put_incidents(dated(400))
    assert replay(store, Policy(), fields=["category"]).trainings == 2
    begins = (START - datetime(1970, 1, 1, tzinfo=UTC)).days + 40.0
    monkeypatch.setattr("training.scheme.scheme_begins", lambda days, codes, vectors: begins)
    assert replay(store, Policy(), fields=["category"]).trainings == 5


def test_nothing_from_the_future_is_known(store: IncidentStore) -> None:
    """A label that only the last ticket has, and a link that was made later than all tickets, help nobody."""
    late = START + timedelta(days=365)
    history = dated(60)
    surprise = Incident("S", "the aquarium leaks", category="Aquarium", opened_at=START + timedelta(days=20))
    slow = [
        Incident(
            f"L{i}",
            "the printer jams",
            category="Printing",
            articles=("KB-Jam",),
            opened_at=START + timedelta(days=i),
            resolved_at=late,
        )
        for i in range(15)
    ]
    store.put_incidents([*history, surprise, *slow])
    found = replay(store, Policy(), fields=["category"])
    assert found.articles.top3.value == 0.0
    seen = replay(store, Policy(), since=START + timedelta(days=20), fields=["category"])
    assert (seen.fields["category"].accuracy.value or 0) < 1.0


def test_a_longer_delay_and_a_span_are_respected(store: IncidentStore) -> None:
    store.put_incidents(dated(60))
    slow = replay(store, Policy(), assumptions=Assumptions(delay=timedelta(days=1000)))
    assert (slow.fields, slow.known_before, slow.trainings) == ({}, 0, 0)
    span = replay(store, Policy(), since=START + timedelta(days=5), until=START + timedelta(days=7))
    assert (span.tickets, span.known_before > 10) == (8, True)
    with pytest.raises(NotEnoughHistoryError, match="no resolved incident was logged in that time"):
        replay(store, Policy(), since=START + timedelta(days=5000))


def test_without_dates_the_order_of_import_is_taken_and_said_so(store: IncidentStore, tmp_path: Path) -> None:
    store.put_incidents(printers_and_vpn(150))
    found = replay(store, Policy())
    assert (found.order, found.since, found.months, found.tickets) == ("import", None, (), 300)
    assert "no dates" in replay_report(found)


def test_without_dates_nothing_of_the_same_step_is_known(store: IncidentStore) -> None:
    """Each value stands once, so nobody could have known it before its own ticket."""
    store.put_incidents(
        [Incident(f"{i}", f"device {i} of kind {chr(97 + i % 26)} fails", category=f"K{i}") for i in range(250)]
    )
    found = replay(store, Policy(), fields=["category"])
    assert found.fields["category"].accuracy.value == 0.0
