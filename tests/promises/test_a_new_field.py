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
