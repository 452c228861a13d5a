from __future__ import annotations

import json
import re
from pathlib import Path

import httpx

from app.composition import open_services
from kb.records.article import Article
from kb.records.incident import Incident
from kb.records.life_cycle import Role
from kb.records.webhook import Event
from kb.storage.erasure import erase
from tests.conftest import printers_and_vpn, served, triage

PERSON = "Wilhelmina.Quäckenbush"
AGENT = {"number": "INC1", "field": "category", "suggested": "VPN", "chosen": "Printing", "by": PERSON}


def named_in(home: Path) -> list[str]:
    """Files whose bytes name the person, whatever the case."""
    spellings = (PERSON, PERSON.lower(), PERSON.upper(), json.dumps(PERSON)[1:-1], json.dumps(PERSON.lower())[1:-1])
    found = re.compile(b"|".join(re.escape(one.encode()) for one in spellings), re.IGNORECASE)
    return [file.name for file in home.rglob("*") if file.is_file() and found.search(file.read_bytes())]


def test_a_person_is_nowhere_afterwards_and_everybody_else_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    theirs = [
        Incident(f"Q{i}", description=f"her printer number {i} squeaks", caller=PERSON.upper(), category="Printing")
        for i in range(4)
    ]
    with open_services(home) as services:
        services.store.put_incidents([*printers_and_vpn(40), *theirs], imported=services.store.imports.begin("a file"))
        mention = f"{PERSON} says the printer is broken"
        services.store.put_incidents(
            [Incident("M1", description=mention, category="Printing", extra={"manager": PERSON})]
        )
        services.store.articles.put([Article(id="K1", title=f"Call {PERSON}", resolution="1. Ring.")], by=PERSON)
        services.knowledge.people.give(PERSON, Role.PUBLISHER, by=None)
        services.webhooks.add("https://hooks.example.com/", list(Event))
        services.webhooks.announce(Event.JOB_FINISHED, {"by": PERSON})
    earlier = {"priority": {"mode": "monitor", "since": None, "by": PERSON, "notice": None}}
    (home / "modes.json").write_text(json.dumps(earlier))
    triage("--home", str(home), "train", "--fields", "category")
    with served(home) as address, httpx.Client(base_url=address) as http:
        http.put("/v1/incidents/INC1", json={"description": "printer jams", "state": "new", "caller": PERSON})
        http.post("/v1/feedback", json=AGENT | {"number": "M1"})
        http.post("/v1/feedback", json=AGENT | {"number": None, "ticket": {"description": "x y z", "caller": PERSON}})
        http.post("/v1/suggest", json={"description": mention, "number": "INC1"})
        http.put("/v1/modes/category", json={"mode": "monitor", "by": PERSON})
        rows = f"number,short_description,caller\nT1,printer jams,{PERSON}\n"
        http.post("/v1/jobs", params={"kind": "classify"}, content=rows, headers={"content-type": "text/csv"})
        http.post("/v1/articles", json={"title": "x", "by": PERSON}, headers={"idempotency-key": "1"})
        assert {"triage.db", "modes.json.migrated", "upload.jsonl"} <= {
            name.removesuffix("-wal") for name in named_in(home)
        }
        done = json.loads(triage("--home", str(home), "forget", "--caller", PERSON, "--json").stdout)
        assert (done["incidents"], done["jobs"], done["models"], done["left"]) == (5, 1, 1, [])
        assert done["named"] >= 5
        assert named_in(home) == []
        by = {entry["field"]: entry["by"] for entry in http.get("/v1/modes").json()["fields"]}
        assert (by["category"], by["priority"]) == ("[forgotten]", "[forgotten]")
        found = http.get("/v1/search", params={"q": "her printer squeaks", "kind": "incidents"}).json()["results"]
        assert not {f"Q{i}" for i in range(4)} & {one["id"] for one in found}
        assert "M1" in {one["id"] for one in found} or len(found) == 10
        assert http.get("/v1/incidents/Q1").status_code == 404
        mentioned = http.get("/v1/incidents/M1").json()
        assert mentioned["description"] == "[forgotten] says the printer is broken"
        assert mentioned["category"] == "Printing"
        assert http.get("/v1/articles/K1").json()["title"] == "Call [forgotten]"
        said = http.post("/v1/suggest", json={"description": "the printer on the second floor does not print"}).json()
        assert said["model"]["version"] == done["model"]
    assert named_in(home) == []
    with open_services(home) as services:
        assert not any("quackenbush" in path.read_bytes().decode("utf-8", "replace") for path in home.rglob("*.json"))
        assert services.store.count_incidents() == 81 + 1  # theirs are gone, with the draft that taught


def test_what_was_assigned_to_a_person_stays_and_is_nobodys(tmp_path: Path) -> None:
    with open_services(tmp_path) as services:
        services.store.put_incidents(
            [
                Incident("A", description="printer jams", assigned_to=PERSON.lower(), resolution=f"{PERSON} mended it"),
                Incident("B", description="printer jams", assigned_to="Somebody Else"),
            ]
        )
        assert erase(services.store.database, PERSON).incidents == 0
        kept = services.store.incident("A")
        assert (kept.assigned_to, kept.resolution) == (None, "[forgotten] mended it")
        assert services.store.incident("B").assigned_to == "Somebody Else"


def test_a_short_name_takes_nothing_else_with_it(tmp_path: Path) -> None:
    with open_services(tmp_path / "home") as services:
        services.store.put_incidents(
            [Incident("1", "the channel of ann is planned", caller="bob"), Incident("2", "x", caller="Ann ")]
        )
    done = json.loads(triage("--home", str(tmp_path / "home"), "forget", "--caller", "ann", "--json").stdout)
    assert (done["incidents"], done["named"], done["model"]) == (1, 1, None)
    with open_services(tmp_path / "home") as services:
        assert services.store.incident("1").short_description == "the channel of [forgotten] is planned"
