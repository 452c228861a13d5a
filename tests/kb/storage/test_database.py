from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from kb.records.incident import Incident
from kb.retrieval.memory import Memory
from kb.storage.incident_store import IncidentStore
from tests.concurrency import counted_transactions


def write_beside(store: IncidentStore, *records: Incident) -> None:
    """Write as another thread does."""
    thread = threading.Thread(target=store.put_incidents, args=[records])
    thread.start()
    thread.join()


def test_a_snapshot_is_one_transaction_that_sees_one_state(store: IncidentStore) -> None:
    store.put_incidents([Incident("1", "vpn drops")])
    with counted_transactions() as begun:
        with store.database.snapshot():
            assert store.count_incidents() == 1
            begun.clear()
            with store.database.snapshot():
                assert [one.number for one in store.all_incidents()] == ["1"]
            assert begun == []
            write_beside(store, Incident("2", "no print"))
            assert (store.count_incidents(), len(store.open_incidents(limit=9))) == (1, 0)
        assert store.count_incidents() == 2


def test_an_act_within_a_snapshot_is_its_own_and_sees_what_it_writes(store: IncidentStore) -> None:
    with store.database.snapshot():
        assert store.count_incidents() == 0
        write_beside(store, Incident("1", "vpn drops"))
        changed = store.update("1", lambda one: replace(one, category="VPN"))
        assert (changed.category, store.count_incidents()) == ("VPN", 0)
    assert store.incident("1") == changed


def test_an_act_that_fails_leaves_its_thread_free_for_the_next(store: IncidentStore) -> None:
    def fail() -> None:
        with store.database.writing(), store.database.snapshot():
            store.put_incidents([Incident("1", "vpn drops")])
            assert store.count_incidents() == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert store.count_incidents() == 0
    store.put_incidents([Incident("2", "no print")])
    assert store.count_incidents() == 1


def test_what_was_written_is_read_in_one_transaction(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents([Incident("1", "vpn drops", category="VPN")])
    for more in ([Incident("2", "no print")], []):
        store.put_incidents(more)
        with counted_transactions() as begun:
            memory.refresh()
        assert len(begun) == 1
    assert len(memory.incidents) == 2


def test_a_snapshot_taken_before_a_text_was_embedded_loses_nothing(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents([Incident("1", "vpn drops", category="VPN")])
    store.embeddings.forget()
    with store.database.snapshot():
        memory.refresh()
    memory.refresh()
    assert (len(memory.incidents), memory.revision) == (1, store.revision())
