"""Reading: finds the boilerplate in the texts of history, so that every text is read without it."""

from __future__ import annotations

from dataclasses import replace

from kb.reading.boilerplate import NO_BOILERPLATE, ReadText, find_boilerplate
from kb.records.incident import Incident
from kb.retrieval.boilerplate_registry import BoilerplateRegistry
from kb.retrieval.incident_index import IncidentIndex
from kb.retrieval.memory import Memory
from kb.storage.rereading import reread
from training.history import Report


def read_anew(memory: Memory, registry: BoilerplateRegistry, *, report: Report = lambda *_: None) -> int:
    """Find the boilerplate of the resolved incidents, embed the texts whose reading changes, and return their number.

    Texts that an earlier version of triage read differently are embedded again too. Other processes answer as before
    until all is done, then follow.
    """
    memory.refresh()
    embeddings = memory.store.embeddings
    before = registry.serving()
    embeddings.boilerplate = find_boilerplate(texts_of(memory.incidents), before)
    changed = reread(memory.store.database, embeddings, lambda done: report("reading anew", done))
    if changed or embeddings.boilerplate != before:
        registry.put(embeddings.boilerplate)
        memory.read_anew()
    return changed


def texts_of(index: IncidentIndex) -> list[ReadText]:
    """Return the texts of the incidents in an index, with their boilerplate, each with its group or category."""
    return [
        ReadText(replace(incident, boilerplate=NO_BOILERPLATE).text, incident.assignment_group or incident.category)
        for incident in incidents_of(index)
    ]


def incidents_of(index: IncidentIndex) -> list[Incident]:
    """Return the incidents in an index, in the order of their slots."""
    return [incident for slot in range(index.slots) if (incident := index.incident(slot)) is not None]
