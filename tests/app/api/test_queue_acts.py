"""Acts in the queue over the API: many at once, each apart, undone with what they taught."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.ingestion import read_at_once
from app.services.queue_acts import do_acts
from kb.records.act import ActKind, WantedAct
from kb.records.incident import Incident
from kb.storage.erasure import erase
from kb.storage.incident_store import IncidentStore
from tests.conftest import printers_and_vpn

PRINTER = "the printer on the second floor does not print number 77"
LAMP = "lamp over desk 7 flickers"


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    with open_services(tmp_path) as services:
        services.store.put_incidents(printers_and_vpn(10))
        put(services, "A", PRINTER)
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"]))


def put(services: Services, number: str, text: str, **more: Any) -> None:
    services.store.put_incidents([Incident(number, description=text, **{"state": "new", **more})])


def act(api: TestClient, *acts: dict[str, Any], by: str = "ann") -> list[dict[str, Any]]:
    answer = api.post("/v1/queue/acts", json={"acts": list(acts), "by": by})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    assert [one["number"] for one in found] == [one["number"] for one in acts]
    assert all((one["undo"] is not None) == (one["status"] == "done") for one in found)
    assert all((one["reason"] is None) == (one["status"] == "done") for one in found)
    return found


def undo(api: TestClient, result: dict[str, Any], *, status: int = 200, by: str = "bob") -> dict[str, Any]:
    answer = api.post(f"/v1/acts/{result['undo']}/undo", json={"by": by})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def incident(api: TestClient, number: str) -> dict[str, Any]:
    return dict(api.get(f"/v1/incidents/{number}").json())


def suggested(services: Services, text: str, field: str = "category") -> tuple[str | None, float]:
    found = services.assistant.suggest(Incident("", description=text)).fields[field]
    return found.value, found.confidence


def test_what_is_suggested_is_accepted_where_it_is_what_the_person_saw(services: Services, api: TestClient) -> None:
    for number in "BCDE":
        put(services, number, PRINTER)
    put(services, "E", PRINTER, category="Mail")
    accepted, other, some, late, nobody = act(
        api,
        {"number": "A", "act": "accept", "expected": {"category": "Printing", "assignment_group": "Print Services"}},
        {"number": "B", "act": "accept", "expected": {"category": "VPN"}},
        {"number": "C", "act": "accept", "fields": {"category": None}},
        {"number": "E", "act": "accept", "expected": {"category": "Printing"}},
        {"number": "nobody knows it", "act": "accept"},
    )
    assert (accepted["status"], accepted["fields"]) == (
        "done",
        {"category": "Printing", "assignment_group": "Print Services"},
    )
    assert incident(api, "A")["assignment_group"] == "Print Services"
    assert (other["status"], other["fields"]) == ("superseded", {})
    assert "Printing" in other["reason"]
    assert other["refusal"] == {"obstacle": "other_suggestion", "field": "category", "value": "Printing"}
    assert incident(api, "B")["category"] is None
    assert some["fields"] == {"category": "Printing"}
    assert late["status"] == "superseded"
    assert "Mail" in late["reason"]
    assert late["refusal"] == {"obstacle": "value_changed", "field": "category", "value": "Mail"}
    assert nobody["status"] == "unknown"
    (everything,) = act(api, {"number": "D", "act": "accept"})
    assert everything["fields"] == accepted["fields"]
    (again,) = act(api, {"number": "D", "act": "accept"})
    assert again["status"] == "refused"


def test_one_refused_act_spoils_no_other(services: Services, api: TestClient) -> None:
    services.catalogue.put("category", ["Printing", "VPN", "Lamps"])
    put(services, "B", LAMP)
    done, wrong, odd, empty, also = act(
        api,
        {"number": "A", "act": "set", "fields": {"category": "Lamps", "assigned_to": "Bo"}},
        {"number": "B", "act": "set", "fields": {"assigned_to": "Bo", "category": "Lamp"}},
        {"number": "B", "act": "set", "fields": {"colour": "red"}},
        {"number": "B", "act": "set"},
        {"number": "B", "act": "set", "fields": {"category": "Lamps"}},
    )
    assert [one["status"] for one in (done, wrong, odd, empty, also)] == ["done", *3 * ["refused"], "done"]
    assert "Lamps" in wrong["reason"]
    assert wrong["refusal"] == {"obstacle": "unknown_value", "field": "category", "value": "Lamp"}
    assert (incident(api, "A")["assigned_to"], incident(api, "B")["assigned_to"]) == ("Bo", None)


def test_what_a_person_sets_teaches_at_once_and_stays_against_the_source(services: Services, api: TestClient) -> None:
    assert suggested(services, PRINTER)[0] == "Printing"
    act(api, {"number": "A", "act": "set", "fields": {"category": "Plotters"}})
    put(services, "A", PRINTER, category="Printing", assigned_to="Cy")
    assert incident(api, "A")["category"] == "Plotters"
    assert incident(api, "A")["assigned_to"] == "Cy"  # who works on it is the source's to say
    assert suggested(services, PRINTER)[0] == "Plotters"
    (entry,) = services.store.feedback.all(number="A")
    assert (entry.suggested, entry.chosen, entry.by) == ("Printing", "Plotters", "ann")


def test_undoing_puts_back_and_forgets_now_and_after_a_restart(
    services: Services, api: TestClient, tmp_path: Path
) -> None:
    put(services, "A", PRINTER, assignment_group="Network", extra={"floor": "2"})
    before, was = incident(api, "A"), [suggested(services, PRINTER), suggested(services, PRINTER, "assignment_group")]
    wanted = {"category": "Plotters", "assignment_group": "Plots", "assigned_to": "Bo"}
    (done,) = act(api, {"number": "A", "act": "set", "fields": wanted})
    read_at_once(services)
    assert suggested(services, PRINTER)[0] == "Plotters"
    assert undo(api, done) == before == incident(api, "A")
    assert [suggested(services, PRINTER), suggested(services, PRINTER, "assignment_group")] == was
    assert services.store.feedback.all() == []
    put(services, "A", PRINTER, category="Mail", assignment_group="Network", extra={"floor": "2"})
    assert incident(api, "A")["category"] == "Mail"  # no correction holds it any more
    with open_services(tmp_path) as restarted:
        assert [suggested(restarted, PRINTER), suggested(restarted, PRINTER, "assignment_group")] == was
    refused = undo(api, done, status=409)
    assert "undone already by bob" in refused["detail"]
    assert {"obstacle": "undone_already", "by": "bob"}.items() <= refused["refused_undo"].items()
    assert api.post("/v1/acts/4711/undo", json={}).status_code == 404


def test_undoing_one_of_two_corrections_leaves_the_other(services: Services, api: TestClient) -> None:
    (first,) = act(api, {"number": "A", "act": "set", "fields": {"category": "Plotters"}})
    (second,) = act(api, {"number": "A", "act": "set", "fields": {"category": "Toner", "assignment_group": "Plots"}})
    assert "category was changed since by ann at" in undo(api, first, status=409)["detail"]
    assert undo(api, second)["category"] == "Plotters"
    assert suggested(services, PRINTER)[0] == "Plotters"
    assert suggested(services, PRINTER, "assignment_group")[0] == "Print Services"
    assert undo(api, first)["category"] is None
    assert suggested(services, PRINTER)[0] == "Printing"
    assert services.store.incidents_of(["EXAMPLE-A"]) == []


def test_what_somebody_changed_since_is_not_undone(services: Services, api: TestClient) -> None:
    (done,) = act(api, {"number": "A", "act": "set", "fields": {"assigned_to": "Bo", "location": "Paris"}})
    act(api, {"number": "A", "act": "set", "fields": {"assigned_to": "Cy"}}, by="cy")
    refused = undo(api, done, status=409)
    assert "assigned_to was changed since by cy at 2" in refused["detail"]
    expected = {"obstacle": "changed_since", "field": "assigned_to", "by": "cy"}
    assert expected.items() <= refused["refused_undo"].items()
    assert refused["refused_undo"]["at"] is not None
    assert incident(api, "A")["location"] == "Paris"
    assert len(services.store.feedback.all()) == 1


def test_an_incident_is_resolved_with_what_solved_it_and_open_again_after_undoing(
    services: Services, api: TestClient
) -> None:
    api.post("/v1/articles", json={"id": "KB1", "title": "Lamps", "issue": "flickers", "resolution": "Turn it."})
    put(services, "B", LAMP)
    before = incident(api, "B")
    wanted = {"number": "B", "act": "resolve", "resolution": "Turned it.", "article": "KB1", "fields": {"impact": "3"}}
    done, lost = act(api, wanted, {**wanted, "number": "A", "article": "KB2"})
    found = incident(api, "B")
    assert (found["stage"], found["resolution"], found["impact"]) == ("resolved", "Turned it.", "3")
    assert found["articles"] == ["KB1"]
    assert found["resolved_at"] is not None
    assert (lost["status"], incident(api, "A")["stage"]) == ("refused", "new")
    assert api.get("/v1/queue").json()["total"] == 1
    (late,) = act(api, wanted)
    assert late["status"] == "superseded"
    again = undo(api, done)
    assert again == {**before, "articles": []} == incident(api, "B")
    assert api.get("/v1/queue").json()["total"] == 2


@pytest.mark.parametrize("since", ["Cy", None])
def test_an_incident_that_somebody_took_or_gave_back_since_is_not_resolved(
    services: Services, api: TestClient, since: str | None
) -> None:
    put(services, "B", LAMP, assigned_to="Bo")
    act(api, {"number": "B", "act": "set", "fields": {"assigned_to": since}}, by="cy")
    wanted = {"number": "B", "act": "resolve", "resolution": "Turned it."}
    (late,) = act(api, {**wanted, "expected": {"assigned_to": "Bo"}})
    assert (late["status"], incident(api, "B")["stage"]) == ("superseded", "new")
    assert late["refusal"] == {"obstacle": "value_changed", "field": "assigned_to", "value": since}
    (done,) = act(api, {**wanted, "expected": {"assigned_to": since}})
    assert (done["status"], incident(api, "B")["stage"]) == ("done", "resolved")


def test_a_value_that_is_taken_away_teaches_no_more(services: Services, api: TestClient) -> None:
    act(api, {"number": "A", "act": "set", "fields": {"category": "Plotters"}})
    (taken,) = act(api, {"number": "A", "act": "set", "fields": {"category": None}})
    assert incident(api, "A")["category"] is None
    assert suggested(services, PRINTER)[0] == "Printing"
    assert undo(api, taken)["category"] == "Plotters"


def test_an_act_that_breaks_off_has_done_nothing(
    services: Services, api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(IncidentStore, "add_or_update", fail)
        with pytest.raises(KeyboardInterrupt):
            do_acts(services, [WantedAct("A", ActKind.SET, {"assigned_to": "Bo", "category": "Plotters"})], by=None)
    assert (incident(api, "A")["assigned_to"], incident(api, "A")["category"]) == (None, None)
    assert services.store.feedback.all() == []
    assert api.post("/v1/acts/1/undo", json={}).status_code == 404


def test_a_decision_can_be_withdrawn_alone(services: Services, api: TestClient) -> None:
    def decide(**more: Any) -> int:
        answer = api.post("/v1/feedback", json={"field": "category", "suggested": "Printing", "by": "ann", **more})
        return int(answer.json()["id"])

    first, was = decide(number="A", chosen="Plotters"), suggested(services, LAMP)
    assert incident(api, "A")["category"] == "Plotters"
    draft = decide(ticket={"description": LAMP}, chosen="Lamps")
    assert suggested(services, LAMP)[0] == "Lamps"
    assert api.delete(f"/v1/feedback/{draft}").status_code == 204
    assert suggested(services, LAMP) == was
    assert api.delete(f"/v1/feedback/{first}", params={"by": "bob"}).status_code == 204
    assert incident(api, "A")["category"] is None
    assert suggested(services, PRINTER)[0] == "Printing"
    assert api.delete(f"/v1/feedback/{first}").status_code == 204
    assert api.delete("/v1/feedback/4711").status_code == 404


def test_a_refusal_that_is_withdrawn_no_longer_holds_and_another_one_does(services: Services, api: TestClient) -> None:
    def refuse() -> int:
        body = {"ticket": {"description": PRINTER}, "field": "category", "suggested": "Printing", "chosen": None}
        return int(api.post("/v1/feedback", json=body).json()["id"])

    was = suggested(services, PRINTER)
    first = refuse()
    assert suggested(services, PRINTER)[0] != "Printing"
    second = refuse()
    api.delete(f"/v1/feedback/{first}")
    assert suggested(services, PRINTER)[0] != "Printing"
    api.delete(f"/v1/feedback/{second}")
    assert suggested(services, PRINTER) == was


def test_who_is_forgotten_is_in_no_act(services: Services, api: TestClient) -> None:
    (done,) = act(api, {"number": "A", "act": "set", "fields": {"assigned_to": "Wilhelmina Bo"}}, by="Wilhelmina Bo")
    erase(services.store.database, "Wilhelmina Bo")
    kept = services.store.acts.get(int(done["undo"]))
    assert (kept.by, kept.after) == ("[forgotten]", {"assigned_to": "[forgotten]"})
    assert "was changed since" in undo(api, done, status=409)["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"acts": []},
        {"acts": [{"number": "A", "act": "explode"}]},
        {"acts": [{"number": "A", "act": "set", "fields": ["category"]}]},
        {"acts": 501 * [{"number": "A", "act": "accept"}]},
    ],
)
def test_what_is_no_act_is_refused_as_a_whole(api: TestClient, wrong: dict[str, Any]) -> None:
    assert api.post("/v1/queue/acts", json=wrong).status_code == 422
