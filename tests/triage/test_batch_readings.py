from __future__ import annotations

from kb.retrieval.memory import Memory
from kb.storage.incident_store import IncidentStore
from tests.conftest import printers_and_vpn
from triage.batch_readings import BatchReadings


def test_a_batch_is_read_once_until_history_changes(store: IncidentStore, memory: Memory) -> None:
    store.put_incidents(printers_and_vpn(4))
    memory.refresh()
    readings = BatchReadings(memory)
    tickets = printers_and_vpn(1)
    vectors = store.encoder.encode([ticket.text for ticket in tickets])
    first = readings.of(tickets, vectors, None)
    assert readings.of(tickets, vectors, None) is first
    assert readings.of(tickets[:1], vectors[:1], None) is not first
    store.put_incidents(printers_and_vpn(6)[8:])
    memory.refresh()
    later = readings.of(tickets, vectors, None)
    assert later[0][None][0].slots.max() > first[0][None][0].slots.max()
    memory.read_anew()
    assert readings.of(tickets, vectors, None) is not later


def test_what_comes_from_a_file_is_not_kept(store: IncidentStore, memory: Memory) -> None:
    tickets = printers_and_vpn(60)
    store.put_incidents(tickets)
    memory.refresh()
    vectors = store.encoder.encode([ticket.text for ticket in tickets])
    readings = BatchReadings(memory)
    assert readings.of(tickets, vectors, None) is not readings.of(tickets, vectors, None)
