from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import func, select, update

from kb.records.article import Article
from kb.records.feedback import Feedback
from kb.records.incident import Incident, text_sha256
from kb.retrieval.incident_index import IncidentHit
from kb.retrieval.memory import Memory
from kb.storage.incident_store import IncidentStore
from kb.storage.schema import embeddings

DIMENSION = 384
DAMAGE = {
    "no number": np.full(DIMENSION, np.nan, dtype=np.float16).tobytes(),
    "one no number": np.array([np.nan, 1, *[0] * (DIMENSION - 2)], dtype=np.float16).tobytes(),
    "infinite": np.full(DIMENSION, np.inf, dtype=np.float16).tobytes(),
    "huge": np.full(DIMENSION, 60_000, dtype=np.float16).tobytes(),
    "nothing": np.zeros(DIMENSION, dtype=np.float16).tobytes(),
    "short": np.full(DIMENSION - 1, 0.05, dtype=np.float16).tobytes(),
    "odd": b"\0" * (2 * DIMENSION - 1),
    "long": b"\0" * (4 * DIMENSION),
    "empty": b"",
}


def damage_all(store: IncidentStore, content: bytes, *texts: str) -> None:
    change = update(embeddings).values(vector=content)
    if texts:
        change = change.where(embeddings.c.text_sha256.in_([text_sha256(text) for text in texts]))
    with store.database.writing() as connection:
        connection.execute(change)


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_vector_is_made_anew_from_its_text(
    kind: str, store: IncidentStore, caplog: pytest.LogCaptureFixture
) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    texts = ["the printer jams", "vpn drops at home", "beamer stays dark"]
    store.put_incidents([Incident(text[:3], text, opened_at=moment, state="new") for text in texts])
    store.articles.put([Article("K1", "Printer jams", issue="It jams.", resolution="1. Open it.")])
    whole = {record.incident.number: record.vector for record in store.incidents_since(0)}
    (article,) = store.articles.since(0)
    damage_all(store, DAMAGE[kind])
    for _ in range(2):
        for records in (list(store.incidents_since(0)), store.logged_with_vectors(moment)):
            assert {record.incident.number for record in records} == set(whole)
            for record in records:
                np.testing.assert_allclose(record.vector, whole[record.incident.number], atol=2e-3)
        (again,) = store.articles.since(0)
        assert article.vectors is not None
        np.testing.assert_allclose(again.vectors, article.vectors, atol=2e-3)
        np.testing.assert_allclose(again.beginning, article.beginning, atol=2e-3)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]  # incidents, articles; once each
    with store.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(embeddings)).scalar_one() == len(texts) + len(
            article.passages
        ) + (article.beginning is not None)


def test_only_what_is_damaged_is_made_anew_and_a_search_goes_on(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents([Incident(str(i), f"printer {i} jams") for i in range(30)])
    before = {record.incident.number: record.vector.tobytes() for record in store.incidents_since(0)}
    damage_all(store, DAMAGE["no number"], "printer 7 jams")
    after = {record.incident.number: record.vector.tobytes() for record in store.incidents_since(0)}
    assert [number for number in before if number != "7" and before[number] != after[number]] == []
    (hit,) = memory.search("printer 7 jams", limit=1)
    assert isinstance(hit, IncidentHit)
    assert (hit.incident.number, hit.score > 0.99) == ("7", True)


def test_a_decision_on_a_text_that_is_not_kept_is_left_out_until_its_vector_is_there(store: IncidentStore) -> None:
    for text in ("aquarium leaks", "fish look sad"):
        decision = Feedback("category", "Facilities", datetime.now(UTC), ticket={"description": text}, suggested="VPN")
        store.feedback.put(decision, text)
    assert len(list(store.feedback.values_since(0))) == 2
    damage_all(store, DAMAGE["short"], "fish look sad")
    assert [one.text for one in store.feedback.values_since(0)] == [text_sha256("aquarium leaks")]
