"""The watch for major incidents, over a store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.ingestion import follow_up
from app.services.major_arrivals import keep_majors, major_findings
from app.services.major_children import resolve_major
from app.services.major_incidents import decide_major
from kb.practice.detection import DetectionSection
from kb.records.incident import Incident
from kb.records.major_incident import MajorDecision, MajorIncidentProposal, ReasonKind
from kb.records.webhook import Event
from kb.storage.erasure import erase
from triage import major_watch
from triage.major_margin import Clump
from triage.major_watch import Joins, MajorWatch, Proposes

REPORTS = (
    "cannot connect to vpn from home",
    "VPN is down, gateway not reachable",
    "vpn client says connection failed since 9 am",
    "I can't get into the VPN this morning",
    "Working remotely, the vpn does not let me in",
    "vpn error 809 when connecting",
)


@cache
def now() -> datetime:
    """Return when the first of these tests ran: what was logged an hour ago is no news any more."""
    return datetime.now(UTC)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path / "home") as services:
        services.store.put_incidents(history())
        yield services


def history() -> list[Incident]:
    """Three weeks of printers, one an hour."""
    return [
        Incident(f"OLD{n}", f"printer {n} jams", opened_at=now() - timedelta(hours=n + 5), state="resolved")
        for n in range(24 * 21)
    ]


def report(place: int, text: str, *, minutes: float = 0.0, number: str = "INC", **fields: Any) -> Incident:
    opened = now() - timedelta(minutes=20 - place - minutes)
    known = {"caller": f"caller{place}", "state": "new"} | fields
    return Incident(f"{number}{place}", text, opened_at=opened, **known)


def reports(**fields: Any) -> list[Incident]:
    return [report(place, text, **fields) for place, text in enumerate(REPORTS)]


def looked_at(
    services: Services, incidents: Sequence[Incident], detection: DetectionSection | None = None, *, least: int = 5
) -> list[Joins | Proposes]:
    services.memory.refresh()
    watch = MajorWatch(services.memory, services.major_proposals, services.major_rooms, services.margins)
    return watch.look_at(incidents, detection or DetectionSection(), least_callers=least)


def log(services: Services, incidents: Sequence[Incident]) -> None:
    """Log incidents one after the other, as they come."""
    for incident in incidents:
        services.store.put_incidents([incident])
        follow_up(services, [incident])


def proposed(services: Services) -> list[MajorIncidentProposal]:
    return services.major_proposals.newest(limit=5)


def test_several_people_who_report_the_same_are_proposed_as_one_major_incident(services: Services) -> None:
    with TestClient(create_app(services, hosts=["testserver"])) as api:
        services.webhooks.add("https://hooks.example.com/", [Event.MAJOR_INCIDENT_PROPOSED])
        for place, text in enumerate([*REPORTS, "the printer on the second floor is jammed"]):
            body = {"short_description": text, "caller": f"c{place}", "state": "new", "opened_at": now().isoformat()}
            api.put(f"/v1/incidents/INC{place}", json=body)
            proposals = api.get("/v1/major-incidents").json()["proposals"]
            assert len(proposals) == (1 if place >= 4 else 0), place
    (proposal,) = proposals
    assert proposal["lead"] == "INC0"
    assert proposal["incidents"] == [f"INC{place}" for place in range(6)]
    assert (proposal["reason"]["observed"], proposal["reason"]["kind"]) == (5, "unusual")
    assert proposal["reason"]["expected"] < 0.1
    (told,) = [d for d in services.webhooks.deliveries(limit=50) if d.event is Event.MAJOR_INCIDENT_PROPOSED]
    assert '"lead":"INC0"' in told.payload.replace(" ", "")


def test_one_caller_or_long_ago_or_different_things_are_no_major_incident(services: Services) -> None:
    one_caller = reports(caller="the same")
    services.store.put_incidents(one_caller)
    assert looked_at(services, one_caller) == []
    apart = [report(place, text, minutes=-90.0 * (len(REPORTS) - place)) for place, text in enumerate(REPORTS)]
    services.store.put_incidents(apart)
    assert looked_at(services, apart) == []
    together = reports()
    services.store.put_incidents(together)
    first, *others = looked_at(services, together)
    assert isinstance(first, Proposes)
    assert first.numbers == tuple(f"INC{place}" for place in range(5))
    assert others == [Joins("INC0", "INC5")]
    assert len(looked_at(services, together, least=6)) == 1
    assert looked_at(services, together, least=7) == []
    assert looked_at(services, together, least=0) == []


def test_what_comes_as_often_every_day_is_no_major_incident(services: Services) -> None:
    often = [
        Incident(f"OFTEN{n}", REPORTS[n % 6], opened_at=now() - timedelta(minutes=5 * n), state="resolved")
        for n in range(50, 4_000)
    ]
    services.store.put_incidents([*reports(), *often])
    assert looked_at(services, reports()) == []


def test_a_batch_is_one_major_incident_and_one_who_is_forgotten_leaves_it(services: Services) -> None:
    services.store.put_incidents(reports())
    follow_up(services, reports())
    (proposal,) = proposed(services)
    assert (proposal.lead, len(proposal.numbers)) == ("INC0", 6)
    erase(services.store.database, "caller3")
    (proposal,) = proposed(services)
    assert "INC3" not in proposal.numbers
    erase(services.store.database, "caller0")
    assert proposed(services) == []


def test_what_was_logged_long_ago_is_no_news(services: Services) -> None:
    late = reports(minutes=-120.0)
    services.store.put_incidents(late)
    assert isinstance(looked_at(services, late)[0], Proposes)
    follow_up(services, late)
    assert proposed(services) == []


def test_reports_of_one_service_are_unusual_whatever_they_say(services: Services) -> None:
    old = [
        Incident(f"P{n}", f"payslip {n}", opened_at=now() - timedelta(days=n), state="resolved", service="Payroll")
        for n in range(1, 20)
    ]
    services.store.put_incidents(old)
    texts = ("no payslip", "login fails", "screen stays white", "error 500", "cannot print", "very slow today")
    said = [
        report(place, text, service="Payroll", configuration_item=f"pay{place}") for place, text in enumerate(texts)
    ]
    services.store.put_incidents(said)
    first = looked_at(services, said)[0]
    assert isinstance(first, Proposes)
    assert (first.reason.field, first.reason.value, first.reason.observed) == ("service", "Payroll", 5)


def test_a_monitor_that_mails_all_day_does_not_hide_what_people_of_its_service_report(services: Services) -> None:
    services.store.put_incidents(
        Incident(
            f"MON{n}",
            f"job {n} failed",
            caller="monitor",
            service="Jobs",
            opened_at=now() - timedelta(minutes=12 * n + 300),
            state="resolved",
        )
        for n in range(5 * 24 * 21)
    )
    different = ("mail is slow", "no toner", "badge lost", "screen black", "salary missing", "door locked", "wiki down")
    people = [report(place, text, service="Jobs") for place, text in enumerate(different)]
    services.store.put_incidents(people)
    (proposes,) = [one for one in looked_at(services, people) if isinstance(one, Proposes)]
    assert proposes.reason.value == "Jobs"
    assert proposes.reason.expected < 1


def test_maintenance_explains_reports(services: Services) -> None:
    window = {
        "name": "Patches",
        "start": (now() - timedelta(hours=1)).isoformat(),
        "end": (now() + timedelta(hours=1)).isoformat(),
        "service": "VPN",
    }
    planned = DetectionSection.model_validate({"maintenance": [window]})
    services.store.put_incidents(reports(service="VPN"))
    assert looked_at(services, reports(service="VPN"), planned) == []
    services.store.put_incidents(reports(service="Remote access"))
    assert looked_at(services, reports(service="Remote access"), planned) != []


def test_a_criterion_proposes_however_few_the_reports_are(services: Services) -> None:
    when = {"words": ["gateway"], "priority": "1", "callers": "2", "within": "30 min"}
    detection = DetectionSection.model_validate({"criteria": [{"name": "Gateway", "when": when}]})
    said = [report(place, "gateway is down", priority="1 - Critical") for place in range(2)]
    services.store.put_incidents(said)
    (found,) = looked_at(services, said, detection)
    assert isinstance(found, Proposes)
    assert (found.numbers, found.reason.kind, found.reason.criterion) == (
        ("INC0", "INC1"),
        ReasonKind.CRITERION,
        "Gateway",
    )
    services.store.put_incidents([report(1, "gateway is down", priority="3")])
    assert looked_at(services, said, detection) == []


@pytest.mark.parametrize("decision", [MajorDecision.REJECTED, MajorDecision.DEMOTED])
def test_after_a_refusal_new_reports_have_to_be_unusual_by_themselves(
    services: Services, decision: MajorDecision
) -> None:
    log(services, reports())
    (first,) = proposed(services)
    for step in (MajorDecision.ACCEPTED, decision):
        services.major_proposals.decide(first.lead, step, by=None, at=now())
    again = [report(place, text, number="NEW", caller=f"other{place}") for place, text in enumerate(REPORTS)]
    services.store.put_incidents(again[:4])
    assert looked_at(services, again[:4]) == []
    services.store.put_incidents(again)
    found = looked_at(services, again)
    assert isinstance(found[0], Proposes)
    assert set(found[0].numbers) == {f"NEW{place}" for place in range(5)}


@pytest.mark.parametrize("decision", [MajorDecision.REJECTED, MajorDecision.DEMOTED])
def test_what_was_refused_a_moment_ago_swallows_nothing(
    services: Services, decision: MajorDecision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(major_watch, "_READ_AGAIN", 3600.0)  # as for whoever logs within its two seconds
    log(services, reports())
    (first,) = proposed(services)
    for step in (MajorDecision.ACCEPTED, decision):  # as another process decides
        services.major_proposals.decide(first.lead, step, by=None, at=now())
    log(services, reports(minutes=8, number="NEW"))
    assert services.major_proposals.get(first.lead).numbers == first.numbers
    (second,) = [one for one in proposed(services) if one.lead != first.lead]
    assert sorted(second.numbers) == [f"NEW{place}" for place in range(6)]


def test_a_report_that_comes_while_a_proposal_is_accepted_joins_its_room(services: Services) -> None:
    log(services, reports())
    late = report(7, REPORTS[0], number="NEW")
    services.store.put_incidents([late])
    services.memory.refresh()
    found = major_findings(services, [late], now=now())
    assert found == [Joins("INC0", "NEW7")]
    decide_major(services, "INC0", MajorDecision.ACCEPTED, by="ann")
    keep_majors(services, found, now=now())
    assert "NEW7" in {child.number for child in services.major_rooms.children("INC0")}
    assert "NEW7" in services.major_proposals.get("INC0").numbers


def test_a_report_that_comes_while_a_major_incident_is_resolved_joins_nothing(services: Services) -> None:
    log(services, reports())
    late = report(7, REPORTS[0], number="NEW")
    services.store.put_incidents([late])
    services.memory.refresh()
    found = major_findings(services, [late], now=now())
    decide_major(services, "INC0", MajorDecision.ACCEPTED, by="ann")
    resolve_major(services, "INC0", resolution="Gateway restarted.", article=None, by="ann")
    services.store.put_incidents([report(3, REPORTS[3], state="in progress")])
    assert services.store.incident("INC3").is_open
    keep_majors(services, found, now=now())
    assert services.major_proposals.spoken_for(["NEW7"]) == {}


def test_a_restart_loses_nothing(services: Services) -> None:
    for incident in reports()[:4]:
        services.store.put_incidents([incident])
        follow_up(services, [incident])
    assert proposed(services) == []
    services.store.put_incidents(reports())
    assert isinstance(looked_at(services, reports()[4:])[0], Proposes)  # by a watch that saw none of them come


def test_a_storm_is_one_proposal_and_none_of_it_is_lost(services: Services) -> None:
    storm = [
        Incident(
            f"S{n:04}", REPORTS[n % 6], opened_at=now() - timedelta(seconds=60 - n / 2), caller=f"c{n}", state="new"
        )
        for n in range(100)
    ]
    services.memory.refresh()
    begun = datetime.now(UTC)
    log(services, storm)
    assert (datetime.now(UTC) - begun).total_seconds() < 60
    (proposal,) = proposed(services)
    assert sorted(proposal.numbers) == [incident.number for incident in storm]


def test_what_past_clumps_exceed_is_not_proposed(services: Services) -> None:
    five = [report(place, text, minutes=-20.0 * (5 - place)) for place, text in enumerate(REPORTS[:5])]
    now_and_then = [
        Incident(f"OLD/{n}", REPORTS[n % 6], opened_at=now() - timedelta(days=2 * n + 1), state="resolved")
        for n in range(10)
    ]
    services.store.put_incidents([*five, *now_and_then])
    assert looked_at(services, five) != []
    clumps = [Clump(now().timestamp() - days * 86_400, 35.0) for days in range(1, 21)]
    services.margins.put(clumps, since=now().timestamp() - 28 * 86_400, until=now().timestamp())
    assert looked_at(services, five) == []
    generous = DetectionSection.model_validate({"false_alarms_per_week": 50})
    assert looked_at(services, five, generous) != []
