"""What a suggestion may do: only values that exist, nothing over a person's head, and what became of it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.mode import Mode
from kb.service.allowed_values import AllowedValues, UnknownValueError, nearest
from kb.storage.incident_store import IncidentStore
from tests.conftest import printers_and_vpn
from triage.safeguards import hold_back, reason_to_hold_back, within
from triage.suggestion import Candidate, FieldSuggestion

PRINTER = {"description": "the printer on the second floor does not print"}


def automatic(value: str, *others: str) -> FieldSuggestion:
    guesses = tuple(Candidate(other, 0.02) for other in others)
    return FieldSuggestion(value, 0.97, Decision.AUTOMATIC, guesses, mode=Mode.AUTOMATIC, prediction_set=(value,))


@pytest.mark.parametrize(
    ("ticket", "priority", "held_back"),
    [
        (Incident("1", "x"), "4 - Low", None),
        (Incident("1", "x", state="new"), "3 - Moderate", None),
        (Incident("1", "x", extra={"state": "In Progress"}), "4 - Low", "not new"),
        (Incident("1", "x", state="closed"), "4 - Low", "not new"),
        (Incident("1", "x", assignment_group="Network"), "4 - Low", "assigned already"),
        (Incident("1", "x", assigned_to="ann"), "4 - Low", "assigned already"),
        (Incident("1", "x"), "2 - High", "priority 2 - High"),
        (Incident("1", "x"), "P1", "priority P1"),
        (Incident("1", "x", priority="1 - Critical"), "4 - Low", "priority 1"),
        (Incident("1", "x", category="Mail"), "4 - Low", "has a value"),
    ],
)
def test_what_is_urgent_assigned_or_set_is_only_offered(ticket: Incident, priority: str, held_back: str | None) -> None:
    fields = {"category": automatic("Printing"), "priority": automatic(priority)}
    category = hold_back(fields, ticket, reason_to_hold_back(fields, ticket, urgent_too=False))["category"]
    assert category.decision is Decision.AUTOMATIC  # what the evidence allows is told all the same
    if held_back is None:
        assert (category.mode, category.held_back) == (Mode.AUTOMATIC, None)
    else:
        assert category.mode is Mode.RECOMMEND
        assert held_back in (category.held_back or "")


def test_urgent_tickets_too_where_that_is_allowed() -> None:
    fields = {"category": automatic("Printing"), "priority": automatic("1 - Critical")}
    assert reason_to_hold_back(fields, Incident("1", "x"), urgent_too=True) is None


def test_a_value_that_does_not_exist_is_never_suggested() -> None:
    fields = {"category": automatic("Old", "Printing", "Gone"), "service": automatic("Any")}
    found = within(fields, {"category": ["Printing", "VPN"]}, unsure_below=0.3)
    assert found["service"] == fields["service"]
    category = found["category"]
    assert (category.value, category.decision, category.confidence) == (None, Decision.UNSURE, 0.02)
    assert category.alternatives == (Candidate("Printing", 0.02),)
    assert category.prediction_set == ()
    assert "Old" in (category.reason or "")
    assert (
        within({"category": automatic("VPN", "Old")}, {"category": ["VPN"]}, unsure_below=0.3)["category"].alternatives
        == ()
    )


def test_the_nearest_values_are_named(store: IncidentStore) -> None:
    assert nearest("netwrok", ["Network", "Workplace", "Net"])[0] == "Network"
    catalogue = AllowedValues(store.database)
    catalogue.check({"category": "anything"})
    catalogue.put("category", ["Network", "Printing"])
    catalogue.check({"category": "Network", "service": "anything", "assignment_group": None})
    with pytest.raises(UnknownValueError, match="category: there is no 'Netwrok'; nearest: Network"):
        catalogue.check({"category": "Netwrok"})
    catalogue.put("category", [])
    catalogue.check({"category": "anything"})


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path / "home") as services:
        services.store.put_incidents(printers_and_vpn(6))
        yield services


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services, hosts=["testserver"])) as client:
        yield client


def test_writes_of_values_that_do_not_exist_are_refused_and_history_is_not(api: TestClient) -> None:
    assert api.put("/v1/catalogue/category", json={"values": ["Printing", "VPN"]}).json() == {
        "fields": {"category": ["Printing", "VPN"]}
    }
    assert api.put("/v1/incidents/OLD", json=PRINTER | {"category": "Retired"}).status_code == 200
    wrong = api.put("/v1/incidents/NEW", json=PRINTER | {"category": "Print", "state": "new"})
    assert wrong.status_code == 422
    assert wrong.json()["errors"] == [{"field": "category", "message": "there is no 'Print'; nearest: Printing"}]
    assert api.get("/v1/incidents/NEW").status_code == 404
    decision = {"number": "OLD", "field": "category", "suggested": "Retired", "chosen": "Prnting"}
    assert "nearest: Printing" in api.post("/v1/feedback", json=decision).json()["detail"]
    assert api.post("/v1/feedback", json=decision | {"chosen": "Printing"}).status_code == 201


def test_nowhere_is_a_value_suggested_that_does_not_exist(api: TestClient, services: Services) -> None:
    def suggested() -> list[str | None]:
        told = [
            api.post("/v1/suggest", json=PRINTER).json()["fields"]["category"],
            api.post("/v1/classify", json={"tickets": [PRINTER]}).json()["results"][0]["fields"]["category"],
            api.get("/v1/review").json()["tickets"][0]["fields"]["category"],
        ]
        (answer,) = services.assistant.classify([Incident("", PRINTER["description"])])
        return [*(field["value"] for field in told), answer.fields["category"].value]

    api.put("/v1/incidents/INC1", json=PRINTER | {"state": "new"})
    before = suggested()
    assert len(set(before)) == 1
    assert before[0] is not None
    api.put("/v1/catalogue/category", json={"values": ["Something else"]})
    assert suggested() == [None] * 4


def test_what_became_of_an_incident_changes_it_teaches_and_is_counted(api: TestClient, services: Services) -> None:
    api.put("/v1/incidents/INC1", json=PRINTER | {"state": "new", "assignment_group": "Network"})

    def came_out(outcome: str, **more: str) -> dict[str, object]:
        answer = api.post("/v1/outcomes", json={"number": "INC1", "outcome": outcome, "by": "ann", **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    moved = came_out("reassigned", assignment_group="Facilities")
    assert (moved["assignment_group"], moved["reassignment_count"]) == ("Facilities", 1)
    assert services.store.incident("EXAMPLE-INC1").assignment_group == "Facilities"  # it teaches while it is open
    made = api.post("/v1/articles", json={"title": "Printers", "resolution": "Restart it."}).json()
    assert came_out("article_linked", article=made["id"])["articles"] == [made["id"]]
    closed = came_out("closed", resolution="Restarted it.")
    assert (closed["state"], closed["resolution"]) == ("closed", "Restarted it.")
    assert closed["closed_at"] == closed["resolved_at"]
    again = came_out("reopened")
    assert (again["state"], again["reopen_count"], again["closed_at"]) == ("reopened", 1, None)
    assert api.get("/v1/outcomes").json()["counts"] == {
        "closed": 1,
        "reassigned": 1,
        "reopened": 1,
        "article_linked": 1,
    }
    assert api.get("/v1/incidents/INC1").json()["assignment_group"] == "Facilities"
    api.put("/v1/incidents/INC1", json=PRINTER | {"state": "new", "assignment_group": "Network"})
    assert api.get("/v1/incidents/INC1").json()["assignment_group"] == "Facilities"  # what a person decided stays


def test_outcomes_that_cannot_be_are_told(api: TestClient) -> None:
    for body, status in (
        ({"number": "NOWHERE", "outcome": "closed"}, 404),
        ({"number": "printer0", "outcome": "eaten"}, 422),
        ({"number": "P0", "outcome": "reassigned"}, 422),
        ({"number": "P0", "outcome": "article_linked"}, 422),
        ({"number": "P0", "outcome": "article_linked", "article": "K9"}, 404),
    ):
        assert api.post("/v1/outcomes", json=body).status_code == status, body
    assert sum(api.get("/v1/outcomes").json()["counts"].values()) == 0
