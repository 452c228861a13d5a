from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.ingestion import follow_up
from kb.records.incident import Incident
from kb.records.webhook import Event
from kb.storage.erasure import erase
from triage.major import Criteria, reports_of_the_same

REPORTS = (
    "cannot connect to vpn from home",
    "VPN is down, gateway not reachable",
    "vpn client says connection failed since 9 am",
    "I can't get into the VPN this morning",
    "Working remotely, the vpn does not let me in",
    "vpn error 809 when connecting",
)
NOW = datetime.now(UTC)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path / "home") as services:
        yield services


def spoken_for(services: Services, incident: Incident, criteria: Criteria) -> list[tuple[str, ...]]:
    return list(reports_of_the_same(services.memory, [incident], criteria))


def report(place: int, text: str, *, caller: str | None = None, minutes: float = 0.0) -> Incident:
    opened = NOW - timedelta(minutes=20 - place - minutes)
    return Incident(f"INC{place}", text, caller=caller or f"caller{place}", state="new", opened_at=opened)


def test_several_people_who_report_the_same_are_proposed_as_one_major_incident(services: Services) -> None:
    with TestClient(create_app(services, hosts=["testserver"])) as api:
        services.webhooks.add("https://hooks.example.com/", [Event.MAJOR_INCIDENT_PROPOSED])
        for place, text in enumerate([*REPORTS, "the printer on the second floor is jammed"]):
            body = {"short_description": text, "caller": f"c{place}", "state": "new", "opened_at": NOW.isoformat()}
            api.put(f"/v1/incidents/INC{place}", json=body)
            proposals = api.get("/v1/major-incidents").json()["proposals"]
            assert len(proposals) == (1 if place >= 4 else 0), place
    (proposal,) = proposals
    assert proposal["lead"] == "INC0"
    assert proposal["incidents"] == [f"INC{place}" for place in range(6)]
    (told,) = [d for d in services.webhooks.deliveries(limit=50) if d.event is Event.MAJOR_INCIDENT_PROPOSED]
    assert '"lead":"INC0"' in told.payload.replace(" ", "")


def test_one_caller_or_long_ago_or_different_things_are_no_major_incident(services: Services) -> None:
    one_caller = [report(place, text, caller="the same") for place, text in enumerate(REPORTS)]
    services.store.put_incidents(one_caller)
    assert spoken_for(services, one_caller[-1], Criteria()) == []
    apart = [report(place, text, minutes=-40.0 * (len(REPORTS) - place)) for place, text in enumerate(REPORTS)]
    services.store.put_incidents(apart)
    assert spoken_for(services, apart[-1], Criteria()) == []
    together = [report(place, text) for place, text in enumerate(REPORTS)]
    services.store.put_incidents(together)
    assert spoken_for(services, together[-1], Criteria()) == [tuple(f"INC{place}" for place in range(6))]
    assert spoken_for(services, together[-1], Criteria(reports=7)) == []
    assert spoken_for(services, together[-1], Criteria(reports=0)) == []


def test_what_comes_as_often_every_day_is_no_major_incident(services: Services) -> None:
    reports = [report(place, text) for place, text in enumerate(REPORTS)]
    often = [
        Incident(f"OLD{n}", REPORTS[n % 6], opened_at=NOW - timedelta(minutes=5 * n), state="resolved")
        for n in range(600)
    ]
    services.store.put_incidents([*reports, *often])
    assert spoken_for(services, reports[-1], Criteria()) == []
    spread = [
        Incident(f"OLD{n}", REPORTS[n % 6], opened_at=NOW - timedelta(hours=5 * n), state="resolved")
        for n in range(600)
    ]
    services.store.put_incidents(spread)
    assert [len(numbers) for numbers in spoken_for(services, reports[-1], Criteria())] == [6]


def test_a_batch_is_one_major_incident_and_one_who_is_forgotten_leaves_it(services: Services) -> None:
    reports = [report(place, text) for place, text in enumerate(REPORTS)]
    services.store.put_incidents(reports)
    follow_up(services, reports)
    (proposal,) = services.major_proposals.newest(limit=5)
    assert (proposal.lead, len(proposal.numbers)) == ("INC0", 6)
    erase(services.store.database, "caller3")
    (proposal,) = services.major_proposals.newest(limit=5)
    assert "INC3" not in proposal.numbers
    erase(services.store.database, "caller0")
    assert services.major_proposals.newest(limit=5) == []


def test_what_was_logged_long_ago_is_no_news(services: Services) -> None:
    reports = [report(place, text, minutes=-120.0) for place, text in enumerate(REPORTS)]
    services.store.put_incidents(reports)
    assert len(spoken_for(services, reports[-1], Criteria())) == 1
    follow_up(services, reports)
    assert services.major_proposals.newest(limit=5) == []
