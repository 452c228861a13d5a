from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from kb.records.incident import Incident
from kb.storage.database import Database
from kb.storage.database_errors import UnusableDatabaseError, known_error
from kb.storage.incident_store import IncidentStore
from models.encoder import OnnxEncoder
from models.errors import StorageFullError


@pytest.fixture
def home(tmp_path: Path, encoder: OnnxEncoder) -> Path:
    home = tmp_path / "home"
    database = Database.in_folder(home)
    database.migrate()
    IncidentStore(database, encoder).put_incidents([Incident(f"I{i}", f"printer {i} jams") for i in range(200)])
    database.close()
    return home


def opened(home: Path) -> int:
    database = Database.in_folder(home)
    try:
        database.migrate()
        with database.reading() as connection:
            return len(connection.execute(text("SELECT * FROM incidents")).all())
    finally:
        database.close()


def test_a_database_of_a_newer_version_is_refused_with_the_way_out(home: Path) -> None:
    with sqlite3.connect(home / "triage.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(UnusableDatabaseError, match=r"triage\.db: a newer version of triage wrote it \(schema 9999, "):
        opened(home)


@pytest.mark.parametrize(
    "sign", ["models/1/manifest.json", "jobs/1/upload.jsonl", "encoders/1/manifest.json", "keeper.lock"]
)
def test_an_emptied_database_is_not_taken_for_a_new_one(home: Path, sign: str) -> None:
    (home / "triage.db").write_bytes(b"")
    (home / sign).parent.mkdir(parents=True, exist_ok=True)
    (home / sign).touch()
    with pytest.raises(
        UnusableDatabaseError, match=rf"triage\.db: is empty, though {Path(sign).parts[0]}.* is there: "
    ):
        opened(home)


def test_a_lost_database_is_told_and_a_first_start_that_was_broken_off_begins_again(home: Path, tmp_path: Path) -> None:
    (home / "triage.db").unlink()
    (home / "models" / "1").mkdir(parents=True)
    (home / "models" / "1" / "manifest.json").touch()
    with pytest.raises(UnusableDatabaseError, match=r"is missing, though models/1/manifest\.json is there: restore"):
        opened(home)
    begun = tmp_path / "begun"
    begun.mkdir()
    (begun / "triage.db").touch()
    (begun / "settings.env").touch()
    assert opened(begun) == 0


@pytest.mark.parametrize("damage", ["garbage", "cut", "header", "no table", "no version"])
def test_a_damaged_database_is_named_with_the_way_out(home: Path, damage: str) -> None:
    file = home / "triage.db"
    whole = file.read_bytes()
    if damage == "garbage":
        file.write_bytes(b"no database at all" * 1000)
    elif damage == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "header":
        file.write_bytes(whole[:16] + b"\xff" * 84 + whole[100:])
    else:
        with sqlite3.connect(file) as connection:
            connection.execute("DROP TABLE incidents" if damage == "no table" else "DELETE FROM alembic_version")
        connection.close()
    with pytest.raises(UnusableDatabaseError, match=r"triage\.db: .*; stop every process .* from a backup"):
        opened(home)


def test_a_full_disk_is_told_and_loses_nothing_of_what_was_acknowledged(home: Path, encoder: OnnxEncoder) -> None:
    database = Database.in_folder(home)
    store = IncidentStore(database, encoder)
    with database.reading() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(StorageFullError, match=r"triage\.db: the disk is full, so this was not written; free space"):
        store.put_incidents([Incident(f"X{i}", f"printer {i} " + "jams " * 200) for i in range(50)])
    assert store.count_incidents() == 200
    with database.reading() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    assert store.put_incidents([Incident("X", "printer jams")]).new == 1
    database.close()


@pytest.mark.parametrize(
    ("state", "kind", "said"),
    [
        ("53100", StorageFullError, "the disk is full"),
        ("58030", StorageFullError, "cannot be read or written"),
        ("XX001", UnusableDatabaseError, "is damaged"),
        ("23505", None, ""),
    ],
)
def test_postgresql_says_the_same(state: str, kind: type[Exception] | None, said: str) -> None:
    error = type("DriverError", (Exception,), {"sqlstate": state})("words of the server")
    known = known_error(error, "postgresql://triage@host/triage")
    assert (type(known) if known else None) is kind
    assert said in str(known or "")
