from __future__ import annotations

from kb.records.article import Article, State
from kb.records.incident import Incident
from kb.records.record_kind import RecordKind
from kb.retrieval.memory import Memory
from kb.retrieval.near_duplicates import alike, collapse, word_set
from kb.storage.incident_store import IncidentStore

ALARM = "Job abc_{} failed in scheduler at 0{}:12 on node {}, please check the queue of the warehouse"


def test_numbers_do_not_make_a_difference_but_words_do() -> None:
    assert alike(word_set(ALARM.format(1, 2, 3)), word_set(ALARM.format(77, 4, 12)))
    assert not alike(word_set("vpn drops at home"), word_set("vpn drops in the office"))
    assert not alike(word_set("12"), word_set("13"))


def test_hits_collapse_onto_the_first_and_are_counted() -> None:
    texts = [ALARM.format(1, 1, 1), "printer jam", ALARM.format(2, 2, 2), ALARM.format(3, 3, 3), "mail"]
    assert collapse(texts, word_set, 2) == [(texts[0], 2), ("printer jam", 0)]


def test_a_repeated_alarm_is_shown_once(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents([Incident(f"A{i}", ALARM.format(i, i % 10, i)) for i in range(12)])
    store.put_incidents([Incident("B", "the scheduler of the warehouse does not start")])
    query = memory.query(ALARM.format(99, 1, 1))
    memory.refresh()
    found = memory.incidents.search(memory.compare(query), limit=2, weights=memory.weights())
    assert [hit.incident.number[0] for hit in found] == ["A", "B"]
    assert found[0].repeats >= 6


def copies(*states: State) -> list[Article]:
    body = "The gateway drops idle sessions after ten minutes, raise the timer in the client and sign in again."
    return [Article(f"K{i}", "VPN drops", resolution=body, state=state) for i, state in enumerate(states)]


def test_of_equal_articles_the_validated_or_the_used_one_is_shown(store: IncidentStore, memory: Memory) -> None:
    store.articles.put(copies(State.NOT_VALIDATED, State.VALIDATED, State.NOT_VALIDATED))
    assert [hit.article.id for hit in memory.search("vpn drops", kind=RecordKind.ARTICLES, limit=5)] == ["K1"]
    store.articles.put(copies(State.NOT_VALIDATED, State.NOT_VALIDATED, State.NOT_VALIDATED))
    store.put_incidents([Incident(f"{i}", f"other matter {i}", articles=("K2",)) for i in range(9)])
    assert [hit.article.id for hit in memory.search("vpn drops", kind=RecordKind.ARTICLES, limit=5)] == ["K2"]


def test_what_solved_similar_incidents_comes_first(store: IncidentStore, memory: Memory) -> None:
    texts = {"PROXY": "Set the proxy to automatic.", "CERT": "Renew the certificate of the device."}
    store.articles.put([Article(key, key.title(), resolution=text) for key, text in texts.items()])
    ask = "outlook asks for my password all the time"
    store.put_incidents([Incident(f"{i}", f"{ask} since monday {i}", articles=("CERT",)) for i in range(5)])
    found = memory.search(ask, kind=RecordKind.ARTICLES, limit=2)
    assert [hit.article.id for hit in found] == ["CERT", "PROXY"]
    assert found[0].linked > 0.5


def test_articles_on_two_error_codes_are_two(store: IncidentStore, memory: Memory) -> None:
    body = "Setup stops. Remove the update, restart the computer, then install the update again as an administrator."
    store.articles.put([Article(f"K{i}", f"Setup fails with error 0x8007000{i}", resolution=body) for i in range(3)])
    assert len(memory.search("setup fails", kind=RecordKind.ARTICLES, limit=5)) == 3
