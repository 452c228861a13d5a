from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.client import Client
from app.composition import open_services
from kb.records.errors import EditConflictError
from kb.records.incident import Incident
from kb.records.worklist_item import WORK_MINUTES
from models.errors import NotFoundError
from tests.conftest import served, triage

ARTICLE = {"id": "K1", "title": "VPN drops", "issue": "The VPN drops.", "resolution": "1. Sign in again."}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[TestClient]:
    with (
        open_services(tmp_path / "home") as services,
        TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False) as client,
    ):
        yield client


def detail(response: object, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["detail"])


def test_illegal_moves_and_missing_rights_are_refused_with_the_reason(api: TestClient) -> None:
    api.post("/v1/articles", json=ARTICLE)
    path = "/v1/articles/K1"
    api.patch(path, json={"state": "archived", "by": "ann"})
    assert "not to validated" in detail(api.patch(path, json={"state": "validated", "by": "ann"}), 409)
    api.post(f"{path}/restore", json={"version": 1, "by": "ann"})
    assert "ask a publisher" in detail(api.patch(path, json={"audience": "customers", "by": "ann"}), 403)
    assert api.put("/v1/people/ann", json={"role": "publisher"}).json()["role"] == "publisher"
    assert api.patch(path, json={"audience": "customers", "by": "ann"}).json()["audience"] == "customers"
    assert "ask a" in detail(api.patch(path, json={"title": "x", "by": "ben"}), 403)
    assert api.get("/v1/people").json()["everybody"] == "contributor"


def test_the_second_editor_is_told_and_nothing_is_overwritten(api: TestClient) -> None:
    tag = api.post("/v1/articles", json=ARTICLE).headers["etag"]
    assert api.patch("/v1/articles/K1", json={"title": "first"}, headers={"if-match": tag}).status_code == 200
    assert "version 2" in detail(api.patch("/v1/articles/K1", json={"title": "x"}, headers={"if-match": tag}), 412)
    assert "version 2" in detail(
        api.post("/v1/articles/K1/restore", json={"version": 1}, headers={"if-match": tag}), 412
    )
    lines = api.get("/v1/articles/K1/difference", params={"before": 1, "after": 2}).json()["lines"]
    assert "+title: first" in lines


def test_a_ticket_is_captured_linked_opened_flagged_and_its_search_in_vain_attached(api: TestClient) -> None:
    api.put("/v1/incidents/INC1", json={"short_description": "badge blinks red", "resolution": "Renewed it."})
    searched = {"text": "red badge", "number": "INC1"}
    assert api.post("/v1/searches", json=searched).status_code == 204
    made = api.post("/v1/incidents/INC1/capture", json={"by": "ann"})
    assert made.status_code == 201
    article = made.json()
    assert made.headers["location"] == f"/v1/articles/{article['id']}"
    assert (article["state"], article["extra"]["searched"]) == ("work_in_progress", "red badge")
    assert article["id"] in detail(api.post("/v1/incidents/INC1/capture", json={}), 409)
    path = f"/v1/articles/{article['id']}"
    assert api.post(f"{path}/uses", json={"number": "INC1", "by": "ben"}).status_code == 204
    flag = api.post(f"{path}/flags", json={"reason": "unclear", "comment": "Which badge?", "by": "ben"}).json()
    item = api.get("/v1/worklist", params={"kind": "flag"}).json()["items"][0]
    assert item["facts"]["flag"] == flag["id"]
    assert "edit the article" in detail(api.post(f"/v1/worklist/{item['id']}/do", json={}), 409)
    closed = api.post(f"{path}/flags/{flag['id']}/close", json={"by": "ann"}).json()["flags"]
    assert closed[0]["closed_by"] == "ann"
    assert detail(api.post(f"{path}/flags/{flag['id']}/close", json={}), 404)
    assert api.get("/v1/worklist", params={"kind": "flag"}).json()["total"] == 0
    coaching = api.get(f"{path}/coaching").json()
    assert coaching["worth"]["linked"] == 1


