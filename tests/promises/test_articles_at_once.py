"""Articles and what people do with them at the same moment: each act happens as a whole, or is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from kb.records.article import State
from kb.records.incident import Incident
from kb.records.webhook import Event
from kb.service.webhooks import Webhooks
from tests.concurrency import Call, at_once, counted_transactions
from tests.conftest import printers_and_vpn, served


@pytest.fixture(params=["sqlite", "postgresql"])
def services(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("TRIAGE_ROLE", "knowledge_domain_expert")
    if request.param == "postgresql":
        monkeypatch.setenv("TRIAGE_DATABASE_URL", request.getfixturevalue("new_postgresql_database")())
    with open_services(tmp_path / "home") as services:
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    """The app without its background work, so that nothing else happens meanwhile."""
    return TestClient(create_app(services, hosts=["testserver"]), follow_redirects=False)


def post(api: httpx.Client, path: str, body: dict[str, Any] | None = None) -> Call:
    return partial(api.post, path, json=body or {})


def write_articles(api: httpx.Client, *keys: str, **more: object) -> None:
    for key in keys:
        body = {"id": key, "title": f"How to mend {key}", "issue": "It is broken.", "resolution": f"Mend {key}."}
        assert api.post("/v1/articles", json=body | more).status_code == httpx.codes.CREATED


def write_incidents(api: httpx.Client, *numbers: str) -> None:
    for number in numbers:
        assert api.put(f"/v1/incidents/{number}", json={"short_description": f"{number} is broken"}).is_success


def survivor(api: httpx.Client, key: str) -> str:
    """Id of the article that a reader of this one is led to, by at most as many redirects as there were merges."""
    for _ in range(4):
        answer = api.get(f"/v1/articles/{key}", follow_redirects=False)
        if answer.status_code == httpx.codes.OK:
            return str(answer.json()["id"])
        key = answer.headers["location"].rpartition("/")[2]
    raise AssertionError(f"the redirects from {key} do not end")


def merge_in_circles(api: httpx.Client, rounds: int, names: str) -> None:
    """Merge each of these articles into the next one and the last into the first, all at the same moment."""
    for number in range(rounds):
        keys = [f"{name}{len(names)}-{number}" for name in names]
        write_articles(api, *keys)
        merges = [
            post(api, f"/v1/articles/{gone}/merge", {"into": kept})
            for gone, kept in zip(keys, keys[1:] + keys[:1], strict=True)
        ]
        answers = at_once(merges)
        assert 1 <= sum(answer.is_success for answer in answers) < len(keys)
        for answer in answers:
            assert answer.is_success or "is archived: restore it first" in answer.json()["detail"]
        alive = {key for key in keys if api.get(f"/v1/articles/{key}").status_code == httpx.codes.OK}
        assert {survivor(api, key) for key in keys} == alive
        assert len(alive) == len(keys) - sum(answer.is_success for answer in answers)


def merge_beside_links(api: httpx.Client, rounds: int) -> None:
    """Link an article to incidents at the moment at which it is merged."""
    for number in range(rounds):
        kept, gone = f"KEPT-{number}", f"GONE-{number}"
        write_articles(api, kept, gone)
        incidents = [f"M{number}-{one}" for one in range(6)]
        write_incidents(api, *incidents)
        links = [post(api, f"/v1/incidents/{one}/articles", {"article": gone}) for one in incidents]
        answers = at_once([*links[:3], post(api, f"/v1/articles/{gone}/merge", {"into": kept}), *links[3:]])
        assert [answer.status_code for answer in answers] == [httpx.codes.OK] * len(answers)
        assert [api.get(f"/v1/incidents/{one}").json()["articles"] for one in incidents] == [[kept]] * len(incidents)


def link_one_incident(api: httpx.Client, rounds: int) -> None:
    """Link many articles to one incident at the same moment."""
    keys = [f"L{one}" for one in range(8)]
    write_articles(api, *keys)
    for number in range(rounds):
        write_incidents(api, f"L-{number}")
        answers = at_once([post(api, f"/v1/incidents/L-{number}/articles", {"article": key}) for key in keys])
        assert [answer.status_code for answer in answers] == [httpx.codes.OK] * len(keys)
        assert sorted(api.get(f"/v1/incidents/L-{number}").json()["articles"]) == keys


def capture_one_incident(api: httpx.Client, rounds: int) -> None:
    """Capture one incident several times at the same moment."""
    for number in range(rounds):
        write_incidents(api, f"C-{number}")
        before = api.get("/v1/articles").json()["total"]
        answers = at_once([post(api, f"/v1/incidents/C-{number}/capture")] * 6)
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {httpx.codes.CREATED: 1, httpx.codes.CONFLICT: 5}
        made = next(answer.json()["id"] for answer in answers if answer.is_success)
        assert all(made in answer.json()["detail"] for answer in answers if not answer.is_success)
        assert api.get("/v1/articles").json()["total"] == before + 1
        assert api.get(f"/v1/incidents/C-{number}").json()["articles"] == [made]


def edit_parts_of_one_article(api: httpx.Client, rounds: int) -> None:
    """Change different parts of one article at the same moment, by editors who name no version."""
    parts = ("title", "issue", "environment", "cause", "resolution", "workaround")
    for number in range(rounds):
        key = f"E-{number}"
        write_articles(api, key)
        calls = [partial(api.patch, f"/v1/articles/{key}", json={part: f"new {part}"}) for part in parts]
        assert [answer.status_code for answer in at_once(calls)] == [httpx.codes.OK] * len(parts)
        found = api.get(f"/v1/articles/{key}").json()
        assert [found[part] for part in parts] == [f"new {part}" for part in parts]
        assert [entry["version"] for entry in found["history"]] == list(range(1, len(parts) + 2))


def edit_one_version(api: httpx.Client, rounds: int) -> None:
    """Change an article at the same moment, by editors who all read the same version."""
    for number in range(rounds):
        key = f"V-{number}"
        write_articles(api, key)
        change = partial(api.patch, f"/v1/articles/{key}", headers={"if-match": '"1"'})
        calls = [partial(change, json={"title": f"title {one}"}) for one in range(6)]
        answers = at_once(calls)
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {httpx.codes.OK: 1, httpx.codes.PRECONDITION_FAILED: 5}
        (done,) = (answer.json()["title"] for answer in answers if answer.is_success)
        assert api.get(f"/v1/articles/{key}").json()["title"] == done


def decide_and_name(api: httpx.Client, rounds: int) -> None:
    """Decide on an item of the worklist at the moment at which it is named."""
    write_articles(api, "F")
    for number in range(rounds):
        flag = api.post("/v1/articles/F/flags", json={"reason": "unclear", "comment": "Which one?"}).json()["id"]
        items = api.get("/v1/worklist", params={"kind": "flag"}).json()["items"]
        path = f"/v1/worklist/{next(item['id'] for item in items if item['facts']['flag'] == flag)}"
        decisions = [post(api, f"{path}/decision", {"verdict": "ignored", "note": f"note {number}"})] * 3
        answers = at_once([*decisions, post(api, f"{path}/decision", {"name": f"name {number}"}), *decisions])
        assert [answer.status_code for answer in answers] == [httpx.codes.OK] * len(answers)
        found = api.get(path).json()
        assert (found["title"], found["ruling"]["verdict"]) == (f"name {number}", "ignored")
        assert found["ruling"]["note"] == f"note {number}"


def do_one_item(api: httpx.Client, rounds: int) -> None:
    """Do the same item of the worklist several times at the same moment."""
    before = api.get("/v1/articles").json()["total"]
    gaps = api.get("/v1/worklist", params={"kind": "gap"}).json()["items"]
    assert len(gaps) >= 2
    for item in gaps[:rounds]:
        answers = at_once([post(api, f"/v1/worklist/{item['id']}/do", {"by": "kim"})] * 6)
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {httpx.codes.OK: 1, httpx.codes.CONFLICT: 5}
        assert all("done already by kim" in answer.json()["detail"] for answer in answers if not answer.is_success)
    assert api.get("/v1/articles").json()["total"] == before + min(rounds, len(gaps))


ROWS = {
    "merges of two": partial(merge_in_circles, names="AB"),
    "merges of three": partial(merge_in_circles, names="ABC"),
    "a merge beside links": merge_beside_links,
    "links of one incident": link_one_incident,
    "captures": capture_one_incident,
    "edits of parts": edit_parts_of_one_article,
    "edits of one version": edit_one_version,
    "a name beside decisions": decide_and_name,
}


@pytest.mark.parametrize("row", ROWS)
def test_acts_at_the_same_moment_lose_nothing(api: TestClient, row: str) -> None:
    ROWS[row](api, 6)


def test_acts_at_the_same_moment_on_two_processes_lose_nothing(tmp_path: Path) -> None:
    with (
        served(tmp_path / "home", "--workers", "2") as address,
        httpx.Client(base_url=address, timeout=60) as api,
    ):
        for row in ROWS.values():
            row(api, 2)


def test_an_article_whose_announcement_fails_is_not_published(
    services: Services, api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.webhooks.add("https://hooks.example.com/", [Event.ARTICLE_PUBLISHED])
    write_articles(api, "K1")

    def die(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Webhooks, "announce", die)
        with pytest.raises(KeyboardInterrupt):
            services.knowledge.edit("K1", {"state": State.VALIDATED}, by="ann")
    kept = api.get("/v1/articles/K1").json()
    assert (kept["state"], kept["version"], services.webhooks.waiting()) == ("not_validated", 1, 0)
    assert api.patch("/v1/articles/K1", json={"state": "validated"}).is_success
    assert services.webhooks.waiting() == 1


def test_a_capture_that_cannot_be_linked_leaves_no_article(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    services.store.put_incidents([Incident("INC1", "the door is locked")])

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(services.store, "link_article", fail)
        with pytest.raises(OSError, match="no space"):
            services.knowledge.capture("INC1", by="ann")
    assert services.store.articles.titles() == {}
    assert services.store.articles.get(services.knowledge.capture("INC1", by="ann")).version == 1


def test_an_item_that_is_done_several_times_at_once_is_done_once(services: Services, api: TestClient) -> None:
    services.store.put_incidents(printers_and_vpn(8))
    do_one_item(api, 2)


def test_an_edited_article_costs_three_transactions(api: TestClient) -> None:
    write_articles(api, "K1")
    for change in ({"title": "How to mend it at home"}, {"state": "validated"}, {"resolution": "1. Open it."}):
        with counted_transactions() as begun:
            answer = api.patch("/v1/articles/K1", json=change, headers={"if-match": "*"})
        assert answer.is_success
        assert len(begun) <= 3, change
