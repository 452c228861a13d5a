from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from kb.records.article import Article, State
from kb.records.errors import EditConflictError, UnknownRecordError
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.written import Written
from kb.storage.database import Database
from kb.storage.incident_store import IncidentStore
from kb.storage.schema import metadata
from models.encoder import OnnxEncoder
from tests.conftest import SAMPLE_NOW


def test_the_migrations_make_exactly_the_tables_of_the_schema(store: IncidentStore) -> None:
    with store.database.reading() as connection:
        found = inspect(connection)
        for table in metadata.sorted_tables:
            columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
            assert columns == {column.name: column.nullable for column in table.columns}, table.name
            indexes = {index["name"] for index in found.get_indexes(table.name)}
            assert indexes == {index.name for index in table.indexes}, table.name


def test_sqlite_keeps_what_it_acknowledged(store: IncidentStore) -> None:
    with store.database.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_migrating_again_and_at_once_does_no_harm(tmp_path: Path) -> None:
    failures = list[Exception]()

    def migrate() -> None:
        try:
            Database.in_folder(tmp_path).migrate()
        except Exception as error:  # noqa: BLE001 (whatever it is, the test shows it)
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_an_incident_comes_back_as_it_was_written(store: IncidentStore) -> None:
    from app.sample.incidents import sample_incidents

    incidents = sample_incidents(40, now=SAMPLE_NOW)
    assert store.put_incidents(incidents) == Written(new=len(incidents))
    assert [store.incident(incident.number) for incident in incidents] == incidents
    assert list(store.all_incidents()) == sorted(incidents, key=lambda found: (found.opened_at, found.number))
    assert store.put_incidents(incidents) == Written(unchanged=len(incidents))


def test_the_text_of_an_incident_has_a_vector_and_equal_texts_share_it(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "vpn drops"), Incident("2", "vpn drops"), Incident("3", "no print")])
    vectors = {record.incident.number: record.vector for record in store.incidents_since(0)}
    assert set(vectors) == {"1", "2", "3"}
    assert (vectors["1"] == vectors["2"]).all()
    with store.database.reading() as connection:
        assert connection.execute(text("select count(*) from embeddings")).scalar() == 2


def test_texts_are_embedded_again_for_another_encoder(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "vpn drops")])
    store.articles.put([Article("A", "VPN", issue="It drops.")])
    assert store.embeddings.add_missing() == 0
    store.encoder.name, known = "another", store.encoder.name
    try:
        assert list(store.incidents_since(0)) == []
        assert store.embeddings.add_missing() == 3
        assert [record.incident.number for record in store.incidents_since(0)] == ["1"]
        assert len(next(iter(store.articles.since(0))).passages) == 2
    finally:
        store.encoder.name = known


def test_only_what_was_written_since_is_given(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "a"), Incident("2", "b")])
    revision = store.revision()
    store.put_incidents([Incident("2", "changed")])
    assert [record.incident.number for record in store.incidents_since(revision)] == ["2"]


def test_a_date_in_the_future_does_not_count_as_the_end_of_history(store: IncidentStore) -> None:
    begin, slip = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime.now(UTC) + timedelta(days=23_000)
    store.put_incidents([Incident("SLIP", short_description="printer jams", state="closed", opened_at=slip)])
    assert store.last_logged() is None
    store.put_incidents([Incident("PAST", short_description="printer jams", state="closed", opened_at=begin)])
    assert store.last_logged() == begin


def test_an_unknown_record_is_named(store: IncidentStore) -> None:
    with pytest.raises(UnknownRecordError, match="no incident 7"):
        store.incident("7")
    with pytest.raises(UnknownRecordError, match="no article 7"):
        store.articles.get("7")


def test_every_version_of_an_article_is_kept_with_who_and_when(store: IncidentStore) -> None:
    store.articles.put([Article("A", "Title", issue="It drops.")], by="ada")
    store.articles.edit("A", {"resolution": "1. Use TCP."}, by="bela")
    store.articles.edit("A", {"state": State.VALIDATED}, by="carla")
    history = store.articles.history("A")
    assert [(entry.version, entry.by, entry.article.state) for entry in history] == [
        (1, "ada", State.NOT_VALIDATED),
        (2, "bela", State.NOT_VALIDATED),
        (3, "carla", State.VALIDATED),
    ]
    assert [entry.article.resolution for entry in history] == ["", "1. Use TCP.", "1. Use TCP."]
    assert store.articles.get("A").article == history[-1].article


def test_the_second_of_two_editors_is_told_and_nothing_is_overwritten(store: IncidentStore) -> None:
    store.articles.put([Article("A", "Title", issue="It drops.")])
    store.articles.edit("A", {"title": "First"}, by="ada", version=1)
    with pytest.raises(EditConflictError, match="at version 2, this edit began at version 1"):
        store.articles.edit("A", {"title": "Second"}, by="bela", version=1)
    assert store.articles.get("A").article.title == "First"


def test_an_id_that_is_taken_is_refused(store: IncidentStore) -> None:
    store.articles.create(Article("A", "Title"), by=None)
    with pytest.raises(EditConflictError, match="there is an article A already"):
        store.articles.create(Article("A", "Other"), by=None)


def test_feedback_is_kept(store: IncidentStore) -> None:
    from datetime import UTC, datetime

    entry = Feedback("category", "VPN", datetime(2026, 1, 2, tzinfo=UTC), "1", {"description": "x"}, "Mail", "ada")
    store.feedback.put(entry, "x")
    assert store.feedback.all() == store.feedback.all(number="1") == [entry]
    assert store.feedback.all(number="2") == []


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from kb.storage.database import Database
from kb.records.incident import Incident
from kb.storage.incident_store import IncidentStore
from models.encoder import OnnxEncoder
database = Database.in_folder(Path(sys.argv[1]))
database.migrate()
store = IncidentStore(database, OnnxEncoder())
for i in range(int(sys.argv[2]), 10**6):
    store.put_incidents([Incident(f"{i}", f"printer {i} does not print")])
    print(i, flush=True)
"""


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path: Path, encoder: OnnxEncoder) -> None:
    acknowledged = list[str]()
    for round_ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(round_ * 1000)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(7 + 3 * round_):
            acknowledged.append(writer.stdout.readline().strip())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
    store = IncidentStore(Database.in_folder(tmp_path), encoder)
    numbers = {record.incident.number for record in store.incidents_since(0)}
    store.database.close()
    assert len(acknowledged) > 60
    assert set(acknowledged) <= numbers


def test_changes_of_one_incident_at_the_same_moment_are_all_kept(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "vpn drops")])
    store.articles.put([Article(f"K{i}", f"Title {i}") for i in range(24)])

    def link(key: int) -> None:
        store.link_article("1", f"K{key}")

    threads = [threading.Thread(target=link, args=(key,)) for key in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(store.incident("1").articles) == {f"K{i}" for i in range(24)}


def test_an_update_gives_what_is_stored_and_undoes_itself_where_it_raises(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "vpn drops", resolution="Switched to TCP")])
    stored = store.update("1", lambda one: replace(one, category="VPN", resolution="password: Sommer2024!"))
    assert stored == store.incident("1")
    assert (stored.category, stored.resolution) == ("VPN", "password: [masked: password]")
    with pytest.raises(UnknownRecordError, match="no incident 2"):
        store.update("2", lambda one: one)

    def fail(one: Incident) -> Incident:
        store.put_incidents([Incident("2", "no mail")])
        raise ZeroDivisionError(one.number)

    with pytest.raises(ZeroDivisionError):
        store.update("1", fail)
    assert store.count_incidents() == 1
    assert store.incident("1") == stored