def test_a_merged_article_redirects(api: TestClient) -> None:
    api.post("/v1/articles", json=ARTICLE)
    api.post("/v1/articles", json={**ARTICLE, "id": "K2"})
    api.put("/v1/incidents/INC1", json={"description": "vpn drops", "articles": ["K2"]})
    assert api.post("/v1/articles/K2/merge", json={"into": "K1", "by": "ann"}).json() == {
        "kept": "K1",
        "gone": "K2",
        "relinked": 1,
    }
    answer = api.get("/v1/articles/K2", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/v1/articles/K1")
    assert api.get("/v1/articles/K2", params={"follow": False}).json()["merged_into"] == "K1"
    assert api.get("/v1/incidents/INC1").json()["articles"] == ["K1"]


def test_the_worklist_measures_and_taxonomy_answer_before_anything_is_known(api: TestClient) -> None:
    assert api.get("/v1/worklist", params={"wait": False}).json()["as_of"] is None
    assert api.get("/v1/measures").json()["incidents"] == 0
    assert api.get("/v1/worklist").json()["items"] == []
    assert api.get("/v1/taxonomy").json()["mixed"] == []
    assert api.get("/v1/contributions").json()["people"] == []
    assert detail(api.get("/v1/worklist/gap-nothing"), 404)
    assert "a verdict, a name or both" in detail(api.post("/v1/worklist/gap-nothing/decision", json={}), 422)


def test_a_client_works_through_the_list_and_formulas_stay_text(sample_copy: Path) -> None:
    with open_services(sample_copy) as services:
        services.store.put_incidents([Incident("=1+1", "fax is dead", service="@cmd", assignment_group="+G")])
        services.workbench.refresh()
    with served(sample_copy) as address, Client(address) as client:
        worth = [item.hours / WORK_MINUTES[item.action] for item in client.worklist().items]
        assert worth == pytest.approx(sorted(worth, reverse=True), abs=0.01)
        duplicate = client.worklist(kind="duplicate").items[0]
        done = client.do(duplicate.id, by="kim")
        assert client.article(duplicate.articles[1]).id == done.article
        gap = client.worklist(kind="gap").items[0]
        assert client.decide(gap.id, "open", name="Receipts", by="kim").title == "Receipts"
        article = client.article(client.do(gap.id, by="kim").article)
        assert article.extra["gap"] == gap.id
        assert gap.id not in {item.id for item in client.worklist().items}
        with pytest.raises(EditConflictError):
            client.patch_article(article.id, {"title": "x"}, version=9)
        with pytest.raises(NotFoundError, match="no item"):
            client.do("gap-nothing")
        team = client.measures().teams[1]
        assert 0 < client.measures(team=team).incidents < client.measures().incidents
        rows = list(csv.DictReader(io.StringIO(client.case_table())))
    assert {"'=1+1", "'@cmd", "'+G"} <= {cell for row in rows for cell in row.values()}
    assert len(rows) == client_count(sample_copy)


def client_count(home: Path) -> int:
    with open_services(home) as services:
        return len(services.store.history())


def test_the_commands_do_the_same(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "home"))
    pages = tmp_path / "pages"
    pages.mkdir()
    text = "# VPN drops\n\n## Issue\n\nIt drops.\n\n## Resolution\n\n1. Wait.\n"
    for key in ("K1", "K2"):
        (pages / f"{key}.md").write_text(f"---\nid: {key}\n---\n\n{text}")
    tickets = tmp_path / "tickets.jsonl"
    tickets.write_text(
        "\n".join(
            json.dumps({"number": f"INC{n}", "short_description": f"badge reader blinks red on door {n}"})
            for n in range(8)
        )
    )
    triage(*home, "import", "articles", str(pages))
    triage(*home, "import", "incidents", str(tickets))
    listed = json.loads(triage(*home, "worklist", "--json").stdout)
    kinds = {item["kind"]: item for item in listed["items"]}
    assert set(kinds) >= {"gap", "duplicate"}
    shown = triage(*home, "worklist", "show", kinds["gap"]["id"]).stdout
    assert "badge reader" in shown
    triage(*home, "worklist", "decide", kinds["gap"]["id"], "ignored", "--by", "kim")
    named = triage(*home, "worklist", "decide", kinds["gap"]["id"], "--name", "Red badges", "--by", "ann", "--json")
    assert "is called Red badges" in named.stderr
    found = json.loads(named.stdout)
    assert (found["title"], found["ruling"]["verdict"], found["ruling"]["by"]) == ("Red badges", "ignored", "kim")
    assert "a verdict, a --name" in triage(*home, "worklist", "decide", kinds["gap"]["id"], status=2).stderr
    done = json.loads(triage(*home, "worklist", "do", kinds["duplicate"]["id"], "--by", "kim", "--json").stdout)
    assert done["article"] in ("K1", "K2")
    again = json.loads(triage(*home, "worklist", "--again", "--json").stdout)
    assert not {"gap", "duplicate"} & {item["kind"] for item in again["items"]}
    made = json.loads(triage(*home, "articles", "capture", "INC1", "--by", "ann", "--json").stdout)
    assert "not to validated" in triage(*home, "articles", "move", made["id"], "--state", "validated", status=1).stderr
    assert json.loads(triage(*home, "articles", "check", "--json").stdout)["articles"] == 2
    assert json.loads(triage(*home, "articles", "duplicates", "--json").stdout)["duplicates"] == []
    triage(*home, "articles", "flag", made["id"], "incomplete", "no resolution", "--by", "ann")
    triage(*home, "articles", "settle", made["id"], "1", "--by", "ben")
    assert "no open flag" in triage(*home, "articles", "settle", made["id"], "1", status=1).stderr
    triage(*home, "articles", "opened", done["article"], "--number", "INC2", "--by", "ann")
    linked = json.loads(triage(*home, "articles", "link", done["article"], "INC2", "--by", "ann", "--json").stdout)
    assert linked["articles"] == [done["article"]]
    triage(*home, "articles", "not-found", "badge", "--number", "INC3")
    shown = json.loads(triage(*home, "articles", "show", done["article"], "--json").stdout)
    assert shown["article"]["id"] == done["article"]
    assert "## Resolution" in triage(*home, "articles", "show", done["article"]).stdout
    triage(*home, "people", "give", "ann", "publisher")
    assert json.loads(triage(*home, "people", "--json").stdout)["people"][0]["name"] == "ann"
    triage(*home, "measures", "--csv", str(tmp_path / "cases.csv"))
    assert len((tmp_path / "cases.csv").read_text().splitlines()) == 9
    assert json.loads(triage(*home, "contributions", "--json").stdout)["people"][0]["person"] == "ann"
    triage(*home, "taxonomy")
    out = tmp_path / "out"
    assert json.loads(triage(*home, "export", "articles", str(out), "--json").stdout)["articles"] == 3
    triage("--home", str(tmp_path / "other"), "import", "articles", str(out))
    triage("--home", str(tmp_path / "other"), "export", "articles", str(tmp_path / "out2"))
    files = sorted(path.relative_to(out) for path in out.rglob("*.md"))
    assert files == sorted(path.relative_to(tmp_path / "out2") for path in (tmp_path / "out2").rglob("*.md"))
    assert all((out / path).read_bytes() == (tmp_path / "out2" / path).read_bytes() for path in files)


def test_a_search_in_vain_is_withdrawn_once_by_whoever_recorded_it(api: TestClient) -> None:
    searched = {"text": "blue badge", "number": "INC2", "by": "ann"}
    assert api.post("/v1/searches", json=searched).status_code == 204
    assert api.post("/v1/searches/withdraw", json=searched | {"by": "ben"}).status_code == 404
    assert api.post("/v1/searches/withdraw", json=searched).status_code == 204
    assert api.post("/v1/searches/withdraw", json=searched).status_code == 404
