"""Proposed major incidents over the API: what they say, and what a person decides on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.major_incidents import decide_major
from kb.records.incident import Incident
from kb.records.major_incident import MajorDecision
from kb.records.major_room import RoomState
from kb.records.webhook import Event
from kb.service.webhooks import Webhooks
from kb.storage.erasure import erase

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SUBJECTS = {"IN/1": "cannot connect to vpn from home", "IN2": "vpn does not connect", "IN3": "help, vpn!"}
DECISION = "/v1/major-incidents/IN/1/decision"


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    with open_services(tmp_path) as services:
        services.store.put_incidents(
            [
                Incident(number, subject, state="new", opened_at=NOW + timedelta(minutes=place), caller=f"c{place}")
                for place, (number, subject) in enumerate(SUBJECTS.items())
            ]
        )
        services.major_proposals.join(list(SUBJECTS), NOW + timedelta(hours=1))
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"]))


def listed(api: TestClient) -> dict[str, Any]:
    (found,) = api.get("/v1/major-incidents").json()["proposals"]
    return dict(found)


def test_a_proposal_says_what_it_is_about_since_when_and_how_much_of_it_is_open(
    services: Services, api: TestClient
) -> None:
    services.store.put_incidents([Incident("IN3", "help, vpn!", state="resolved")])
    found = listed(api)
    assert (found["id"], found["lead"], found["subject"]) == ("IN/1", "IN/1", "vpn does not connect")
    assert datetime.fromisoformat(found["since"]) == NOW
    assert (found["incidents"], found["still_open"]) == (list(SUBJECTS), 2)
    assert (found["decision"], found["decided_by"], found["decided_at"]) == ("open", None, None)


def test_what_a_person_decides_is_kept_told_once_and_can_be_taken_back(services: Services, api: TestClient) -> None:
    services.webhooks.add("https://hooks.example.com/", list(Event))
    before = datetime.now(UTC)
    accepted = api.post(DECISION, json={"decision": "accepted", "by": "ann"})
    assert accepted.status_code == 200, accepted.text
    assert accepted.json() == listed(api)
    assert (accepted.json()["decision"], accepted.json()["decided_by"]) == ("accepted", "ann")
    assert before <= datetime.fromisoformat(accepted.json()["decided_at"]) <= datetime.now(UTC)
    assert api.post(DECISION, json={"decision": "accepted", "by": "bob"}).json() == accepted.json()
    assert api.post(DECISION, json={"decision": "rejected", "by": "bob"}).json()["decided_by"] == "bob"
    back = api.post(DECISION, json={"decision": "open", "by": "bob"}).json()
    assert (back["decision"], back["decided_by"]) == ("open", None)
    told = [delivery.event for delivery in services.webhooks.deliveries(limit=9)]
    assert sorted(told) == ["major_incident.accepted", "major_incident.rejected", "major_incident.undecided"]


def test_a_decision_that_somebody_has_not_seen_is_not_overwritten(services: Services, api: TestClient) -> None:
    api.post(DECISION, json={"decision": "accepted", "by": "ann", "seen": "open"})
    refused = api.post(DECISION, json={"decision": "rejected", "by": "bob", "seen": "open"})
    assert refused.status_code == 409
    decided = services.major_proposals.get("IN/1").decided_at
    assert f"IN/1 was accepted by ann at {decided:%Y-%m-%d %H:%M} UTC" in refused.json()["detail"]
    assert listed(api)["decision"] == "accepted"
    assert api.post(DECISION, json={"decision": "accepted", "by": "bob", "seen": "open"}).json()["decided_by"] == "ann"
    assert api.post(DECISION, json={"decision": "demoted", "by": "bob", "seen": "accepted"}).status_code == 200


def test_a_rejected_one_marks_nothing_in_the_queue(api: TestClient) -> None:
    def marked() -> list[str]:
        page = api.get("/v1/queue").json()["incidents"]
        flagged = api.get("/v1/queue", params={"flag": "major"}).json()
        assert flagged["total"] == sum("major" in one["flags"] for one in page)
        return sorted(one["incident"]["number"] for one in flagged["incidents"])

    assert marked() == sorted(SUBJECTS)
    api.post(DECISION, json={"decision": "rejected"})
    assert marked() == []
    api.post(DECISION, json={"decision": "accepted"})
    assert marked() == sorted(SUBJECTS)


def test_what_does_not_exist_is_neither_decided_nor_is_any_other_word_a_decision(api: TestClient) -> None:
    assert api.post("/v1/major-incidents/IN2/decision", json={"decision": "accepted"}).status_code == 404
    assert api.post(DECISION, json={"decision": "perhaps"}).status_code == 422
    assert listed(api)["decision"] == "open"


def test_a_decision_that_cannot_be_announced_was_not_taken(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Webhooks, "announce", fail)
        with pytest.raises(KeyboardInterrupt):
            decide_major(services, "IN/1", MajorDecision.ACCEPTED, by=None)
    assert services.major_proposals.get("IN/1").decision == "open"


def test_who_is_forgotten_leaves_no_decision(services: Services, api: TestClient) -> None:
    api.post(DECISION, json={"decision": "rejected", "by": "ann"})
    erase(services.store.database, "ann")
    assert listed(api)["decided_by"] == "[forgotten]"
    erase(services.store.database, "c0")
    assert api.get("/v1/major-incidents").json()["proposals"] == []
    services.major_proposals.join(["IN/1", "IN2"], NOW)
    assert services.major_proposals.get("IN/1").decision == "open"


def second(services: Services) -> None:
    """Propose another major incident, of one further report."""
    services.store.put_incidents([Incident("IN9", "tunnel is down", state="new", opened_at=NOW, caller="c9")])
    services.major_proposals.join(["IN9"], NOW + timedelta(hours=2))


def test_a_major_incident_is_shown_with_all_that_is_known_of_it(services: Services, api: TestClient) -> None:
    services.store.put_incidents(
        [
            Incident("IN2", SUBJECTS["IN2"], state="new", opened_at=NOW, caller="c1", location="Berlin", service="VPN"),
            Incident("IN3", SUBJECTS["IN3"], state="new", opened_at=NOW, caller="C1", location="Berlin"),
        ]
    )
    found = api.get("/v1/major-incidents/IN/1").json()
    assert found | listed(api) == found
    assert (found["words"], found["service"]) == (["connect", "vpn"], "VPN")
    assert found["affected"]["callers"] == 2
    assert found["affected"]["locations"] == [{"value": "Berlin", "reports": 2}]
    assert [one["number"] for one in found["reports"]] == ["IN/1", "IN2", "IN3"]
    assert sum(point["observed"] for point in found["series"]) == 3
    assert api.get("/v1/major-incidents/IN2").status_code == 404


def test_merged_ones_are_one_until_they_are_parted_and_then_only_a_person_merges_them(
    services: Services, api: TestClient
) -> None:
    second(services)
    services.webhooks.add("https://hooks.example.com/", list(Event))
    merged = api.post("/v1/major-incidents/IN9/merge", json={"into": "IN/1", "by": "ann"})
    assert merged.status_code == 200, merged.text
    assert sorted(merged.json()["incidents"]) == ["IN/1", "IN2", "IN3", "IN9"]
    assert listed(api)["id"] == "IN/1"
    assert api.get("/v1/major-incidents/IN9").json()["merged_into"] == "IN/1"
    assert api.post("/v1/major-incidents/IN9/decision", json={"decision": "accepted"}).status_code == 409
    assert api.post("/v1/major-incidents/IN/1/merge", json={"into": "IN9"}).status_code == 409
    parted = api.post("/v1/major-incidents/IN9/unmerge", json={"by": "ann"}).json()
    assert (parted["incidents"], parted["merged_into"]) == (["IN9"], None)
    assert api.post("/v1/major-incidents/IN9/unmerge", json={}).status_code == 409
    services.store.put_incidents([Incident("IN10", "vpn", state="new", opened_at=NOW)])
    services.major_proposals.join(["IN/1", "IN9", "IN10"], NOW)
    assert len(api.get("/v1/major-incidents").json()["proposals"]) == 2
    told = {delivery.event.value for delivery in services.webhooks.deliveries(limit=9)}
    assert told == {"major_incident.merged", "major_incident.parted"}


def test_proposals_that_turn_out_to_be_one_are_merged(services: Services, api: TestClient) -> None:
    second(services)
    services.store.put_incidents([Incident("IN10", "vpn", state="new", opened_at=NOW)])
    services.major_proposals.join(["IN/1", "IN9", "IN10"], NOW)
    assert sorted(listed(api)["incidents"]) == ["IN/1", "IN10", "IN2", "IN3", "IN9"]


def test_only_an_accepted_one_can_be_demoted(services: Services, api: TestClient) -> None:
    assert api.post(DECISION, json={"decision": "demoted"}).status_code == 409
    api.post(DECISION, json={"decision": "accepted"})
    assert api.post(DECISION, json={"decision": "demoted", "by": "ann"}).json()["decision"] == "demoted"
    assert services.major_proposals.among(list(SUBJECTS)) == set()


@pytest.mark.parametrize("steps", [[], ["rejected"], ["accepted", "demoted"]])
def test_one_that_is_worked_on_does_not_end_in_one_that_is_not(
    services: Services, api: TestClient, steps: list[str]
) -> None:
    second(services)
    for step in steps:
        assert api.post("/v1/major-incidents/IN9/decision", json={"decision": step}).status_code == 200
    api.post(DECISION, json={"decision": "accepted"})
    refused = api.post("/v1/major-incidents/IN/1/merge", json={"into": "IN9"})
    assert refused.status_code == 409
    said = steps[-1] if steps else "only proposed"
    assert f"IN/1 is accepted and IN9 is {said}: merge IN9 into IN/1, or accept IN9 first" in refused.text
    assert services.major_rooms.get("IN/1").state is RoomState.OPEN
    assert api.get("/v1/major-incidents/IN/1").json()["merged_into"] is None
    assert api.post("/v1/major-incidents/IN9/merge", json={"into": "IN/1"}).status_code == 200


def test_what_was_merged_into_a_merged_one_is_parted_with_it(services: Services, api: TestClient) -> None:
    second(services)
    services.store.put_incidents([Incident("IN20", "no tunnel", state="new", opened_at=NOW)])
    services.major_proposals.join(["IN20"], NOW)
    for lead in ("IN/1", "IN9", "IN20"):
        assert api.post(f"/v1/major-incidents/{lead}/decision", json={"decision": "accepted"}).status_code == 200
    api.post("/v1/major-incidents/IN20/merge", json={"into": "IN9"})
    api.post("/v1/major-incidents/IN9/merge", json={"into": "IN/1"})
    assert children(services, "IN/1") == {"IN2", "IN3", "IN9", "IN20"}
    parted = api.post("/v1/major-incidents/IN9/unmerge", json={}).json()
    assert parted["incidents"] == ["IN9", "IN20"]
    assert services.major_proposals.get("IN9").merged == ("IN20",)
    assert (children(services, "IN/1"), children(services, "IN9")) == ({"IN2", "IN3"}, {"IN20"})
    api.post("/v1/major-incidents/IN9/merge", json={"into": "IN/1"})
    api.post("/v1/major-incidents/IN20/unmerge", json={})
    assert (children(services, "IN/1"), children(services, "IN9")) == ({"IN2", "IN3", "IN9"}, set())
    assert services.major_rooms.get("IN20").state is RoomState.OPEN


def children(services: Services, lead: str) -> set[str]:
    return {child.number for child in services.major_rooms.children(lead)}


@pytest.mark.parametrize("decision", ["rejected", "demoted"])
def test_a_refused_one_swallows_no_new_reports(services: Services, api: TestClient, decision: str) -> None:
    for step in ("accepted", decision):
        assert api.post(DECISION, json={"decision": step}).status_code == 200
    services.store.put_incidents([Incident("IN10", "vpn", state="new", opened_at=NOW)])
    assert services.major_proposals.join(["IN3", "IN10"], NOW) is not None
    assert [one["id"] for one in api.get("/v1/major-incidents").json()["proposals"]] == ["IN/1", "IN10"]


def test_a_resolved_one_swallows_no_new_reports(services: Services) -> None:
    services.store.put_incidents([Incident(number, subject, state="resolved") for number, subject in SUBJECTS.items()])
    services.store.put_incidents([Incident("IN10", "vpn", state="new", opened_at=NOW)])
    assert services.major_proposals.join(["IN3", "IN10"], NOW) is not None
