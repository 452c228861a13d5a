"""A field is one line of the record and a migration: `location` is imported, learnt, suggested, shown and exported."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.api.application import create_app
from app.composition import open_services
from kb.storage import database as database_module
from kb.storage.database import Database
from tests.conftest import printers_and_vpn, triage

PLACES = {"Printing": "Berlin", "VPN": "home office"}


def test_a_location_is_imported_learnt_suggested_shown_and_exported(tmp_path: Path) -> None:
    history, asked, answers = tmp_path / "history.csv", tmp_path / "asked.csv", tmp_path / "answers.csv"
    with history.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Number", "Description", "Category", "Site"])
        writer.writerows(
            [one.number, one.description, one.category, PLACES[one.category or ""]] for one in printers_and_vpn()
        )
    asked.write_text("Description\nthe printer on the second floor does not print number 7\n")
    home = str(tmp_path / "home")
    triage("--home", home, "import", "incidents", str(history))
    triage("--home", home, "train", "--fields", "category,location")
    triage("--home", home, "classify", str(asked), "-o", str(answers))
    with answers.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["location"] == "Berlin"
    assert float(row["location_confidence"]) > 0.5
    with open_services(Path(home)) as services, TestClient(create_app(services, hosts=["testserver"])) as client:
        assert client.get("/v1/incidents/V3").json()["location"] == "home office"
        suggested = client.post(
            "/v1/suggest", json={"description": "vpn connection drops when working from home"}
        ).json()
        assert suggested["fields"]["location"]["value"] == "home office"
        written = client.put("/v1/incidents/N1", json={"description": "no paper", "location": "Paris", "state": "open"})
        assert written.json()["location"] == "Paris"


def test_what_stood_among_the_further_columns_becomes_the_field(tmp_path: Path) -> None:
    database = Database.in_folder(tmp_path)
    config = Config()
    config.set_main_option("script_location", str(Path(database_module.__file__).parent / "migrations"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0014")
        row = {"short": "no paper", "extra": json.dumps({"location": "Paris", "floor": "2"}), "nothing": json.dumps([])}
        connection.execute(
            text(
                "INSERT INTO incidents (number, short_description, description, state, articles, extra, text_sha256,"
                " revision) VALUES ('N1', :short, '', 'resolved', :nothing, :extra, 'x', 1)"
            ),
            row,
        )
    database.migrate()
    with database.reading() as connection:
        kept = connection.execute(text("SELECT location, extra FROM incidents")).one()
    database.close()
    assert kept.location == "Paris"
    assert json.loads(kept.extra) == {"floor": "2"}


def test_who_works_on_an_incident_was_a_further_column_and_is_a_field_that_nobody_guesses(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text("Number,Description,Category,Assignee\nN1,no paper,Printing,Bo\nN2,no paper,Printing,Ada\n")
    home = tmp_path / "home"
    triage("--home", str(home), "import", "incidents", str(history))
    with open_services(home) as services, TestClient(create_app(services, hosts=["testserver"])) as client:
        assert client.get("/v1/incidents/N1").json()["assigned_to"] == "Bo"
        client.put("/v1/incidents/N3", json={"description": "no paper", "assigned_to": "Ada", "state": "new"})
        client.put("/v1/incidents/N4", json={"description": "no paper", "state": "new"})
        (found,) = client.get("/v1/queue", params={"person": "Ada"}).json()["incidents"]
        assert (found["incident"]["number"], found["incident"]["assigned_to"]) == ("N3", "Ada")
        assert "assigned_to" not in client.post("/v1/suggest", json={"description": "no paper"}).json()["fields"]


def test_who_was_assigned_in_a_further_column_moves_to_the_field(tmp_path: Path) -> None:
    database = Database.in_folder(tmp_path)
    config = Config()
    config.set_main_option("script_location", str(Path(database_module.__file__).parent / "migrations"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0020")
        rows = [
            {"number": number, "extra": json.dumps(extra), "nothing": "[]"}
            for number, extra in {"A": {"Assignee": "Bo", "floor": "2"}, "B": {"Assignee": ""}, "C": {}}.items()
        ]
        connection.execute(
            text(
                "INSERT INTO incidents (number, short_description, description, state, articles, extra, text_sha256,"
                " revision) VALUES (:number, 'no paper', '', 'resolved', :nothing, :extra, 'x', 1)"
            ),
            rows,
        )
    database.migrate()
    with database.reading() as connection:
        kept = connection.execute(text("SELECT assigned_to, extra FROM incidents ORDER BY number")).all()
    database.close()
    assert [row.assigned_to for row in kept] == ["Bo", None, None]
    assert json.loads(kept[0].extra) == {"floor": "2"}
