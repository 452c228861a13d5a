"""Articles in lists, the steps that they may take, hints for unsaved texts, and cases behind measures, over the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from kb.records.article import Article, Audience, State
from kb.records.life_cycle import Role
from kb.records.worklist_item import ItemKind
from tests.conftest import printers_and_vpn

STEPS = "1. Open the queue.\n2. Clear it."


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(tmp_path) as services:
        services.store.put_incidents(printers_and_vpn(6))
        services.store.articles.put(
            [
                Article("KB1", "The printer does not print", issue="Nothing comes out.", resolution=STEPS),
                Article("KB2", "VPN drops", issue="It drops.", resolution=STEPS, category="VPN"),
                Article("KB3", "Old fax", resolution=STEPS, state=State.ARCHIVED),
                Article(
                    "KB4",
                    "Prices",
                    resolution=STEPS,
                    state=State.VALIDATED,
                    audience=Audience.CUSTOMERS,
                    category="Shop",
                ),
            ]
        )
        services.knowledge.link("KB1", "P0", by="ada")
        services.knowledge.link("KB1", "P1", by="ada")
        services.knowledge.people.give("Pia", Role.PUBLISHER, by=None)
        yield services


@pytest.fixture
def api(services: Services) -> TestClient:
    return TestClient(create_app(services, hosts=["testserver"]))


def listed(api: TestClient, **asked: Any) -> list[tuple[str, int]]:
    answer = api.get("/v1/articles", params=asked)
    assert answer.status_code == 200, answer.text
    return [(one["id"], one["uses"]) for one in answer.json()["articles"]]


def test_articles_come_with_their_uses_and_are_narrowed_down(api: TestClient) -> None:
    assert listed(api) == [("KB3", 0), ("KB4", 0), ("KB1", 2), ("KB2", 0)]
    assert listed(api, audience="customers") == [("KB4", 0)]
    assert listed(api, category="VPN") == [("KB2", 0)]
    assert api.get("/v1/articles", params={"limit": 1}).json()["categories"] == ["Shop", "VPN"]


def test_an_id_finds_its_article_before_all_others_and_an_archived_one_too(api: TestClient) -> None:
    assert listed(api, q="kb2")[0] == ("KB2", 0)
    assert listed(api, q="KB3")[0] == ("KB3", 0)
    assert listed(api, q="printer does not print")[0] == ("KB1", 2)
    found = api.get("/v1/search", params={"q": "kb4", "kind": "articles"}).json()["results"]
    assert found[0]["id"] == "KB4"
    assert "KB1" not in [one["id"] for one in found if one["score"] == 1.0]
    hidden = api.get("/v1/search", params={"q": "KB1", "kind": "articles", "audience": "customers"}).json()
    assert [one["id"] for one in hidden["results"]] == ["KB4"]
    assert api.get("/v1/search", params={"q": "P3"}).json()["results"][0]["id"] == "P3"


def test_steps_are_allowed_by_role_and_name_who_else_may_take_them(api: TestClient) -> None:
    def steps(by: str) -> dict[str, dict[str, Any]]:
        return {one["step"]: one for one in api.get("/v1/articles/KB1/steps", params={"by": by}).json()["steps"]}

    assert steps("cora")["validate"]["allowed"] is True
    assert steps("cora")["publish"] | {"lacking": None} == {
        "step": "publish",
        "changes": {"audience": "customers"},
        "allowed": False,
        "lacking": None,
        "roles": ["publisher", "knowledge_domain_expert"],
        "people": ["pia"],
    }
    assert steps("pia")["publish"]["allowed"] is True
    assert api.get("/v1/articles/KB9/steps").status_code == 404


def test_a_request_for_approval_is_a_task_until_the_article_moves(services: Services, api: TestClient) -> None:
    services.workbench.refresh()
    flag = {"reason": "approval", "comment": "Customers ask.", "by": "cora"}
    assert api.post("/v1/articles/KB1/flags", json=flag).status_code == 201
    (task,) = api.get("/v1/worklist", params={"kind": "flag"}).json()["items"]
    assert task["why"] == "cora asks for approval: Customers ask."
    assert api.patch("/v1/articles/KB1", json={"cause": "Paper.", "by": "pia"}).status_code == 200
    assert api.get("/v1/worklist", params={"kind": "flag"}).json()["total"] == 1
    assert api.patch("/v1/articles/KB1", json={"audience": "customers", "by": "pia"}).status_code == 200
    assert api.get("/v1/worklist", params={"kind": "flag"}).json()["total"] == 0
    assert [one["closed_by"] for one in api.get("/v1/articles/KB1/flags").json()["flags"]] == ["pia"]


def test_a_text_that_is_not_kept_gets_hints_and_a_change_its_parts(api: TestClient) -> None:
    hints = api.post("/v1/articles/hints", json={"title": "Fax", "issue": "The fax is dead."}).json()["hints"]
    assert {"title", "environment"} <= {hint["part"] for hint in hints}
    assert api.get("/v1/articles", params={"q": "fax is dead"}).json()["articles"][0]["title"] != "Fax"
    change = {"cause": "Paper.", "sections": [{"heading": "Seen", "text": "Floor 2."}]}
    assert api.patch("/v1/articles/KB1", json=change).status_code == 200
    asked = {"before": 1, "after": 2}
    assert api.get("/v1/articles/KB1/difference", params=asked).json()["parts"] == [
        {"part": "cause", "before": "", "after": "Paper."},
        {"part": "sections.0.heading", "before": "", "after": "Seen"},
        {"part": "sections.0", "before": "", "after": "Floor 2."},
    ]


def test_the_cases_behind_a_measure_are_listed(services: Services, api: TestClient) -> None:
    services.workbench.refresh()

    def numbers(**asked: Any) -> set[str]:
        answer = api.get("/v1/cases", params=asked).json()
        assert answer["total"] == len(answer["cases"])
        return {one["number"] for one in answer["cases"]}

    assert numbers(linked=True) == numbers(article="KB1") == numbers(known="known_linked") == {"P0", "P1"}
    assert len(numbers(linked=False)) == 10
    assert numbers(team="Network", linked=True) == set()
    (case, *_) = api.get("/v1/cases", params={"limit": 1, "offset": 1, "article": "KB1"}).json()["cases"]
    assert (case["articles"], case["title"][:11]) == (["KB1"], "the printer")
    assert api.get("/v1/cases", params={"month": "May"}).status_code == 422


def test_a_merge_keeps_the_article_that_was_chosen(services: Services, api: TestClient) -> None:
    twin = Article("KB5", "The printer is not printing", issue="Nothing comes out.", resolution=STEPS)
    services.store.articles.put([twin])
    services.workbench.refresh()
    (item,) = api.get("/v1/worklist", params={"kind": ItemKind.DUPLICATE.value}).json()["items"]
    worse = item["articles"][1]
    assert api.post(f"/v1/worklist/{item['id']}/do", json={"keep": "KB2"}).status_code == 409
    done = api.post(f"/v1/worklist/{item['id']}/do", json={"keep": worse, "by": "kim"}).json()
    assert done["article"] == worse
    assert api.get(f"/v1/articles/{item['articles'][0]}").json()["id"] == worse
    assert api.get("/v1/worklist", params={"kind": "duplicate"}).json()["total"] == 0
    (decided,) = api.get("/v1/worklist", params={"kind": "duplicate", "decided": True}).json()["items"]
    assert decided["ruling"]["verdict"] == "done"
