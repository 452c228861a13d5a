"""The board over HTTP: what stands where, and limits that hold for what people do here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from mcp import Client

from app.api.application import create_app
from app.composition import Services, open_services
from app.mcp_server import mcp_server
from app.services.queue import refresh_queue
from kb.practice.board import NO_LIMITS
from kb.practice.practice_file import PRACTICE_FILE
from kb.records.api_key import Scope
from kb.records.incident import Incident
from kb.service.board import BoardFilter
from kb.vocabulary.stage import Stage
from tests.concurrency import at_once

CALENDARS = "calendars: {always: {zone: UTC, hours: {every day: 00:00-24:00}}}\n"
NOW = datetime.now(UTC)
STATES = {Stage.NEW: "new", Stage.ASSIGNED: "assigned", Stage.IN_PROGRESS: "in progress", Stage.WAITING: "on hold"}


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
        monkeypatch.setenv("TRIAGE_DATABASE_URL", new())
    (tmp_path / PRACTICE_FILE).write_text(CALENDARS)
    with open_services(tmp_path) as services:
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    """The app without its background work."""
    return TestClient(create_app(services, hosts=["testserver"]))


def practise(services: Services, text: str) -> None:
    (services.home / PRACTICE_FILE).write_text(CALENDARS + text)


def put(services: Services, *numbers: str, stage: Stage = Stage.NEW, **values: Any) -> None:
    given = {"state": STATES.get(stage, stage.value), "stage": stage, "opened_at": NOW - timedelta(hours=2), **values}
    services.store.put_incidents([Incident(number, description=f"ticket {number}", **given) for number in numbers])


def board(api: TestClient, **asked: Any) -> dict[str, Any]:
    answer = api.get("/v1/board", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def move(api: TestClient, number: str, to: str = "in_progress", **more: Any) -> Any:
    return api.post(f"/v1/incidents/{number}/transitions", json={"to": to, **more})


def cells(lane: dict[str, Any]) -> dict[str, list[str]]:
    return {cell["stage"]: [card["number"] for card in cell["cards"]] for cell in lane["cells"] if cell["count"]}


def counts(api: TestClient, stage: str = "in_progress") -> int:
    return sum(cell["count"] for lane in board(api)["lanes"] for cell in lane["cells"] if cell["stage"] == stage)


@pytest.mark.parametrize("name", ["group", "service", "person"])
def test_a_board_is_narrowed_to_something(api: TestClient, services: Services, name: str) -> None:
    field = {"group": "assignment_group", "service": "service", "person": "assigned_to"}[name]
    put(services, "IN", **{field: "Network"})
    put(services, "OUT", **{field: "Mail"})
    assert [cells(lane) for lane in board(api, **{name: "Network"})["lanes"]] == [{}, {"new": ["IN"]}]
    assert api.get("/v1/board", params={name: ""}).status_code == 422


def test_a_card_says_since_when_it_is_there_only_where_that_was_told(api: TestClient, services: Services) -> None:
    opened, assigned = NOW - timedelta(days=2), NOW - timedelta(days=1)
    put(services, "NEW", opened_at=opened)
    put(services, "GIVEN", stage=Stage.ASSIGNED, opened_at=opened, assigned_at=assigned, assignment_group="Network")
    put(services, "SEEN", stage=Stage.IN_PROGRESS, opened_at=opened, updated_at=assigned)
    put(services, "MOVED", stage=Stage.WAITING, opened_at=opened)
    move(api, "MOVED")
    found = board(api)
    cards = [card for lane in found["lanes"] for cell in lane["cells"] for card in cell["cards"]]
    since = {card["number"]: card["since"] and datetime.fromisoformat(card["since"]) for card in cards}
    assert (since["NEW"], since["GIVEN"], since["SEEN"]) == (
        opened.replace(microsecond=0),
        assigned.replace(microsecond=0),
        None,
    )
    assert since["MOVED"] is not None
    assert since["MOVED"] >= NOW.replace(microsecond=0)


def test_incidents_stand_in_lanes_and_columns_the_fullest_lane_below_the_expedite_lane(
    api: TestClient, services: Services
) -> None:
    put(services, "N1", "N2", assignment_group="Network", priority="3")
    put(services, "N3", stage=Stage.WAITING, assignment_group="Network")
    put(services, "M1", stage=Stage.IN_PROGRESS, assignment_group="Mail", assigned_to="ann")
    put(services, "C1", stage=Stage.IN_PROGRESS, assignment_group="Mail", priority="1 - Critical")
    put(services, "NOBODYS")
    put(services, "R1", stage=Stage.RESOLVED, resolved_at=NOW - timedelta(hours=3), assignment_group="Mail")
    put(services, "R2", stage=Stage.RESOLVED, resolved_at=NOW - timedelta(days=3), assignment_group="Mail")
    put(services, "X1", stage=Stage.CANCELLED, assignment_group="Mail")
    found = board(api, by="group")
    assert [(lane["name"], lane["expedite"], lane["count"]) for lane in found["lanes"]] == [
        (None, True, 1),
        ("Network", False, 3),
        ("Mail", False, 2),
        (None, False, 1),
    ]
    assert [cells(lane) for lane in found["lanes"]] == [
        {"in_progress": ["C1"]},
        {"new": ["N1", "N2"], "waiting": ["N3"]},
        {"in_progress": ["M1"], "resolved": ["R1"]},
        {"new": ["NOBODYS"]},
    ]
    assert [column["stage"] for column in found["columns"]] == ["new", "assigned", "in_progress", "waiting", "resolved"]
    (everything,) = board(api)["lanes"][1:]
    assert everything["count"] == 6
    assert cells(board(api, group="Mail")["lanes"][1]) == {"in_progress": ["M1"], "resolved": ["R1"]}
    assert cells(board(api, person="ann")["lanes"][1]) == {"in_progress": ["M1"]}
    (card,) = found["lanes"][2]["cells"][2]["cards"]
    assert (card["subject"], card["person"], card["group"], card["flags"]) == ("ticket M1", "ann", "Mail", [])
    assert card["moves"][0] == "resolved"


def test_cards_come_by_priority_and_in_pages(api: TestClient, services: Services) -> None:
    for at in range(7):
        put(services, f"T{at}", priority=str(5 - at % 3), opened_at=NOW - timedelta(hours=at + 1))
    while refresh_queue(services):
        pass
    first, second = (board(api, limit=3, offset=offset)["lanes"][1]["cells"][0] for offset in (0, 3))
    assert first["count"] == second["count"] == 7
    listed = [card["number"] for card in (*first["cards"], *second["cards"])]
    assert listed == ["T5", "T2", "T4", "T1", "T6", "T3"]


def test_lanes_come_in_pages(api: TestClient, services: Services) -> None:
    for at in range(4):
        put(services, *(f"{at}-{each}" for each in range(at + 1)), service=f"S{at}")
    found = board(api, by="service", lanes=2, lanes_offset=1)
    assert ([lane["name"] for lane in found["lanes"]], found["total_lanes"]) == ([None, "S2", "S1"], 4)


def test_a_full_column_refuses_unless_somebody_says_why(api: TestClient, services: Services) -> None:
    practise(services, "board: {over_limit: refuse, columns: {in_progress: 1}}")
    put(services, "A", "B", "C", assignment_group="Network", caller="Mary Major")
    assert move(api, "A").json()["warnings"] == []
    refused = move(api, "B", by="ann")
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/over-limit"
    assert "the column in progress has 1 of at most 1 incidents" in refused.json()["detail"]
    assert refused.json()["errors"][0]["field"] == "in_progress"
    column = {"kind": "column", "stage": "in_progress", "name": None, "limit": 1, "count": 1}
    assert refused.json()["exceeded"] == [column]
    assert api.get("/v1/incidents/B").json()["stage"] == "new"
    assert [event["text"] for event in api.get("/v1/incidents/B/timeline").json()["events"]] == [
        "Registered for Network"
    ]
    let_in = move(api, "B", by="ann", override="the board asked; the password is Tr0ub4dor3-Xk")
    assert let_in.status_code == 200
    assert let_in.json()["warnings"] == ["the column in progress has 1 of at most 1 incidents"]
    assert let_in.json()["exceeded"] == [column]
    told = api.get("/v1/incidents/B/timeline").json()["events"][-1]
    assert told["by"] == "ann"
    assert told["text"].startswith("Beyond a limit, since the board asked; the password is [masked: password] (the")
    found = board(api)
    assert found["columns"][2]["load"] == {"limit": 1, "count": 2, "over": True}
    assert move(api, "C", override=" ").status_code == 409


def test_a_warning_lets_the_move_through(api: TestClient, services: Services) -> None:
    practise(services, "board: {columns: {in_progress: 0}}")
    put(services, "A")
    done = move(api, "A").json()
    assert (done["stage"], done["warnings"]) == (
        "in_progress",
        ["the column in progress has 0 of at most 0 incidents"],
    )


def test_a_lane_is_full_while_others_have_room(api: TestClient, services: Services) -> None:
    practise(services, "board: {over_limit: refuse, lanes: {by: group, columns: {in_progress: 1}}}")
    put(services, "A", "B", assignment_group="Network")
    put(services, "C", assignment_group="Mail")
    assert [move(api, number).status_code for number in "ABC"] == [200, 409, 200]
    lanes = board(api, by="group")["lanes"]
    assert {lane["name"]: lane["cells"][2]["load"] for lane in lanes if lane["name"]} == {
        "Network": {"limit": 1, "count": 1, "over": False},
        "Mail": {"limit": 1, "count": 1, "over": False},
    }
    act = {"number": "C", "act": "set", "fields": {"assignment_group": "Network"}}
    (result,) = api.post("/v1/queue/acts", json={"acts": [act]}).json()["results"]
    assert (result["status"], api.get("/v1/incidents/C").json()["assignment_group"]) == ("refused", "Mail")


def test_a_person_takes_no_more_than_the_limit_but_what_a_system_reports_is_kept(
    api: TestClient, services: Services
) -> None:
    practise(services, "board: {over_limit: refuse, person: 1}")
    put(services, "A", "B", "C", assignment_group="Network")

    def give(number: str, **more: str) -> Any:
        act = {"number": number, "act": "set", "fields": {"assigned_to": "ann"}, **more}
        return api.post("/v1/queue/acts", json={"acts": [act], "by": "lead"}).json()["results"][0]

    assert give("A")["status"] == "done"
    refused = give("B")
    assert refused["status"] == "refused"
    assert "the work of ann has 1 of at most 1 incidents" in refused["reason"]
    assert refused["exceeded"] == [{"kind": "person", "stage": None, "name": "ann", "limit": 1, "count": 1}]
    assert refused["warnings"] == []
    let_in = give("B", override="she knows it")
    assert let_in["exceeded"] == refused["exceeded"]
    assert (let_in["status"], len(let_in["warnings"])) == ("done", 1)
    assert "she knows it" in api.get("/v1/incidents/B/timeline").json()["events"][-1]["text"]
    assert api.put("/v1/incidents/C", json={"description": "c", "assigned_to": "ann", "state": "new"}).is_success
    assert board(api)["people"] == [{"person": "ann", "limit": 1, "count": 3, "over": True}]


def test_the_expedite_lane_has_a_limit_and_takes_no_room_from_others(api: TestClient, services: Services) -> None:
    practise(services, "board: {over_limit: refuse, columns: {in_progress: 1}, expedite: {limit: 2}}")
    put(services, "A", "B", priority="1", stage=Stage.ASSIGNED, assignment_group="Network")
    put(services, "C", priority="2", assignment_group="Network")
    assert [move(api, number).status_code for number in "ABC"] == [200, 200, 200]
    act = {"number": "C", "act": "set", "fields": {"priority": "1"}}
    (result,) = api.post("/v1/queue/acts", json={"acts": [act]}).json()["results"]
    assert result["status"] == "refused"
    assert "the expedite lane has 2 of at most 2 incidents" in result["reason"]


def test_a_move_is_undone_while_there_is_room(api: TestClient, services: Services) -> None:
    practise(services, "board: {over_limit: refuse, columns: {in_progress: 1}}")
    put(services, "A", "B", assignment_group="Network")
    move(api, "A")
    undo = move(api, "A", "waiting").json()["undo"]
    move(api, "B")
    full = api.post(f"/v1/acts/{undo}/undo", json={})
    assert (full.status_code, full.json()["type"]) == (409, "/problems/over-limit")
    assert api.get("/v1/incidents/A").json()["stage"] == "waiting"
    back = move(api, "B", "new").json()["undo"]
    assert api.post(f"/v1/acts/{undo}/undo", json={}).json()["stage"] == "in_progress"
    assert api.post(f"/v1/acts/{undo}/undo", json={}).status_code == 409
    assert api.post(f"/v1/acts/{back}/undo", json={}).status_code == 409
    cancelled = move(api, "B", "cancelled").json()["undo"]
    assert api.post(f"/v1/acts/{cancelled}/undo", json={}).json()["stage"] == "new"


def test_what_closes_or_reopens_cannot_be_undone_and_no_queue_act_moves(api: TestClient, services: Services) -> None:
    put(services, "A", assignment_group="Network")
    assert move(api, "A", "resolved").json()["undo"] is not None
    assert move(api, "A", "closed").json()["undo"] is None
    assert move(api, "A", "in_progress").json()["undo"] is None
    answer = api.post("/v1/queue/acts", json={"acts": [{"number": "A", "act": "move"}]})
    assert answer.status_code == 422


def test_twenty_at_once_fill_a_column_to_its_limit(api: TestClient, services: Services) -> None:
    practise(services, "board: {over_limit: refuse, columns: {in_progress: 7}}")
    numbers = [f"T{at}" for at in range(20)]
    put(services, *numbers, assignment_group="Network")
    answers = at_once([lambda number=number: move(api, number) for number in numbers])
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [409] * 13
    assert counts(api) == 7
    moved = {number for number, answer in zip(numbers, answers, strict=True) if answer.status_code == 200}
    assert {one.number for one in services.store.incidents_of(numbers) if one.stage is Stage.IN_PROGRESS} == moved


def test_a_practice_with_a_mistake_keeps_nobody_from_working(api: TestClient, services: Services) -> None:
    practise(services, "board: {columns: {in_progress: many}}")
    put(services, "A")
    assert move(api, "A").status_code == 200
    assert counts(api) == 1


@pytest.mark.parametrize("asked", [{"by": "person"}, {"limit": 0}, {"limit": 101}, {"lanes": 51}, {"offset": -1}])
def test_what_no_board_can_show_is_refused(api: TestClient, asked: dict[str, Any]) -> None:
    assert api.get("/v1/board", params=asked).status_code == 422


def test_what_is_removed_after_the_queue_was_read_is_not_on_the_board(services: Services) -> None:
    put(services, "A", "B")
    services.queue.catch_up()
    services.store.remove("A")
    wanted = BoardFilter(NOW - timedelta(days=1))
    everything = services.board.picture(wanted, NO_LIMITS, lanes=1, cards=9).lanes[1]
    assert [card.number for card in everything.cells[0].cards] == ["B"]


REFUSED = "board: {over_limit: refuse, lanes: {by: group, columns: {in_progress: 1}}}\n"


def assigned(api: TestClient, way: str, number: str, **more: Any) -> int:
    """Decide that the group of an incident is Network, in one of the ways to do so; returns the status."""
    decision = {"field": "assignment_group", "chosen": "Network", "by": "ann", **more}
    if way == "feedback":
        return api.post("/v1/feedback", json={"number": number, **decision}).status_code
    record = {"description": f"ticket {number}", "state": "in progress", "assignment_group": "Mail"}
    return api.put(f"/v1/incidents/{number}", json={**record, "decisions": [decision]}).status_code


@pytest.mark.parametrize("way", ["feedback", "decisions"])
def test_limits_hold_for_what_a_person_decides_on_a_field(api: TestClient, services: Services, way: str) -> None:
    practise(services, REFUSED)
    put(services, "FULL", stage=Stage.IN_PROGRESS, assignment_group="Network")
    put(services, "N", stage=Stage.IN_PROGRESS, assignment_group="Mail")
    events = len(services.store.events.of("N"))
    assert assigned(api, way, "N") == 409
    assert services.store.incident("N").assignment_group == "Mail"
    assert len(services.store.events.of("N")) == events
    assert services.store.feedback.all(number="N") == []
    assert assigned(api, way, "N", override="only they know it") in {200, 201}
    assert services.store.incident("N").assignment_group == "Network"
    (note,) = [one for one in services.store.events.of("N") if "beyond a limit" in str(one.after.get("note"))]
    assert "only they know it" in str(note.after)
    assert note.by == "ann"
    assert assigned(api, way, "N") in {200, 201}  # which changes nothing any more


def test_limits_hold_for_what_another_program_corrects_for_a_person(services: Services) -> None:
    practise(services, REFUSED)
    put(services, "FULL", stage=Stage.IN_PROGRESS, assignment_group="Network")
    put(services, "N", stage=Stage.IN_PROGRESS, assignment_group="Mail")
    decision = {"number": "N", "field": "assignment_group", "chosen": "Network", "by": "ann"}

    async def correct() -> None:
        async with Client(mcp_server(services, [Scope.WRITE])) as client:
            refused = await client.call_tool("correct", decision)
            assert refused.is_error
            assert "N stays where it is" in refused.content[0].text
            assert not (await client.call_tool("correct", decision | {"override": "only they know it"})).is_error

    asyncio.run(correct())
    assert services.store.incident("N").assignment_group == "Network"


def test_what_a_ticket_system_reports_is_kept_as_it_comes(api: TestClient, services: Services) -> None:
    practise(services, REFUSED)
    put(services, "FULL", stage=Stage.IN_PROGRESS, assignment_group="Network")
    put(services, "N", stage=Stage.IN_PROGRESS, assignment_group="Mail")
    reported = {"number": "N", "outcome": "reassigned", "assignment_group": "Network", "by": "ann"}
    assert api.post("/v1/outcomes", json=reported).status_code == 200
    record = {"description": "ticket P", "state": "in progress", "assignment_group": "Network"}
    assert api.put("/v1/incidents/P", json=record).status_code == 200
    assert counts(api) == 3
