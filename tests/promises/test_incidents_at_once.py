"""Incidents and what becomes of them at the same moment: nothing that was acknowledged is lost."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.ingestion import follow_up
from app.services.outcomes import record_outcome
from kb.privacy.masking import Masked, Masking
from kb.records.article import State
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.outcome import Outcome, OutcomeKind
from kb.records.webhook import Event
from kb.service.outcomes import Outcomes
from kb.service.webhooks import Webhooks
from kb.storage.incident_store import IncidentStore
from tests.concurrency import Call, at_once, counted_transactions
from tests.conftest import printers_and_vpn, served
from training.learn import learn
from triage.corrections import teach

FILED = {"short_description": "mail does not arrive", "state": "new", "category": "Mail", "assignment_group": "Desk"}
RESOLVED = {**FILED, "state": "resolved", "resolution": "The queue was full.", "priority": "1"}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path / "home") as services:
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    """The app without its background work, so that nothing else happens meanwhile."""
    return TestClient(create_app(services, hosts=["testserver"]))


def put(api: httpx.Client, number: str, body: dict[str, Any]) -> Call:
    return partial(api.put, f"/v1/incidents/{number}", json=body)


def outcome(api: httpx.Client, number: str, kind: str, **more: str) -> Call:
    return partial(api.post, "/v1/outcomes", json={"number": number, "outcome": kind, **more})


def link(api: httpx.Client, number: str, article: str) -> Call:
    return partial(api.post, f"/v1/incidents/{number}/articles", json={"article": article})


def correct(api: httpx.Client, number: str, field: str, suggested: str, chosen: str) -> Call:
    body = {"number": number, "field": field, "suggested": suggested, "chosen": chosen}
    return partial(api.post, "/v1/feedback", json=body)


def read(api: httpx.Client, number: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/v1/incidents/{number}").json()
    return found


def filed(api: httpx.Client, name: str, rounds: int) -> Iterator[str]:
    """Numbers of incidents that were just filed."""
    for round_ in range(rounds):
        number = f"{name}-{round_}"
        assert put(api, number, FILED)().is_success
        yield number


def all_done(calls: list[Call], first: int) -> None:
    """Make calls at the same moment, in an order that changes from round to round; each is acknowledged."""
    first %= len(calls)
    answers = at_once(calls[first:] + calls[:first])
    assert {answer.status_code for answer in answers} <= {httpx.codes.OK, httpx.codes.CREATED}


def resolve_beside_a_link(api: httpx.Client, rounds: int) -> None:
    for turn, number in enumerate(filed(api, "RL", rounds)):
        all_done([put(api, number, RESOLVED), link(api, number, "K1"), link(api, number, "K2")], turn)
        found = read(api, number)
        assert (found["state"], found["resolution"], found["priority"]) == ("resolved", RESOLVED["resolution"], "1")
        assert sorted(found["articles"]) == ["K1", "K2"]


def resolve_beside_outcomes(api: httpx.Client, rounds: int) -> None:
    for turn, number in enumerate(filed(api, "RO", rounds)):
        reassigned = outcome(api, number, "reassigned", assignment_group="Network")
        linked = outcome(api, number, "article_linked", article="K1")
        all_done([put(api, number, RESOLVED), reassigned, linked], turn)
        found = read(api, number)
        assert (found["state"], found["resolution"], found["priority"]) == ("resolved", RESOLVED["resolution"], "1")
        assert (found["assignment_group"], found["reassignment_count"]) == ("Network", 1)
        assert found["articles"] == ["K1"]


def close_beside_a_put(api: httpx.Client, rounds: int) -> None:
    """The closing holds against a record that was made without knowing of it, whichever was first."""
    states = itertools.cycle(["in progress", "resolved"])
    for turn, (number, state) in enumerate(zip(filed(api, "CP", rounds), states, strict=False)):
        record = {**FILED, "state": state, "priority": "1"}
        all_done([put(api, number, record), outcome(api, number, "closed", resolution="Restarted.")], turn)
        found = read(api, number)
        assert (found["state"], found["resolution"], found["priority"]) == ("closed", "Restarted.", "1")
        assert found["closed_at"] is not None


def correct_beside_a_put(api: httpx.Client, rounds: int) -> None:
    for turn, number in enumerate(filed(api, "FP", rounds)):
        corrections = [correct(api, number, "category", "Mail", "VPN"), correct(api, number, "urgency", "3", "2")]
        all_done([put(api, number, RESOLVED), *corrections], turn)
        found = read(api, number)
        assert (found["category"], found["urgency"]) == ("VPN", "2")
        assert (found["state"], found["resolution"], found["priority"]) == ("resolved", RESOLVED["resolution"], "1")


def reassign_close_and_link(api: httpx.Client, rounds: int) -> None:
    for turn, number in enumerate(filed(api, "RC", rounds)):
        groups = ["Network", "Workplace", "Identity", "Database"]
        calls = [outcome(api, number, "reassigned", assignment_group=group) for group in groups]
        all_done([*calls, outcome(api, number, "closed"), link(api, number, "K1")], turn)
        found = read(api, number)
        assert (found["reassignment_count"], found["state"], found["articles"]) == (4, "closed", ["K1"])
        assert found["assignment_group"] in groups


def reopen_and_close(api: httpx.Client, rounds: int) -> None:
    for turn, number in enumerate(filed(api, "OC", rounds)):
        calls = [outcome(api, number, "reopened") for _ in range(3)]
        all_done([*calls, outcome(api, number, "closed", resolution="Restarted.")], turn)
        found = read(api, number)
        assert (found["reopen_count"], found["resolution"]) == (3, "Restarted.")


def put_beside_a_batch(api: httpx.Client, rounds: int) -> None:
    """Of records that say when they were updated the newest stays, in whatever order they come."""
    for turn, number in enumerate(filed(api, "UB", rounds)):
        records = [{**FILED, "updated_at": f"2026-01-02T10:0{turn}:00Z", "impact": f"{turn}"} for turn in range(6)]
        batch = partial(api.post, "/v1/incidents", json={"incidents": [{**records[5], "number": number}]})
        all_done([*(put(api, number, record) for record in records[:5]), batch], turn)
        assert (found := read(api, number))["impact"] == "5", found


ROWS = [
    resolve_beside_a_link,
    resolve_beside_outcomes,
    close_beside_a_put,
    correct_beside_a_put,
    reassign_close_and_link,
    reopen_and_close,
    put_beside_a_batch,
]


def write_articles(api: httpx.Client) -> None:
    for key in ("K1", "K2"):
        body = {"id": key, "title": f"How to mend {key}", "issue": "It is broken.", "resolution": f"Mend {key}."}
        assert api.post("/v1/articles", json=body).is_success


@pytest.mark.parametrize("row", ROWS)
def test_acts_at_the_same_moment_lose_nothing(api: TestClient, row: Any) -> None:
    write_articles(api)
    row(api, 10)


def test_acts_at_the_same_moment_on_two_processes_lose_nothing(tmp_path: Path) -> None:
    with (
        served(tmp_path / "home", "--workers", "2") as address,
        httpx.Client(base_url=address, timeout=60) as api,
    ):
        write_articles(api)
        for row in ROWS:
            row(api, 3)


def test_of_those_who_read_the_same_version_one_replaces_it(api: TestClient) -> None:
    written = put(api, "1", FILED)()
    assert written.headers["etag"] == api.get("/v1/incidents/1").headers["etag"]
    replace = partial(api.put, "/v1/incidents/1", headers={"If-Match": written.headers["etag"]})
    answers = at_once([partial(replace, json={**FILED, "category": f"Mail {one}"}) for one in range(6)])
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {httpx.codes.OK: 1, httpx.codes.PRECONDITION_FAILED: 5}
    (done,) = (answer for answer in answers if answer.is_success)
    assert (now := api.get("/v1/incidents/1")).json() == done.json()
    assert now.headers["etag"] == done.headers["etag"] != written.headers["etag"]
    refused = next(answer for answer in answers if not answer.is_success)
    assert "read it again" in refused.json()["detail"]


def test_who_has_read_an_incident_replaces_it_as_a_whole_but_for_corrections(api: TestClient) -> None:
    write_articles(api)
    assert put(api, "1", FILED)().is_success
    for call in (
        link(api, "1", "K1"),
        outcome(api, "1", "reassigned", assignment_group="Network"),
        outcome(api, "1", "closed"),
    ):
        assert call().is_success
    blind = put(api, "1", {**FILED, "state": "in progress", "articles": ["K2"]})().json()
    assert (blind["state"], blind["articles"], blind["reassignment_count"]) == ("closed", ["K1", "K2"], 1)
    assert sorted(blind["kept"]) == ["articles", "assignment_group", "state"]
    tag = api.get("/v1/incidents/1").headers["etag"]
    record = {**FILED, "state": "in progress", "articles": ["K2"], "reassignment_count": 0}
    read = api.put("/v1/incidents/1", json=record, headers={"If-Match": tag}).json()
    assert (read["state"], read["articles"], read["reassignment_count"]) == ("in progress", ["K2"], 0)
    assert (read["assignment_group"], read["kept"]) == ("Network", ["assignment_group"])
    assert api.put("/v1/incidents/2", json=FILED, headers={"If-Match": tag}).status_code == 412
    assert api.put("/v1/incidents/1", json=FILED, headers={"If-Match": '"abc"'}).status_code == 412


def test_an_older_record_changes_nothing_and_is_told_so(api: TestClient) -> None:
    newest = put(api, "1", {**FILED, "updated_at": "2026-01-02T10:00:00Z", "category": "VPN"})().json()
    assert (newest["updated_at"], newest["superseded"]) == ("2026-01-02T10:00:00Z", False)
    older = put(api, "1", {**FILED, "updated_at": "2026-01-02T11:59:59+02:00"})()
    assert older.status_code == 200
    assert older.json() == newest | {"superseded": True}
    batch = [{**FILED, "number": "1", "updated_at": "2026-01-02T09:00:00Z"}, {**FILED, "number": "2"}]
    assert api.post("/v1/incidents", json={"incidents": batch}).json() == {
        "new": 1,
        "updated": 0,
        "unchanged": 0,
        "superseded": 1,
    }
    assert read(api, "1") == newest
    undated = put(api, "1", {**FILED, "category": "Printing"})().json()
    assert (undated["category"], undated["updated_at"]) == ("Printing", newest["updated_at"])
    assert put(api, "1", {**FILED, "updated_at": "2026-01-02T09:00:00Z"})().json()["superseded"]


@pytest.mark.parametrize(
    "knowing",
    [
        {"state": "reopened"},
        {"state": "in progress", "reopen_count": 1},
        {"state": "in progress", "updated_at": "2030-01-01T00:00:00Z"},
    ],
)
def test_a_record_that_knows_of_a_closing_reopens_it(api: TestClient, knowing: dict[str, Any]) -> None:
    put(api, "1", FILED)()
    outcome(api, "1", "closed", at="2026-01-02T10:00:00Z")()
    stale = put(api, "1", {**FILED, "updated_at": "2026-01-02T09:00:00Z", "impact": "2"})().json()
    assert (stale["state"], stale["impact"], stale["superseded"]) == ("closed", "2", False)
    assert put(api, "1", {**FILED, **knowing})().json()["state"] == knowing["state"]
    assert put(api, "1", {**FILED, **knowing, "state": "pending"})().json()["state"] == "pending"


def test_a_record_links_the_article_that_took_the_place_of_the_one_it_names(
    services: Services, api: TestClient
) -> None:
    write_articles(api)
    put(api, "1", {**FILED, "articles": ["K1"]})()
    services.store.articles.edit("K1", {"state": State.ARCHIVED, "merged_into": "K2"}, by=None)
    services.store.relink(["K1"], "K2")
    assert put(api, "1", {**FILED, "articles": ["K1"]})().json()["articles"] == ["K2"]
    assert put(api, "2", {**FILED, "articles": ["K1", "K2", "elsewhere"]})().json()["articles"] == ["K2", "elsewhere"]


def test_a_closing_that_its_own_system_told_again_can_be_reopened_by_it(api: TestClient) -> None:
    put(api, "1", FILED)()
    outcome(api, "1", "closed", at="2026-01-02T10:00:00Z")()
    put(api, "1", {**FILED, "state": "closed", "closed_at": "2026-01-02T10:00:01Z"})()
    assert put(api, "1", {**FILED, "state": "in progress"})().json()["state"] == "in progress"


def test_an_outcome_that_cannot_be_counted_changes_nothing(
    services: Services, api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put(api, "1", FILED)().json()

    def fail(_: Outcomes, outcome: Outcome) -> None:
        raise KeyboardInterrupt(outcome.number)

    with monkeypatch.context() as patched:
        patched.setattr(Outcomes, "note", fail)
        for kind, value in ((OutcomeKind.REASSIGNED, "Network"), (OutcomeKind.CLOSED, None)):
            with pytest.raises(KeyboardInterrupt):
                record_outcome(services, Outcome("1", kind, datetime.now(UTC), value), resolution="Restarted.")
    assert read(api, "1") == before
    assert (services.store.feedback.all(), services.store.count_incidents()) == ([], 1)


def test_a_correction_whose_example_cannot_be_written_is_not_kept(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.store.put_incidents([Incident("1", "mail does not arrive", state="new")])
    decision = Feedback("category", "Mail", datetime(2026, 1, 2, tzinfo=UTC), "1", suggested="VPN")

    def fail(*_: object, **__: object) -> Incident:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(IncidentStore, "add_or_update", fail)
        with pytest.raises(KeyboardInterrupt):
            teach(services.store, decision, None)
    assert services.store.feedback.all() == []
    assert services.store.incident("1").category is None
    teach(services.store, decision, None)
    assert services.store.incident("EXAMPLE-1").category == "Mail"


def test_an_event_is_part_of_the_act_that_announces_it(services: Services) -> None:
    services.webhooks.add("https://hooks.example.com/", [Event.JOB_FINISHED])

    def fail() -> None:
        with services.store.database.writing():
            assert services.webhooks.announce(Event.JOB_FINISHED, {}) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert services.webhooks.waiting() == 0


def test_a_major_incident_that_cannot_be_announced_is_proposed_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.webhooks.add("https://hooks.example.com/", [Event.MAJOR_INCIDENT_PROPOSED])
    now = datetime.now(UTC)
    reports = [
        Incident(f"M{i}", description="mail is down", caller=f"c{i}", state="new", opened_at=now) for i in range(6)
    ]
    services.store.put_incidents(reports)

    def fail(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Webhooks, "announce", fail)
        with pytest.raises(KeyboardInterrupt):
            follow_up(services, reports)
    assert services.major_proposals.newest(limit=10) == []
    follow_up(services, reports[-1:])
    assert services.webhooks.waiting() == len(services.major_proposals.newest(limit=10)) == 1


@pytest.mark.parametrize("is_trained", [False, True])
def test_a_write_costs_few_transactions(services: Services, api: TestClient, *, is_trained: bool) -> None:
    services.store.put_incidents(printers_and_vpn())
    if is_trained:
        learn(services.memory, services.models, services.weights, fields=["category"])
    services.catalogue.put("category", ["Mail", "VPN", "Printing"])
    now = datetime.now(UTC).isoformat()
    budget = {
        "PUT of a new one": (put(api, "1", {**FILED, "opened_at": now}), 4),
        "PUT of a known one": (put(api, "1", {**FILED, "opened_at": now, "priority": "1"}), 4),
        "PUT that resolves it": (put(api, "1", RESOLVED), 4),
        "correction": (correct(api, "1", "category", "Mail", "VPN"), 4),
        "correction of a ticket": (
            partial(
                api.post,
                "/v1/feedback",
                json={
                    "ticket": {"description": "no mail today"},
                    "field": "category",
                    "suggested": "VPN",
                    "chosen": "Mail",
                },
            ),
            4,
        ),
        "reassignment": (outcome(api, "1", "reassigned", assignment_group="Network"), 5),
        "closing": (outcome(api, "1", "closed", resolution="Restarted."), 5),
        "link": (outcome(api, "1", "article_linked", article="K1"), 5),
    }
    write_articles(api)
    services.assistant.read_written()
    for name, (call, most) in budget.items():
        with counted_transactions() as begun:
            assert call().is_success, name
        assert len(begun) <= most, name


def test_a_text_is_masked_once(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    masked = list[str]()
    mask = Masking.text

    def counted(masking: Masking, text: str, *, people: Iterable[str] = ()) -> Masked:
        masked.append(text)
        return mask(masking, text, people=people)

    monkeypatch.setattr(Masking, "text", counted)
    texts = {"short_description": "my password: Sommer2024!", "description": "no mail", "resolution": "Restarted."}
    stored = put(api, "1", {**texts, "room": "B 12", "state": "new"})().json()
    assert (stored["short_description"], stored["masked"]) == ("my password: [masked: password]", ["password"])
    assert Counter(masked) == Counter([*texts.values(), "B 12"])
    masked.clear()
    assert api.post("/v1/incidents", json={"incidents": [{"number": "2", **texts}]}).is_success
    assert Counter(masked) == Counter(texts.values())
    masked.clear()
    assert outcome(api, "1", "closed", resolution="Emptied the queue.")().is_success
    assert masked == ["Emptied the queue."]
    masked.clear()
    body = {"ticket": {"description": "where is my mail", "room": "B 12"}, "field": "category", "chosen": "Mail"}
    assert api.post("/v1/feedback", json=body).is_success
    assert Counter(masked) == Counter(["where is my mail", "B 12"])
