from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, select

from app.composition import Services, open_services
from kb.records.article import BEGINNING, Article, Audience, Passage, State, passages
from kb.records.incident import EXAMPLE_STATE, Incident
from kb.records.record_kind import RecordKind
from kb.retrieval.article_index import ArticleHit, ArticleIndex
from kb.retrieval.incident_index import IncidentHit
from kb.retrieval.memory import Memory
from kb.retrieval.ranking import Query
from kb.retrieval.weights import Weights
from kb.storage.article_rows import StoredArticle, embedded
from kb.storage.incident_store import IncidentStore
from kb.storage.schema import embeddings
from kb.storage.schema import passages as passage_table
from models.encoder import OnnxEncoder
from tests.conftest import printers_and_vpn

VPN = Article(
    "VPN", "VPN connection drops", issue="The VPN drops at home.", resolution="1. Switch to TCP.",
    service="Remote access", audience=Audience.INTERNAL,
)  # fmt: skip
PRINT = Article(
    "PRINT", "Printer queue stuck", issue="Nothing is printed.", service="Printing", audience=Audience.CUSTOMERS
)


def ids(memory: Memory, text: str, **more: object) -> list[str]:
    found = memory.search(text, limit=10, **more)
    return [hit.article.id if isinstance(hit, ArticleHit) else hit.incident.number for hit in found]


@pytest.fixture
def filled(store: IncidentStore, memory: Memory) -> Memory:
    store.articles.put([VPN, PRINT])
    store.put_incidents(
        [
            Incident("1", "vpn drops at home", service="Remote access", resolution="TCP"),
            Incident("2", "printer does not print", service="Printing"),
            Incident("3", "vpn broken", state="new"),
            Incident("4", "vpn drops", state=EXAMPLE_STATE),
        ]
    )
    return memory


def test_meaning_and_words_both_find(filled: Memory) -> None:
    assert ids(filled, "remote connection breaks off", kind=RecordKind.ARTICLES)[0] == "VPN"
    assert ids(filled, "queue", kind=RecordKind.ARTICLES)[0] == "PRINT"


def test_open_incidents_and_examples_are_shown_to_nobody(filled: Memory) -> None:
    assert set(ids(filled, "vpn drops, does not print", kind=RecordKind.INCIDENTS)) == {"1", "2"}


def test_a_filter_counts_before_ranking(filled: Memory) -> None:
    assert ids(filled, "vpn drops", service="printing") == ["PRINT", "2"]
    assert ids(filled, "vpn drops", kind=RecordKind.ARTICLES, audience=Audience.CUSTOMERS) == ["PRINT"]
    assert ids(filled, "vpn drops", service="nowhere") == []


def test_an_archived_article_is_never_shown(filled: Memory, store: IncidentStore) -> None:
    store.articles.edit("VPN", {"state": State.ARCHIVED}, by=None)
    assert ids(filled, "vpn connection drops", kind=RecordKind.ARTICLES) == ["PRINT"]


def test_changes_count_at_once(filled: Memory, store: IncidentStore) -> None:
    store.articles.edit("PRINT", {"title": "Coffee machine", "issue": "No espresso."}, by=None)
    assert ids(filled, "espresso", kind=RecordKind.ARTICLES)[0] == "PRINT"
    store.put_incidents([Incident("2", "badge does not open the door"), Incident("9", "projector is dark")])
    assert ids(filled, "door badge", kind=RecordKind.INCIDENTS)[0] == "2"
    assert ids(filled, "projector", kind=RecordKind.INCIDENTS)[0] == "9"
    store.put_incidents([Incident("9", "projector is dark", state="reopened")])
    assert "9" not in ids(filled, "projector", kind=RecordKind.INCIDENTS)
    store.put_incidents([Incident("3", "vpn broken", state="resolved")])
    assert "3" in ids(filled, "vpn broken", kind=RecordKind.INCIDENTS)


def test_another_process_sees_it_too(filled: Memory, store: IncidentStore, encoder: OnnxEncoder) -> None:
    other = Memory(IncidentStore(store.database, encoder))
    assert ids(other, "vpn drops at home", kind=RecordKind.INCIDENTS)[0] == "1"
    store.put_incidents([Incident("10", "scanner in the warehouse is offline")])
    assert ids(other, "warehouse scanner", kind=RecordKind.INCIDENTS)[0] == "10"


def test_the_hit_carries_the_matching_passage_and_the_one_that_answers(filled: Memory) -> None:
    (hit, *_) = filled.search("the vpn drops at home", limit=1, kind=RecordKind.ARTICLES)
    assert isinstance(hit, ArticleHit)
    assert hit.passage.text == "The VPN drops at home."
    assert hit.answer is not None
    assert hit.answer.text == "1. Switch to TCP."
    assert 0 < hit.score <= 1


