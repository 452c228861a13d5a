"""Security incidents over HTTP: who sees them, and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.api.application import create_app
from app.composition import Services, open_services
from kb.records.api_key import Scope
from kb.records.life_cycle import Role
from kb.service.prediction_log import Prediction
from kb.storage.schema import idempotent_answers
from tests.conftest import printers_and_vpn

PATH = "/v1/security-incidents/S1"
FILED = {"short_description": "clicked a link in a fake mail and typed my password", "state": "new", "caller": "Bo"}
SARA, TOM, ADA = ({"triage-person": name} for name in ("Sara", "Tom", "Ada"))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path) as opened:
        opened.store.write(printers_and_vpn(3))
        opened.knowledge.people.give("tom", Role.CONTRIBUTOR, by=None, groups=["infosec"])
        yield opened


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False) as client:
        assert client.put("/v1/incidents/S1", json=FILED).is_success
        yield client


def restrict(api: TestClient, headers: dict[str, str] = SARA, **said: Any) -> Any:
    body = {"kind": "phishing", "groups": ["infosec"], "by": headers["triage-person"], **said}
    return api.put(PATH, json=body, headers=headers)


def test_a_suggestion_says_what_to_do(api: TestClient) -> None:
    found = api.post("/v1/suggest", json=FILED | {"description": "it came from it@evil.example"}).json()["security"]
    assert found["kind"] == "phishing"
    assert found["do"]
    assert found["do_not"]
    assert found["indicators"] == ["it[at]evil[.]example"]
    assert api.post("/v1/suggest", json={"short_description": "the printer is out of paper"}).json()["security"] is None


def test_only_those_who_are_named_see_it_until_it_is_lifted(api: TestClient) -> None:
    assert restrict(api).status_code == 200
    assert [api.get(PATH, headers=one).status_code for one in (SARA, TOM, ADA, {})] == [200, 200, 404, 404]
    assert api.get("/v1/incidents/S1", headers=SARA).status_code == 404
    assert api.get("/v1/security-incidents", headers=ADA).json() == {"incidents": [], "total": 1, "still_open": 1}
    assert api.delete(PATH, headers=ADA).status_code == 404
    assert api.delete(PATH, headers=TOM).status_code == 204
    assert api.get("/v1/incidents/S1").json()["caller"] == "Bo"
    told = [event["text"] for event in api.get("/v1/incidents/S1/timeline").json()["events"]]
    assert told[-2:] == ["Restricted as phishing, TLP:AMBER", "Restriction lifted"]


def test_it_is_moved_and_changed_by_those_who_see_it(api: TestClient) -> None:
    restrict(api)
    moved = api.post(f"{PATH}/transitions", json={"to": "in_progress", "by": "Tom"}, headers=TOM).json()
    assert moved["incident"]["stage"] == "in_progress"
    assert api.post(f"{PATH}/transitions", json={"to": "resolved"}, headers=ADA).status_code == 404
    assert restrict(api, TOM, tlp="red", people=["Sara"], groups=[]).json()["people"] == ["Sara", "Tom"]
    assert api.get(PATH, headers={"triage-person": "sara"}).json()["tlp"] == "red"


def test_those_who_see_it_see_its_clocks(api: TestClient, services: Services) -> None:
    file = services.practice.path
    file.write_text(
        "calendars:\n  always: {zone: UTC, hours: {every day: '00:00-24:00'}}\n"
        "targets:\n  - {name: All, response: 15 min, resolution: 4 h, calendar: always}\n"
    )
    logged = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert api.put("/v1/incidents/S1", json=FILED | {"opened_at": logged}).is_success
    before = api.get("/v1/incidents/S1/clocks").json()["clocks"]
    restrict(api)
    clocks = {one["measure"]: one for one in api.get(PATH, headers=SARA).json()["clocks"]}
    assert [clocks[one["measure"]]["due_at"] for one in before] == [one["due_at"] for one in before]
    assert clocks["resolution"]["target"] == "All"
    assert clocks["resolution"]["state"] == "running"
    moved = api.post(f"{PATH}/transitions", json={"to": "resolved", "by": "Sara"}, headers=SARA).json()
    assert {one["state"] for one in moved["clocks"] if one["measure"] == "resolution"} == {"stopped"}
    assert api.get(PATH, headers=ADA).status_code == 404
    assert api.get("/v1/incidents/S1/clocks", headers=SARA).status_code == 404


def test_records_of_it_go_where_it_is_kept(api: TestClient) -> None:
    restrict(api)
    sent = FILED | {"description": "a screenshot is attached", "priority": "1"}
    assert api.put("/v1/incidents/S1", json=sent).is_success
    assert api.post("/v1/incidents", json={"incidents": [sent | {"number": "S1", "urgency": "1"}]}).is_success
    assert api.get("/v1/incidents/S1").status_code == 404
    kept = api.get(PATH, headers=SARA).json()["incident"]
    assert (kept["description"], kept["priority"], kept["urgency"]) == ("a screenshot is attached", "1", "1")
    taught = {"number": "S1", "ticket": FILED, "field": "category", "suggested": "A", "chosen": "B"}
    assert api.post("/v1/feedback", json=taught).status_code == 404
    assert api.get("/v1/queue").json()["total"] == 0


def keyed(key: str, headers: dict[str, str] | None = None) -> dict[str, str]:
    return {**(headers or {}), "idempotency-key": key}


def test_restricting_one_forgets_the_kept_answers_that_name_it_and_no_others(
    api: TestClient, services: Services
) -> None:
    def send() -> dict[str, bool]:
        """Send writes, each under its key; returns which of them were answered by what was kept."""
        acts = {"acts": [{"number": "S1", "act": "set", "fields": {"assignment_group": "Network"}}], "by": "ada"}
        answers = {
            "address": api.put("/v1/incidents/S1", json=FILED, headers=keyed("address")),
            "body": api.post("/v1/queue/acts", json=acts, headers=keyed("body")),
            "longer": api.put("/v1/incidents/S10", json=FILED, headers=keyed("longer")),
            "query": api.delete("/v1/people/Tom?by=S1", headers=keyed("query")),
            "other": api.post("/v1/articles", json={"title": "Aquarium leaks"}, headers=keyed("other")),
        }
        return {name: answer.headers.get("idempotency-replayed") == "true" for name, answer in answers.items()}

    assert not any(send().values())
    assert all(send().values())
    restrict(api)
    assert send() == {"address": False, "body": False, "longer": True, "query": False, "other": True}
    assert api.get("/v1/articles").json()["total"] == 1


def test_no_answer_is_kept_that_names_a_restricted_one(api: TestClient, services: Services) -> None:
    restrict(api)
    for _ in range(2):
        answer = api.put("/v1/incidents/S1", json=FILED, headers=keyed("again"))
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (200, False)
    with services.store.database.reading() as connection:
        assert connection.execute(select(idempotent_answers)).all() == []


def test_answers_kept_before_they_had_an_address_are_forgotten_when_one_is_restricted(
    api: TestClient, services: Services
) -> None:
    api.post("/v1/articles", json={"title": "Aquarium leaks"}, headers=keyed("earlier"))
    with services.store.database.writing() as connection:
        connection.execute(update(idempotent_answers).values(address=None))
    restrict(api)
    with services.store.database.reading() as connection:
        assert connection.execute(select(idempotent_answers)).all() == []


def test_the_stricter_marking_counts_and_somebody_has_to_see_it(api: TestClient) -> None:
    assert restrict(api, kind="leaked_credential", tlp="amber").json()["tlp"] == "amber+strict"
    refused = api.put("/v1/security-incidents/P1", json={"kind": "phishing"})
    assert refused.status_code == 422
    assert "name somebody" in refused.json()["detail"]


def test_the_practice_says_where_it_goes(api: TestClient, services: Services) -> None:
    file = services.practice.path
    section = "security:\n  group: Infosec\n  kinds: {phishing: {tlp: red, do: [Call 4711.]}}\n"
    file.write_text(file.read_text() + section)
    found = restrict(api).json()
    assert found["incident"]["assignment_group"] == "Infosec"
    assert (found["tlp"], found["procedure"]["do"]) == ("red", ["Call 4711."])


def test_the_header_counts_from_administrators_keys_and_groups_from_any(services: Services) -> None:
    services.store.write(printers_and_vpn(1))
    with TestClient(create_app(services, hosts=["testserver"], asks_for_keys=True)) as api:
        keys = {
            name: services.keys.make(name, scopes, groups=groups)[1]
            for name, scopes, groups in (
                ("desk", [Scope.ADMIN], ()),
                ("portal", [Scope.WRITE, Scope.SUGGEST], ()),
                ("siem", [Scope.SUGGEST], ("infosec",)),
            )
        }
        held = {name: {"authorization": f"Bearer {text}"} for name, text in keys.items()}
        body = {"kind": "phishing", "people": ["Sara"], "groups": ["infosec"]}
        path = "/v1/security-incidents/P0"
        assert api.put(path, json=body, headers=held["portal"]).status_code == 200
        assert api.get(path, headers=held["desk"] | SARA).status_code == 200
        assert api.get(path, headers=held["portal"] | SARA).status_code == 404
        assert api.get(path, headers=held["siem"]).status_code == 200


HEADLINE = "clicked a link in a fake mail and typed my password"


def major_with_child(api: TestClient) -> str:
    """Declare a major incident whose second report is S1, and whose room says so; returns its address."""
    assert api.put("/v1/incidents/M1", json={"short_description": "mail is down", "state": "new"}).is_success
    assert api.post("/v1/major-incidents", json={"incident": "M1", "by": "Ada"}).is_success
    room = "/v1/major-incidents/M1"
    assert api.post(f"{room}/children", json={"numbers": ["S1"], "by": "Ada"}).is_success
    message = {
        "audience": "users",
        "subject": HEADLINE,
        "text": f"See S1: {HEADLINE}. S12 is another one.",
        "by": "Ada",
    }
    assert api.post(f"{room}/messages", json=message).is_success
    return room


def test_a_major_incident_says_nothing_of_a_child_that_is_restricted(api: TestClient) -> None:
    room = major_with_child(api)
    assert api.get(f"{room}/room").text.count(HEADLINE)
    assert restrict(api).is_success
    for path in ("/v1/major-rooms", f"{room}/room", f"{room}/timeline", f"{room}/review", f"{room}/review/report"):
        said = api.get(path)
        assert said.is_success, path
        assert HEADLINE not in said.text, path
        assert not re.search(r"\bS1\b", said.text), path
    assert "See [restricted]: [restricted]. S12 is another one." in api.get(f"{room}/room").text


def test_a_number_that_may_be_anything_is_taken_out_of_no_value(api: TestClient) -> None:
    assert api.put("/v1/incidents/3", json={"short_description": HEADLINE, "state": "new"}).is_success
    assert api.put("/v1/incidents/S2", json={"short_description": "till is slow", "priority": "4"}).is_success
    assert api.put("/v1/incidents/S2", json={"short_description": "till is slow", "priority": "3"}).is_success
    before = api.get("/v1/incidents/S2/timeline").json()
    said = {"kind": "phishing", "people": ["Sara"], "by": "Sara"}
    assert api.put("/v1/security-incidents/3", json=said, headers=SARA).is_success
    assert "3" in str(before["events"][-1]["after"])
    assert api.get("/v1/incidents/S2/timeline").json() == before


def test_the_first_of_a_major_incident_that_is_worked_on_is_not_restricted_with_its_record(api: TestClient) -> None:
    assert api.post("/v1/major-incidents", json={"incident": "S1", "by": "Ada"}).is_success
    refused = restrict(api)
    assert refused.status_code == 409
    assert "first of a major incident" in refused.json()["detail"]
    assert api.get("/v1/major-incidents/S1/room").is_success
    assert api.post("/v1/major-incidents/S1/decision", json={"decision": "demoted", "by": "Ada"}).is_success
    assert restrict(api).is_success


def test_an_article_that_nobody_has_validated_is_emptied_with_its_incident(api: TestClient) -> None:
    key = api.post("/v1/incidents/S1/capture", json={"by": "Ada"}).json()["id"]
    edited = {"resolution": "Reset the password that Bo typed.", "by": "Ada"}
    assert api.patch(f"/v1/articles/{key}", json=edited).is_success
    assert restrict(api).is_success
    article = api.get(f"/v1/articles/{key}")
    assert (article.json()["title"], article.json()["state"]) == ("[restricted]", "archived")
    for said in (
        article,
        api.get(f"/v1/articles/{key}/difference?before=1&after=2"),
        api.get("/v1/search?q=fake+mail"),
    ):
        assert "password" not in said.text
        assert "S1" not in said.text
    told = api.get(PATH, headers=SARA).json()["timeline"][-1]["text"]
    assert told == f"Restricted as phishing, TLP:AMBER; emptied what was written from it: {key}"


def test_a_validated_article_stays_without_naming_the_incident(api: TestClient) -> None:
    key = api.post("/v1/incidents/S1/capture", json={"by": "Ada"}).json()["id"]
    said = {"title": "Phishing mails", "issue": "A mail asks for a password.", "resolution": "Change the password."}
    for change in (said, {"state": "not_validated"}, {"state": "validated"}):
        assert api.patch(f"/v1/articles/{key}", json={**change, "by": "Ada"}).is_success
    other = {"id": "KB-OTHER", "title": "Parking", "resolution": "Use deck S1.", "by": "Ada"}
    assert api.post("/v1/articles", json=other).is_success
    assert api.patch("/v1/articles/KB-OTHER", json={"resolution": "Use deck S2.", "by": "Ada"}).is_success
    assert restrict(api).is_success
    article = api.get(f"/v1/articles/{key}").json()
    assert (article["title"], article["state"]) == ("Phishing mails", "validated")
    assert "S1" not in str(article)
    assert "deck S1" in api.get("/v1/articles/KB-OTHER/difference?before=1&after=2").text


def test_what_was_decided_on_others_with_the_same_text_stays(api: TestClient, services: Services) -> None:
    assert api.put("/v1/incidents/S2", json=FILED).is_success
    for number in ("S1", "S2"):
        decided = {"number": number, "field": "category", "suggested": "A", "chosen": "Phishing", "by": "Ada"}
        assert api.post("/v1/feedback", json=decided).is_success
    assert restrict(api).is_success
    assert api.put("/v1/incidents/S2", json={**FILED, "category": "Email"}).is_success
    assert api.get("/v1/incidents/S2").json()["category"] == "Phishing"


def test_a_curation_run_under_way_leaves_nothing_of_it(api: TestClient, services: Services) -> None:
    findings = services.workbench.findings
    before = services.store.revision()
    assert restrict(api).is_success
    findings.put("cases", {"numbers": ["S1"]}, before)
    assert findings.kept("cases") is None
    findings.put("cases", {"numbers": []}, services.store.revision())
    assert findings.kept("cases") is not None


@pytest.mark.parametrize(
    "said",
    ["number,category\nS1,Phishing\n", '"\\u043f\\u0430\\u0440\\u043e\\u043b\\u044c \u0432\u0432\u0435\u043b \u044f"'],
)
def test_results_of_jobs_that_name_it_or_quote_it_are_dropped(api: TestClient, services: Services, said: str) -> None:
    assert api.put("/v1/incidents/S1", json={**FILED, "description": "Пароль ввел я"}).is_success
    rows = "number,description\nT1,the printer jams\n"
    kept, dropped = (
        api.post("/v1/jobs?kind=classify", content=rows, headers={"content-type": "text/csv"}).json()["id"]
        for _ in "ab"
    )
    (services.home / "jobs" / dropped / "figures.json").write_text(said, encoding="utf-8")
    assert restrict(api).is_success
    assert api.get(f"/v1/jobs/{dropped}").status_code == 404
    assert api.get(f"/v1/jobs/{kept}").status_code == 200
    assert not (services.home / "jobs" / dropped).exists()


def test_what_was_predicted_before_is_not_written_afterwards(api: TestClient, services: Services) -> None:
    now = datetime.now(UTC)
    assert restrict(api).is_success
    services.prediction_log.note([Prediction("S1", "category", "VPN", 0.9, "suggested", True, "m", now)])
    services.prediction_log.flush()
    since, until = now - timedelta(days=1), now + timedelta(days=1)
    assert not services.prediction_log.entries("category", since=since, until=until)


def test_what_was_found_before_speaks_for_no_major_incident_afterwards(api: TestClient, services: Services) -> None:
    now = datetime.now(UTC)
    for number in ("M1", "M2"):
        assert api.put(f"/v1/incidents/{number}", json={"short_description": "mail is down", "state": "new"}).is_success
    assert restrict(api).is_success
    proposed = services.major_proposals.join(["M1", "S1"], now)
    assert proposed is not None
    assert services.major_proposals.add("M1", ["S1", "M2"], now) == "M1"
    assert services.major_proposals.get("M1").numbers == ("M1", "M2")


def test_a_record_of_another_system_leaves_who_works_on_it(api: TestClient, services: Services) -> None:
    file = services.practice.path
    file.write_text(file.read_text() + "security: {group: Information Security}\n")
    assert api.put("/v1/states", json={"meanings": {"Blocked": "waiting"}}).is_success
    assert restrict(api).is_success
    sent = FILED | {"assignment_group": "Service Desk", "assigned_to": "Bea", "state": "Blocked"}
    assert api.put("/v1/incidents/S1", json=sent).is_success
    kept = api.get(PATH, headers=SARA).json()["incident"]
    assert (kept["assignment_group"], kept["assigned_to"], kept["stage"]) == ("Information Security", None, "waiting")


def test_models_name_no_incident(api: TestClient) -> None:
    assert "newest_automatic" not in api.get("/v1/models").text
