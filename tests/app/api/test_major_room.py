"""The room of a major incident over the API, from its acceptance to its review."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.ingestion import follow_up
from app.services.major_children import known_major
from app.services.major_messages import remind_of_updates
from app.services.major_review import check_actions
from kb.records.incident import Incident
from kb.records.webhook import Event
from kb.storage.erasure import erase


@cache
def now() -> datetime:
    """Return when the first of these tests ran: what was logged an hour ago is no news any more."""
    return datetime.now(UTC).replace(microsecond=0)


SUBJECTS = ("vpn does not connect", "cannot connect to vpn from home", "vpn is down for our whole team", "no vpn today")
LEAD = "IN/1"
NUMBERS = (LEAD, "IN2", "IN3", "IN4")
ROOM = f"/v1/major-incidents/{LEAD}"


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    with open_services(tmp_path) as services:
        reports = [
            Incident(
                number,
                subject,
                state="new",
                opened_at=now() - timedelta(minutes=60 - place),
                caller=f"caller {place}",
                service="Remote access",
                location=f"Site {place % 2}",
            )
            for place, (number, subject) in enumerate(zip(NUMBERS, SUBJECTS, strict=True))
        ]
        services.store.put_incidents(reports)
        services.major_proposals.join(NUMBERS, now() - timedelta(minutes=50))
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"]))


@pytest.fixture
def room(api: TestClient) -> TestClient:
    """The API, once the major incident is accepted."""
    assert api.post(f"{ROOM}/decision", json={"decision": "accepted", "by": "ann"}).status_code == 200
    return api


def read(api: TestClient, path: str = "room", **params: Any) -> dict[str, Any]:
    found = api.get(f"{ROOM}/{path}", params=params)
    assert found.status_code == 200, found.text
    return dict(found.json())


def texts(api: TestClient, **params: Any) -> list[str]:
    return [entry["text"] for entry in read(api, "timeline", **params)["entries"]]


def ask(api: TestClient, method: str, path: str, status: int = 200, **body: Any) -> Any:
    found = api.request(method, f"{ROOM}/{path}", json=body)
    assert found.status_code == status, found.text
    return found.json()


def put(services: Services, number: str, text: str, **more: Any) -> None:
    incident = Incident(number, text, state="new", opened_at=now(), **more)
    services.store.put_incidents([incident])
    follow_up(services, [services.store.incident(number)], now=now())


def test_accepting_opens_a_record_with_the_elements_of_the_model(room: TestClient) -> None:
    found = read(room)
    assert (found["state"], found["opened_by"], found["reports"], found["children"]) == ("open", "ann", 4, 3)
    assert found["services"] == [{"name": "Remote access", "count": 4}]
    assert [role["role"] for role in found["roles"]] == ["manager", "communications", "technical lead", "scribe"]
    assert [task["title"] for task in found["tasks"]][:2] == [
        "Name the manager and the team",
        "Tell users what is known",
    ]
    assert found["investigation"].startswith("Swarming")
    assert found["times"]["to_detect_seconds"] == 600
    assert sorted(child["number"] for child in read(room, "children")["children"]) == ["IN2", "IN3", "IN4"]
    assert any("Confirmed as a major incident" in text for text in texts(room))
    assert any("IN2: Registered" in text for text in texts(room))


def test_an_incident_can_be_declared_major_and_a_decision_taken_back(api: TestClient, services: Services) -> None:
    put(services, "LONE", "all tills in the shop are dead")
    made = api.post("/v1/major-incidents", json={"incident": "LONE", "by": "bo"})
    assert (made.status_code, made.json()["id"], made.json()["state"]) == (201, "LONE", "open")
    assert api.post("/v1/major-incidents", json={"incident": "IN2"}).json()["id"] == LEAD
    assert api.post("/v1/major-incidents", json={"incident": "NOSUCH"}).status_code == 404
    alone = api.get("/v1/major-incidents/LONE")
    assert (alone.status_code, alone.json()["words"]) == (200, [])
    rooms = api.get("/v1/major-rooms").json()["rooms"]
    assert {one["id"] for one in rooms} == {"LONE", LEAD}
    api.post("/v1/major-incidents/LONE/decision", json={"decision": "open"})
    assert api.get("/v1/major-incidents/LONE/room").json()["state"] == "demoted"


def test_a_role_is_handed_over_with_its_history_and_of_two_at_once_one_wins(room: TestClient) -> None:
    ask(room, "PUT", "roles/manager", person="ann", by="ann")
    ask(room, "PUT", "roles/manager", person="bo", expected="ann", note="End of shift", by="ann")
    assert ask(room, "PUT", "roles/manager", 409, person="cy", expected="ann")["type"] == "/problems/edit-conflict"

    def take(person: str) -> int:
        body = {"person": person, "expected": "bo"}
        return room.put(f"{ROOM}/roles/manager", json=body).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, ("cy", "dee"))) == [200, 409]
    manager = read(room)["roles"][0]
    assert manager["person"] in {"cy", "dee"}
    assert [one["person"] for one in manager["history"]][:2] == ["ann", "bo"]
    assert manager["history"][1]["note"] == "End of shift"
    assert [one["until"] is None for one in manager["history"]] == [False, False, True]
    assert "Manager: bo from ann (End of shift)" in texts(room)


def test_tasks_are_added_and_done_and_belong_to_who_holds_the_role(room: TestClient) -> None:
    ask(room, "PUT", "roles/manager", person="ann")
    added = ask(room, "POST", "tasks", 201, title="Call the provider", role="manager", due_at="2020-01-01T00:00:00Z")
    task = next(one for one in read(room)["tasks"] if one["id"] == added["id"])
    assert (task["owner"], task["overdue"], task["done_at"]) == ("ann", True, None)
    done = ask(room, "PATCH", f"tasks/{added['id']}", done=True, by="ann")
    assert (done["done_by"], done["overdue"]) == ("ann", False)
    assert ask(room, "PATCH", f"tasks/{added['id']}", done=False)["done_at"] is None
    ask(room, "PATCH", "tasks/9999", 404, done=True)


def test_the_timeline_takes_entries_and_nothing_in_it_is_deleted(room: TestClient) -> None:
    earlier = (now() - timedelta(minutes=30)).isoformat()
    entry = ask(room, "POST", "timeline", 201, text="Restarted the gateway", at=earlier, by="cy", pinned=True)
    assert entry["pinned"]
    other = ask(room, "POST", "timeline", 201, text="a wrong guess, password is hunter2!x")
    assert "hunter2!x" not in other["text"]
    ask(room, "PATCH", f"timeline/{other['id']}", hidden=True)
    assert "Restarted the gateway" in texts(room)
    assert other["text"] not in texts(room)
    assert other["text"] in texts(room, hidden=True)
    assert read(room, "timeline")["hidden"] == 1
    ask(room, "PATCH", "timeline/r99999", 404, pinned=True)
    ask(room, "POST", "timeline", 422, text="later", at="2999-01-01T00:00:00Z")


def test_messages_are_drafted_sent_word_for_word_and_reminded_of(room: TestClient, services: Services) -> None:
    services.webhooks.add("https://hooks.example.com/", list(Event))
    ask(room, "PATCH", "room", workaround="Use the web mail.")
    draft = read(room, "messages/draft", audience="users")
    assert "Use the web mail." in draft["text"]
    assert draft["next_update_minutes"] == 30
    text = draft["text"] + "\nSorry!"
    ask(room, "POST", "messages", 201, audience="users", subject=draft["subject"], text=text, next_update_minutes=30)
    ask(room, "POST", "messages", 201, audience="management", subject="m", text="t", next_update_minutes=60)
    found = read(room)
    assert [one["text"] for one in found["messages"]] == [text, "t"]
    assert found["next_update_at"] == found["messages"][0]["next_update_at"]
    assert not found["overdue"]
    later = datetime.now(UTC) + timedelta(minutes=31)
    assert [remind_of_updates(services, now=later) for _ in range(2)] == [1, 0]
    events = [delivery.event for delivery in services.webhooks.deliveries(limit=99)]
    assert events.count("major_incident.update_due") == 1
    assert events.count("major_incident.message") == 2
    assert room.get(f"{ROOM}/messages/draft", params={"audience": "nobody"}).status_code == 422


def test_new_alike_reports_join_while_it_is_open_and_others_do_not(room: TestClient, services: Services) -> None:
    put(services, "NEW1", "vpn does not connect from home")
    put(services, "OTHER", "the printer on the second floor jams")
    children = {one["number"]: one["how"] for one in read(room, "children")["children"]}
    assert children["NEW1"] == "alike"
    assert "OTHER" not in children
    life = room.get("/v1/incidents/NEW1/timeline").json()["events"]
    assert any(one["text"] == f"Joined the major incident {LEAD}" for one in life)
    room.delete(f"{ROOM}/children/NEW1", params={"by": "ann"})
    follow_up(services, [services.store.incident("NEW1")], now=now())
    assert "NEW1" not in {one["number"] for one in read(room, "children")["children"]}
    ask(room, "POST", "children", numbers=["OTHER", "NEW1"], by="ann")
    assert {"NEW1", "OTHER"} <= {one["number"] for one in read(room, "children")["children"]}
    ask(room, "POST", "children", 404, numbers=["NOSUCH"])
    ask(room, "POST", "resolve", resolution="done")
    put(services, "LATE", "vpn does not connect from home again")
    assert "LATE" not in {one["number"] for one in read(room, "children")["children"]}


def test_an_incident_that_is_older_than_it_joins_by_hand_only(room: TestClient, services: Services) -> None:
    first = now() - timedelta(hours=1)
    for number, opened_at in (("OLD", now() - timedelta(days=30)), ("EARLY", first - timedelta(minutes=50))):
        body = {"short_description": "vpn does not connect from home", "state": "new"}
        done = room.put(f"/v1/incidents/{number}", json=body | {"opened_at": opened_at.isoformat()})
        assert done.status_code in {200, 201}, done.text
    undated = Incident("UNDATED", "vpn does not connect from home", state="new")
    services.store.put_incidents([undated])
    follow_up(services, [undated], now=now())
    assert {one["number"] for one in read(room, "children")["children"]} == {*NUMBERS[1:], "EARLY", "UNDATED"}
    assert known_major(services, services.store.incident("OLD")) is None
    ask(room, "POST", "resolve", resolution="Gateway restarted.")
    assert services.store.incident("OLD").is_open
    assert not services.store.incident("EARLY").is_open


def test_resolving_resolves_the_children_tells_their_callers_and_closes_none(
    room: TestClient, services: Services
) -> None:
    services.webhooks.add("https://hooks.example.com/", list(Event))
    room.post("/v1/incidents/IN2/transitions", json={"to": "resolved", "by": "bo"})
    services.store.put_incidents([Incident("IN3", SUBJECTS[2], state="waiting")])
    done = ask(room, "POST", "resolve", resolution="Gateway restarted.", by="ann")
    assert sorted(done["resolved"]) == [LEAD, "IN3", "IN4"]
    for number in done["resolved"]:
        incident = services.store.incident(number)
        assert (incident.stage, incident.resolution) == ("resolved", "Gateway restarted.")
        last = room.get(f"/v1/incidents/{number}/timeline").json()["events"][-1]
        assert (last["kind"], last["by"], last["source"]) == ("resolved", "ann", "major")
    told = [one.event for one in services.webhooks.deliveries(limit=99)]
    assert told.count("major_incident.child_resolved") == 3
    ask(room, "POST", "resolve", 409, resolution="again")
    ask(room, "POST", "state", to="reviewed")
    ask(room, "POST", "state", to="closed")
    assert {services.store.incident(number).stage for number in NUMBERS} == {"resolved"}


OTHER = "/v1/major-incidents/ELSE1"
WAYS = {"open": [], "resolved": ["resolved"], "closed": ["resolved", "reviewed", "closed"]}


@pytest.fixture
def other(room: TestClient, services: Services) -> TestClient:
    """The API, once a second major incident is accepted."""
    for number in ("ELSE1", "ELSE2", "BYHAND", "ALIKE"):
        services.store.put_incidents([Incident(number, "mail does not arrive", state="new", opened_at=now())])
    services.major_proposals.join(["ELSE1", "ELSE2"], now())
    assert room.post(f"{OTHER}/decision", json={"decision": "accepted"}).status_code == 200
    assert room.post(f"{OTHER}/children", json={"numbers": ["BYHAND"]}).json()["joined"] == ["BYHAND"]
    follow_up(services, [services.store.incident("ALIKE")], now=now())
    assert children_of(services, "ELSE1") == {"ELSE2": "proposal", "BYHAND": "hand", "ALIKE": "alike"}
    return room


def children_of(services: Services, lead: str) -> dict[str, str]:
    return {child.number: child.how.value for child in services.major_rooms.children(lead)}


@pytest.mark.parametrize("before", ["open", "restored", "resolved", "closed", "demoted"])
def test_what_is_parted_again_is_as_it_was(other: TestClient, services: Services, before: str) -> None:
    for state in WAYS.get(before, [before]):
        assert other.post(f"{OTHER}/state", json={"to": state}).status_code == 200
    children, target = children_of(services, "ELSE1"), children_of(services, LEAD)
    room = services.major_rooms.get("ELSE1")
    for _ in range(2):
        assert other.post(f"{OTHER}/merge", json={"into": LEAD, "by": "ann"}).status_code == 200
        assert set(children_of(services, LEAD)) == {*target, *children, "ELSE1"}
        merged = other.get(f"{OTHER}/room").json()
        assert not {"open", "restored"} & {*merged["moves"], merged["state"]}
        assert other.post(f"{OTHER}/state", json={"to": "open"}).status_code == 409
        parted = other.post(f"{OTHER}/unmerge", json={"by": "ann"})
        assert parted.status_code == 200, parted.text
        assert (children_of(services, "ELSE1"), children_of(services, LEAD)) == (children, target)
        assert services.major_rooms.get("ELSE1") == room
    ask(other, "POST", "resolve", resolution="Gateway restarted.")
    assert {services.store.incident(number).is_open for number in ("ELSE1", *children)} == {True}


def test_one_that_is_worked_on_does_not_end_in_one_that_is_resolved(other: TestClient, services: Services) -> None:
    ask(other, "POST", "state", to="resolved")
    refused = other.post(f"{OTHER}/merge", json={"into": LEAD})
    assert refused.status_code == 409
    assert f"ELSE1 is worked on and {LEAD} is resolved: merge {LEAD} into ELSE1, or open" in refused.text
    assert services.major_rooms.get("ELSE1").state == "open"


def test_demoting_by_state_is_the_decision(room: TestClient, services: Services) -> None:
    services.webhooks.add("https://hooks.example.com/", list(Event))
    assert ask(room, "POST", "state", to="demoted", by="ann", note="one broken cable")["state"] == "demoted"
    decided = room.get(ROOM).json()
    assert (decided["decision"], decided["decided_by"]) == ("demoted", "ann")
    assert room.get("/v1/queue", params={"flag": "major"}).json()["total"] == 0
    assert [one.event for one in services.webhooks.deliveries(limit=9)] == ["major_incident.demoted"]
    assert "It is no longer a major incident: one broken cable" in texts(room)
    assert ask(room, "POST", "state", to="open", by="bo")["state"] == "open"
    assert room.get(ROOM).json()["decision"] == "accepted"
    assert room.get("/v1/queue", params={"flag": "major"}).json()["total"] == 4


def test_one_that_is_closed_stays_closed_whatever_is_decided_on_it(room: TestClient) -> None:
    for state in WAYS["closed"]:
        ask(room, "POST", "state", to=state)
    for decision in ("demoted", "accepted"):
        assert ask(room, "POST", "decision", decision=decision)["decision"] == decision
        assert read(room)["state"] == "closed"
    ask(room, "POST", "state", to="reviewed")
    assert ask(room, "POST", "decision", decision="demoted")["decision"] == "demoted"
    assert ask(room, "POST", "state", to="open")["state"] == "open"
    assert room.get(ROOM).json()["decision"] == "accepted"


def test_what_the_parent_waits_for_pauses_no_child(room: TestClient, services: Services) -> None:
    room.post(f"/v1/incidents/{LEAD}/transitions", json={"to": "waiting", "by": "ann"})
    assert services.store.incident(LEAD).stage == "waiting"
    assert {services.store.incident(number).stage for number in NUMBERS[1:]} == {"new"}
    assert {clock["state"] for clock in room.get("/v1/incidents/IN2/clocks").json()["clocks"]}.isdisjoint({"paused"})


def test_a_review_has_times_findings_and_actions_that_are_checked(room: TestClient, services: Services) -> None:
    ask(room, "PUT", "review", 409, summary="too early")
    ask(room, "POST", "resolve", resolution="Gateway restarted.")
    action = ask(room, "POST", "actions", 201, what="Second gateway | now", owner="net", check_days=7)
    written = ask(room, "PUT", "review", summary="<b>One</b> gateway failed.", cause="Old", done=True, by="ann")
    assert written["state"] == "reviewed"
    assert written["times"]["to_restore_seconds"] >= 3600
    assert written["timeline"]
    report = room.get(f"{ROOM}/review/report").text
    assert "# Review of major incident" in report
    page = room.get(f"{ROOM}/review/report", params={"format": "html"})
    assert "<b>One" not in page.text
    assert "Second gateway" in page.text
    done = ask(room, "PATCH", f"actions/{action['id']}", done=True, by="net")
    assert done["helped"] is None
    past = now() - timedelta(days=2)
    services.store.put_incidents(
        [Incident(f"OLD{at}", "vpn does not connect", opened_at=past, state="closed") for at in range(3)]
    )
    assert check_actions(services, now=datetime.now(UTC)) == []
    (checked,) = check_actions(services, now=datetime.now(UTC) + timedelta(days=8))
    assert (checked.before, checked.after, checked.helped) == (3, 0, True)
    assert check_actions(services, now=datetime.now(UTC) + timedelta(days=9)) == []


def test_a_disaster_is_told_from_a_major_incident_and_handed_over_once(room: TestClient, services: Services) -> None:
    assert read(room, "continuity")["met"] == []
    put(services, "HURT", "somebody is injured, send an ambulance")
    ask(room, "POST", "children", numbers=["HURT"])
    (met,) = read(room, "continuity")["met"]
    assert met["name"] == "People are in danger"
    assert "injured" in met["why"]
    given = ask(room, "POST", "continuity", note="plan B", by="ann")
    assert (given["handed_over_to"], given["handed_over_by"]) == ("Continuity manager", "ann")
    message = read(room)["messages"][-1]
    assert message["audience"] == "continuity"
    assert "Reports: 5" in message["text"]
    assert "Handed over to Continuity manager (continuity plan): plan B" in texts(room)
    ask(room, "POST", "continuity", 409)


def test_who_is_forgotten_leaves_the_room(room: TestClient, services: Services) -> None:
    ask(room, "PUT", "roles/manager", person="Ann Forget", by="Ann Forget")
    draft = read(room, "messages/draft")
    ask(room, "POST", "messages", 201, audience="users", subject=draft["subject"], text=draft["text"])
    erase(services.store.database, "Ann Forget")
    erase(services.store.database, "caller 0")
    assert "Ann Forget" not in room.get(f"{ROOM}/room").text + room.get(f"{ROOM}/timeline").text
    assert SUBJECTS[0] not in room.get(f"{ROOM}/room").text


def test_what_was_not_accepted_has_no_room(api: TestClient) -> None:
    for path in ("room", "timeline", "children", "review", "continuity", "messages/draft", "review/report"):
        assert api.get(f"{ROOM}/{path}").status_code == 404, path
    assert api.get(f"{ROOM}").status_code in {404, 200, 405}


def test_a_ticket_that_reports_it_is_known_with_the_workaround(room: TestClient) -> None:
    ask(room, "PATCH", "room", workaround="Use the web mail.")
    known = room.post("/v1/suggest", json={"short_description": "vpn does not connect from home"}).json()["major"]
    assert (known["id"], known["is_child"], known["workaround"]) == (LEAD, False, "Use the web mail.")
    child = room.post("/v1/suggest", json={"number": "IN2", "short_description": SUBJECTS[1]}).json()["major"]
    assert child["is_child"]
    assert room.post("/v1/suggest", json={"short_description": "the printer jams"}).json()["major"] is None
    ask(room, "POST", "resolve", resolution="done")
    assert room.post("/v1/suggest", json={"short_description": SUBJECTS[1]}).json()["major"] is None


def test_500_children_are_resolved_with_it_in_less_than_5_seconds(room: TestClient, services: Services) -> None:
    numbers = [f"MANY{at}" for at in range(500)]
    services.webhooks.add("https://hooks.example.com/", [Event.MAJOR_INCIDENT_CHILD_RESOLVED])
    services.store.put_incidents([Incident(number, "vpn is down", state="new", caller=number) for number in numbers])
    ask(room, "POST", "children", numbers=numbers)
    begun = time.monotonic()
    done = ask(room, "POST", "resolve", resolution="Gateway restarted.")
    took = time.monotonic() - begun
    assert len(done["resolved"]) == 504
    assert services.webhooks.waiting() == 504
    assert took < 5, f"{took:.1f} s"


def test_a_restricted_incident_leaves_no_room(room: TestClient) -> None:
    assert room.post(f"{ROOM}/decision", json={"decision": "demoted", "by": "ann"}).is_success
    assert room.put(f"/v1/security-incidents/{LEAD}", json={"kind": "phishing", "by": "ann"}).status_code == 200
    assert room.get(f"{ROOM}/room").status_code == 404


def undo(api: TestClient, act: str, status: int = 200, by: str = "bo") -> dict[str, Any]:
    found = api.post(f"/v1/acts/{act}/undo", json={"by": by})
    assert found.status_code == status, found.text
    return dict(found.json())


@pytest.mark.parametrize(
    ("part", "name", "body"), [("tasks", "title", {"title": "Call the provider"}), ("actions", "what", {"what": "Two"})]
)
def test_what_was_added_is_taken_back_unless_somebody_changed_it_since(
    room: TestClient, part: str, name: str, body: dict[str, str]
) -> None:
    before = read(room)[part]
    first = ask(room, "POST", part, 201, **body, by="ann")
    second = ask(room, "POST", part, 201, **body, by="ann")
    assert undo(room, first["undo"])["number"] == LEAD
    assert [one["id"] for one in read(room)[part]] == [*(one["id"] for one in before), second["id"]]
    assert texts(room)[-1] == f"{part.removesuffix('s').capitalize()} taken back: {first[name]}"
    assert undo(room, first["undo"], 409)["refused_undo"]["obstacle"] == "undone_already"
    ask(room, "PATCH", f"{part}/{second['id']}", done=True, by="cy")
    refused = undo(room, second["undo"], 409)["refused_undo"]
    assert (refused["obstacle"], refused["field"]) == ("changed_since", part.removesuffix("s"))
    assert read(room)[part][-1]["done_by"] == "cy"


def test_links_are_taken_back_as_if_they_had_never_been(room: TestClient, services: Services) -> None:
    put(services, "LONE", "all tills in the shop are dead")
    assert room.delete(f"{ROOM}/children/IN2").status_code == 204
    were = services.major_rooms.children(LEAD)
    linked = ask(room, "POST", "children", numbers=["LONE", "IN2", "IN3"], by="ann")
    assert sorted(linked["joined"]) == ["IN2", "LONE"]
    undo(room, linked["undo"])
    assert services.major_rooms.children(LEAD) == were
    assert [one.number for one in services.major_rooms.children(LEAD, left_too=True) if one.left_at] == ["IN2"]
    assert "Linking taken back" in texts(room)[-1]
    assert ask(room, "POST", "children", numbers=["IN3"])["undo"] is None


def test_links_are_not_taken_back_once_one_was_taken_out(room: TestClient, services: Services) -> None:
    for number in ("LONE", "ALONE"):
        put(services, number, f"all tills in the shop are dead {number}")
    linked = ask(room, "POST", "children", numbers=["LONE", "ALONE"], by="ann")
    room.delete(f"{ROOM}/children/LONE")
    assert undo(room, linked["undo"], 409)["refused_undo"]["field"] == "children"
    assert "ALONE" in [one.number for one in services.major_rooms.children(LEAD)]


def test_the_record_is_changed_as_it_was_read_or_not_at_all(room: TestClient) -> None:
    tag = room.get(f"{ROOM}/room").headers["etag"]
    assert tag == f'"{read(room)["version"]}"'
    ask(room, "POST", "timeline", 201, text="The provider is told.")
    assert room.get(f"{ROOM}/room").headers["etag"] == tag
    saved = room.patch(f"{ROOM}/room", json={"workaround": "Web mail."}, headers={"If-Match": tag})
    assert (saved.status_code, saved.json()["workaround"]) == (200, "Web mail.")
    late = room.patch(f"{ROOM}/room", json={"workaround": "A fax."}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["type"]) == (412, "/problems/edit-conflict")
    assert "read it again" in late.json()["detail"]
    fresh = {"If-Match": saved.headers["etag"]}
    assert room.patch(f"{ROOM}/room", json={"criteria": ["All sites"]}, headers=fresh).status_code == 200
    assert ask(room, "PATCH", "room", workaround="A fax.")["workaround"] == "A fax."


def test_of_two_who_save_at_the_same_moment_one_is_refused(room: TestClient) -> None:
    ask(room, "POST", "resolve", resolution="Restarted.")
    for method, path, field in (("PATCH", "room", "workaround"), ("PUT", "review", "summary")):
        tag = room.get(f"{ROOM}/{path}").headers["etag"]
        gate = Barrier(2)

        def save(text: str, method: str = method, path: str = path, field: str = field, tag: str = tag) -> int:
            gate.wait()  # noqa: B023 (both of one round meet at its own)
            found = room.request(method, f"{ROOM}/{path}", json={field: text}, headers={"If-Match": tag})
            return found.status_code

        with ThreadPoolExecutor(2) as pool:
            answers = dict(zip(("one", "two"), pool.map(save, ("one", "two")), strict=True))
        assert sorted(answers.values()) == [200, 412]
        (kept,) = [text for text, status in answers.items() if status == 200]
        now_there = read(room)["workaround"] if path == "room" else read(room, "review")["text"]["summary"]
        assert now_there == kept