def stored(key: str, title: str, *vectors: tuple[float, float], beginning: tuple[float, float]) -> StoredArticle:
    """An article of a title and one section, with these vectors."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    parts = Passage("Title", title), Passage("Issue", "words that nobody asks for")
    return StoredArticle(
        Article(key, title, issue="words"), 1, at, at, None, parts, np.float16(vectors), np.float16(beginning)
    )


def order(*records: StoredArticle) -> list[str]:
    """Ids of articles by what they have in common with the first axis."""
    index = ArticleIndex(2)
    index.put(records)
    query = Query("something else", np.array([1.0, 0.0], dtype=np.float32))
    return [hit.article.id for hit in index.search(query, limit=5, weights=Weights())]


def test_an_article_counts_by_its_beginning_as_well_as_by_its_best_passage() -> None:
    one = stored("one", "Printers", (0.5, 0.0), (0.9, 0.0), beginning=(0.2, 0.0))
    other = stored("other", "Scanners", (0.5, 0.0), (0.8, 0.0), beginning=(0.7, 0.0))
    assert order(one, other) == ["other", "one"]
    assert order(replace(one, beginning=one.vectors[1]), other) == ["one", "other"]


def test_a_title_that_is_a_number_says_nothing() -> None:
    named = stored("named", "Printers", (0.2, 0.0), (0.8, 0.0), beginning=(0.8, 0.0))
    numbered = stored("numbered", "4711 (KB001)", (0.0, 0.0), (0.7, 0.0), beginning=(0.7, 0.0))
    assert order(named, numbered) == ["numbered", "named"]
    assert order(named, stored("lettered", "Jam", (0.0, 0.0), (0.7, 0.0), beginning=(0.7, 0.0)))[0] == "named"


def test_articles_are_searched_by_the_last_numbers_of_longer_vectors() -> None:
    """The first number, what labels taught, speaks for the other article in every way."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    parts = Passage("Title", "Printers"), Passage("Issue", "words")
    taught = StoredArticle(
        Article("taught", "A"), 1, at, at, None, parts, np.float16([(1, 0, 1)] * 2), np.float16([1, 0, 1])
    )
    fits = replace(
        taught, article=Article("fits", "B"), vectors=np.float16([(0, 1, 0)] * 2), beginning=np.float16([0, 1, 0])
    )
    query = Query("something else", np.array([2.0, 0.5, 0.0], dtype=np.float32))
    for dimension, first in ((3, "taught"), (2, "fits")):
        index = ArticleIndex(dimension)
        index.put([taught, fits])
        assert index.search(query, limit=1, weights=Weights())[0].article.id == first
        index.put([fits, taught])
        assert index.search(query, limit=1, weights=Weights())[0].article.id == first
    assert index.closest(query.vector[None]).tolist() == [[0.0, 1.0]]


def test_the_beginning_goes_across_sections_and_a_number_is_no_part_of_any_passage() -> None:
    article = Article("1", "4711", issue="It drops.", resolution="1. Use TCP.")
    parts = passages(article)
    assert [(part.section, part.text) for part in parts] == [
        ("Title", "4711"),
        ("Issue", "It drops."),
        ("Resolution", "1. Use TCP."),
        (BEGINNING, "It drops.\n1. Use TCP."),
    ]
    assert embedded(article, parts[1]) == "It drops."
    assert embedded(replace(article, title="VPN 4711"), parts[1]) == "VPN 4711\nIt drops."
    assert passages(Article("2", "Title alone")) == (Passage("Title", "Title alone"),)


def test_articles_that_another_version_had_cut_are_cut_anew(tmp_path: Path) -> None:
    with open_services(tmp_path) as services:
        services.store.articles.put([VPN, PRINT])
        with services.store.database.writing() as connection:
            before = connection.execute(select(passage_table)).all()
            connection.execute(delete(passage_table).where(passage_table.c.article == "VPN"))
            connection.execute(delete(embeddings))
    with open_services(tmp_path) as services:
        with services.store.database.reading() as connection:
            assert sorted(connection.execute(select(passage_table)).all()) == sorted(before)
        assert ids(services.memory, "remote connection breaks off", kind=RecordKind.ARTICLES) == ["VPN", "PRINT"]


def test_an_empty_memory_finds_nothing(memory: Memory) -> None:
    assert memory.search("anything", limit=5) == []


def test_many_changes_leave_the_same_answers_as_a_fresh_start(
    store: IncidentStore, memory: Memory, encoder: OnnxEncoder
) -> None:
    incidents = printers_and_vpn(60)
    for start in range(0, len(incidents), 7):
        store.put_incidents(incidents[start : start + 7])
        memory.refresh()
    store.put_incidents([replace(found, description=f"{found.description} again") for found in incidents[::3]])
    fresh = Memory(IncidentStore(store.database, encoder))
    for text in ("printer does not print", "vpn drops again", "number 7"):
        old, new = (
            [
                (hit.incident.number, round(hit.similarity, 4))
                for hit in found.search(text, limit=8, kind=RecordKind.INCIDENTS)
                if isinstance(hit, IncidentHit)
            ]
            for found in (memory, fresh)
        )
        assert {score for _, score in old} == {score for _, score in new}


def test_the_sample_desk_finds_its_articles(sample_services: Services) -> None:
    expected = {
        "vpn drops all the time at home": "VPN connection drops every few minutes",
        "sign-in waits, approval request does not arrive": "No approval request arrives in the authenticator app",
        "mail is full": "Mailbox is full and cannot send",
        "zebra labels empty": "Label printer prints blank or shifted labels",
        "too many connections": "Database refuses connections",
    }
    for text, title in expected.items():
        (hit, *_) = sample_services.memory.search(text, limit=1, kind=RecordKind.ARTICLES)
        assert isinstance(hit, ArticleHit)
        assert hit.article.title == title
