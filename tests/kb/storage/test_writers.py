from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from kb.storage import writers
from kb.storage.database import Database
from kb.storage.database_errors import UnusableDatabaseError
from kb.storage.writers import Writers
from models.errors import UnavailableError

WRITERS, TURNS = 8, 1000


def test_of_many_writers_none_waits_while_others_write_again_and_again(tmp_path: Path) -> None:
    """Two databases on one file are as two processes. SQLite alone lets some write a thousand times, others twice."""
    databases = [Database.in_folder(tmp_path), Database.in_folder(tmp_path)]
    turns = [0] * (len(databases) * WRITERS)

    def write_on(writer: int) -> None:
        while sum(turns) < TURNS:
            with databases[writer % len(databases)].writing():
                time.sleep(0.002)
                turns[writer] += 1

    threads = [threading.Thread(target=write_on, args=(writer,)) for writer in range(len(turns))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert min(turns) > TURNS / len(turns) / 4, turns


def write(database: Database) -> None:
    with database.writing():
        pass


@pytest.mark.parametrize("others", ["thread", "process"])
def test_who_waits_too_long_is_told_so_and_can_try_again(
    others: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "WAIT_SECONDS", 0.05)
    file = tmp_path / "triage.db.lock"
    mine = Writers("triage.db", file)
    holding = mine if others == "thread" else Writers("triage.db", file)
    refused = list[str]()

    def wait() -> None:
        try:
            with mine.turn():
                refused.append("had its turn")
        except UnavailableError as error:
            refused.append(str(error))

    for is_held in (True, False):
        thread = threading.Thread(target=wait)
        if is_held:
            with holding.turn():
                thread.start()
                thread.join()
        else:
            thread.start()
            thread.join()
    assert refused == ["triage.db: others have been writing for 0.05 s; try again", "had its turn"]


def test_a_lock_that_cannot_be_opened_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "triage.db.lock").mkdir()
    database = Database.in_folder(tmp_path)
    for _ in range(2):
        with pytest.raises(UnusableDatabaseError, match=r"triage\.db: its lock cannot be opened .* check the folder"):
            write(database)
    database.close()
