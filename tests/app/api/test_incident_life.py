"""The life of an incident over HTTP: it is moved, and everything that happened to it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from kb.records.article import Article
from kb.records.incident import Incident
from kb.vocabulary.moves import read_moves
from kb.vocabulary.stage import Stage
from tests.concurrency import at_once
from tests.conftest import triage

OPENED = "2026-11-01T08:00:00Z"
FILED = {"short_description": "no mail", "state": "new", "opened_at": OPENED, "assignment_group": "Service Desk"}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path) as opened:
        yield opened


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False) as client:
        yield client


def put(api: TestClient, **fields: Any) -> None:
    assert api.put("/v1/incidents/1", json=FILED | fields).is_success


def move(api: TestClient, to: str, **more: Any) -> Any:
    return api.post("/v1/incidents/1/transitions", json={"to": to, **more})


def timeline(api: TestClient) -> Any:
    answer = api.get("/v1/incidents/1/timeline")
    assert answer.is_success, answer.text
    return answer.json()


def test_a_life_is_told_in_sentences(api: TestClient, services: Services) -> None:
    services.store.articles.put([Article(id="K1", title="Mail", resolution="1. Restart.")])
    put(api, priority="3")
    feedback = {"number": "1", "by": "ada"}
    api.post("/v1/feedback", json=feedback | {"field": "priority", "suggested": "3", "chosen": "2"})
    api.post("/v1/feedback", json=feedback | {"field": "category", "suggested": "Mail", "chosen": "Mail"})
    api.post("/v1/outcomes", json={"number": "1", "outcome": "reassigned", "assignment_group": "Network", "by": "ada"})
    move(api, "in_progress", by="bob")
    move(api, "waiting", by="bob", note="asked for the model")
    api.post("/v1/incidents/1/articles", json={"article": "K1", "by": "bob"})
    move(api, "resolved", by="bob")
    move(api, "closed", by="bob")
    told = timeline(api)
    assert [(event["text"], event["by"]) for event in told["events"]] == [
        ("Registered for Service Desk", None),
        ("Changed priority from 3 to 2", "ada"),
        ("Confirmed Mail as category", "ada"),
        ("Changed category to Mail", "ada"),
        ("Reassigned from Service Desk to Network", "ada"),
        ("Accepted for work", "bob"),
        ("Set to wait: asked for the model", "bob"),
        ("Linked article K1", "bob"),
        ("Resolved", "bob"),
        ("Closed", "bob"),
    ]
    (confirmed,) = [event["said"] for event in told["events"] if event["said"]]
    assert confirmed == {"what": "confirmed", "value": "Mail", "field": "category"}
    assert told["owner"] == {"group": "Network", "person": "bob"}
    assert told["hops"] == 1
    moments = [event["happened_at"] for event in told["events"]]
    assert moments == sorted(moments)
    assert moments[0] == OPENED


def test_an_unknown_incident_has_no_timeline_and_makes_no_move(api: TestClient) -> None:
    assert api.get("/v1/incidents/9/timeline").status_code == 404
    assert move(api, "closed").status_code == 404


def test_every_move_is_made_or_refused_with_its_reason(api: TestClient, services: Services) -> None:
    moves = read_moves()
    states = {stage: names[0] for stage, names in moves.names.items()} | {Stage.UNKNOWN: "up in the air"}
    for before, after in product(Stage, Stage):
        services.store.put_incidents([Incident("1", "no mail", state=states[before], assignment_group="Desk")])
        services.store.update("1", lambda one, before=before: one.in_state(states[before], before))
        answer, refusal = move(api, after.value), moves.refusal(before, after)
        if refusal is None:
            assert (answer.status_code, answer.json()["stage"]) == (200, after.value), answer.text
            assert answer.json()["state"] == states[after]
        else:
            assert answer.status_code == 409
            assert refusal.reason in answer.json()["detail"]
            for legal in moves.legal[before]:
                assert legal.value.replace("_", " ") in answer.json()["detail"]


def test_moves_set_the_times_and_counts_that_follow(api: TestClient) -> None:
    put(api)
    resolved = move(api, "resolved").json()
    assert resolved["resolved_at"]
    assert resolved["moves"] == ["closed", "in_progress", "assigned"]
    closed = move(api, "closed").json()
    assert (closed["resolved_at"], bool(closed["closed_at"])) == (resolved["resolved_at"], True)
    put(api)  # a record that does not know of the closing takes nothing back
    assert api.get("/v1/incidents/1").json()["stage"] == "closed"
    reopened = move(api, "in_progress").json()
    assert (reopened["reopen_count"], reopened["resolved_at"], reopened["closed_at"]) == (1, None, None)
    assert (
        api.get("/v1/outcomes").json()["counts"] | {"closed": 1, "reopened": 1}
        == api.get("/v1/outcomes").json()["counts"]
    )


def test_a_refused_move_is_told_as_values(api: TestClient) -> None:
    put(api)
    assert move(api, "closed").json()["refused_move"] == {
        "number": "1",
        "stage": "new",
        "to": "closed",
        "obstacle": "resolve_first",
        "moves": ["assigned", "in_progress", "waiting", "resolved", "cancelled"],
    }
    assert move(api, "new").json()["refused_move"]["obstacle"] == "already"
    assert "refused_move" not in move(api, "bananas").json()


def test_an_assigned_incident_has_an_owner(api: TestClient) -> None:
    put(api, assignment_group=None)
    assert "assigned" not in api.get("/v1/incidents/1").json()["moves"]
    refused = move(api, "assigned")
    assert refused.status_code == 409
    assert "neither a group nor a person" in refused.json()["detail"]


def test_what_the_organisation_calls_a_stage_is_kept_to(api: TestClient) -> None:
    put(api)
    api.put("/v1/states", json={"meanings": {"on hold": "cancelled"}})
    waiting = move(api, "waiting").json()
    assert (waiting["stage"], waiting["state"]) == ("waiting", "pending")


@pytest.mark.parametrize(
    ("wanted", "stage"),
    [("On Hold", "waiting"), ("in progress", "in_progress"), ("Awaiting Caller", "waiting"), ("Gelöst", "resolved")],
)
def test_a_state_of_another_tool_means_a_stage(api: TestClient, wanted: str, stage: str) -> None:
    put(api)
    moved = move(api, wanted)
    assert (moved.status_code, moved.json().get("stage")) == (200, stage), moved.text


def test_what_the_organisation_calls_a_state_goes_before_the_words_of_tools(api: TestClient) -> None:
    put(api)
    api.put("/v1/states", json={"meanings": {"on hold": "cancelled", "Zack": "waiting", "waiting": "resolved"}})
    assert move(api, "Zack").json()["stage"] == "waiting"
    assert "it is waiting already" in move(api, "waiting").json()["detail"]
    assert move(api, "On-Hold").json()["stage"] == "cancelled"


def test_a_state_that_nobody_knows_is_refused_with_those_that_exist(api: TestClient, services: Services) -> None:
    put(api)
    refused = move(api, "bananas")
    assert refused.status_code == 422
    assert 'to: no state is called "bananas"; write one of new, assigned, in_progress' in refused.json()["detail"]
    assert "to: names no state; write one of new, assigned" in move(api, " ").json()["detail"]
    told = triage("--home", str(services.home), "move", "1", "bananas", status=2)
    assert 'no state is called "bananas"; write one of new, assigned, in_progress' in told.stderr
    assert [event["kind"] for event in timeline(api)["events"]] == ["registered"]


def test_a_note_is_kept_without_its_secrets(api: TestClient) -> None:
    put(api)
    move(api, "waiting", note="password: Sommer2024!")
    assert "Sommer2024" not in api.get("/v1/incidents/1/timeline").text


@pytest.mark.parametrize("body", [{}, {"to": "nowhere"}, {"to": None}, {"to": "closed", "note": "x" * 20_000}])
def test_a_body_that_says_no_stage_is_refused(api: TestClient, body: dict[str, Any]) -> None:
    put(api)
    assert api.post("/v1/incidents/1/transitions", json=body).status_code == 422


def test_the_command_line_moves_and_tells_the_same(api: TestClient, services: Services) -> None:
    put(api)
    home = ("--home", str(services.home))
    moved = json.loads(triage(*home, "move", "1", "waiting", "--by", "ann", "--note", "asked her", "--json").stdout)
    assert (moved["stage"], moved["warnings"]) == ("waiting", [])
    assert json.loads(triage(*home, "timeline", "1", "--json").stdout) == timeline(api)
    told = triage(*home, "timeline", "1")
    assert "2026-11-01 08:00  Registered for Service Desk" in told.stdout
    assert "Set to wait: asked her (ann)" in told.stdout
    assert "owner: Service Desk; from group to group: 0" in told.stderr + told.stdout
    assert json.loads(triage(*home, "move", "1", "Work in Progress", "--json").stdout)["stage"] == "in_progress"
    assert "1 is waiting" in triage(*home, "move", "1", "On Hold").stderr
    refused = triage(*home, "move", "1", "closed", status=1)
    assert "1 cannot go from waiting to closed: it is resolved before it is closed" in refused.stderr


def test_what_changes_no_field_is_added_to_the_timeline(api: TestClient, services: Services) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    services.store.put_incidents([Incident("E1", "no mail", state="new", opened_at=an_hour_ago)])
    before = api.get("/v1/incidents/E1").json()
    answered = {"kind": "responded", "by": "ann", "note": "password: Xk9!Tr0ub4", "at": an_hour_ago.isoformat()}
    told = api.post("/v1/incidents/E1/events", json=answered)
    assert told.status_code == 201
    assert (told.json()["kind"], told.json()["by"], told.json()["source"]) == ("responded", "ann", "api")
    assert told.json()["text"] == "The caller got an answer: password: [masked: password]"
    early = {"kind": "responded", "at": (an_hour_ago - timedelta(minutes=1)).isoformat()}
    refused = api.post("/v1/incidents/E1/events", json=early)
    assert (refused.status_code, "lies before E1 was registered" in refused.json()["detail"]) == (422, True)
    assert api.post("/v1/incidents/E1/events", json={"kind": "noted", "note": "rang twice"}).status_code == 201
    events = api.get("/v1/incidents/E1/timeline").json()["events"]
    assert [event["kind"] for event in events] == ["registered", "responded", "noted"]
    assert api.get("/v1/incidents/E1").json() == before


def test_the_command_line_adds_to_the_timeline(api: TestClient, services: Services) -> None:
    put(api)
    home = ("--home", str(services.home))
    said = ("--note", "rang her", "--by", "ann", "--at", "2026-11-02T09:30+01:00")
    added = json.loads(triage(*home, "timeline", "1", "--add", "responded", *said, "--json").stdout)
    assert (added["kind"], added["happened_at"], added["by"]) == ("responded", "2026-11-02T08:30:00Z", "ann")
    told = triage(*home, "timeline", "1", "--add", "noted", "--note", "she calls back")
    assert "She calls back" in told.stderr
    assert [event["kind"] for event in timeline(api)["events"]] == ["registered", "responded", "noted"]
    for wrong, reason in [
        (("--add", "noted"), "noted needs --note"),
        (("--add", "resolved", "--note", "x"), "resolved: is none of detected, responded, worked_on, escalated, noted"),
        (("--note", "x"), "--note, --by and --at are of an event that is added"),
        (("--add", "noted", "--note", "x", "--at", "soon"), "soon: is not a moment such as 2026-01-31T09:30"),
        (("--add", "noted", "--note", "x", "--at", "2999-01-01"), "at: lies in the future"),
    ]:
        refused = " ".join(triage(*home, "timeline", "1", *wrong, status=2).stderr.replace("│", " ").split())
        assert reason in refused, refused


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"kind": "noted"}, "note must say what happened"),
        ({"kind": "noted", "note": "  "}, "note must say what happened"),
        ({"kind": "resolved"}, "kind: Input should be 'detected', 'responded', 'worked_on', 'escalated' or 'noted'"),
        ({"kind": "responded", "at": "2099-01-01T00:00:00Z"}, "at: lies in the future"),
        ({"kind": "responded", "at": "0001-01-01T00:00:00Z"}, "at: lies before 1970"),
        ({"kind": "responded", "at": "soon"}, "at: Input should be a valid datetime"),
    ],
)
def test_an_event_that_cannot_be_is_refused(api: TestClient, body: dict[str, Any], told: str) -> None:
    answer = api.post("/v1/incidents/INC1/events", json=body)
    assert answer.status_code == 422
    assert told in answer.json()["detail"]
    assert api.post("/v1/incidents/NOPE/events", json={"kind": "responded"}).status_code == 404


def test_a_body_that_cannot_be_read_is_told_in_words(api: TestClient) -> None:
    answer = api.post("/v1/incidents/INC1/transitions", content=b'{"to":', headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "body: is not JSON, from character 6 on")
    acts = {"acts": [{"number": "INC1", "act": "fly"}]}
    told = api.post("/v1/queue/acts", json=acts).json()["detail"]
    assert told == "acts.0.act: Input should be 'accept', 'set' or 'resolve'"
    told = api.post("/v1/queue/acts", content=b"x", headers={"content-type": "text/plain"}).json()["detail"]
    assert told == "body: send a JSON object, with the content type application/json"


def test_of_several_who_make_the_same_move_one_does(api: TestClient) -> None:
    put(api)
    answers = at_once([partial(move, api, "resolved") for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert [event["kind"] for event in timeline(api)["events"]] == ["registered", "resolved"]
