"""Batch readings: what tickets have in common with history, read once while neither history nor model changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from kb.records.incident import Incident
from kb.retrieval.incident_index import IncidentIndex
from kb.retrieval.memory import Memory
from models.encoder import Vectors
from models.features import Features
from triage.base_predictions import Voters, features_of, voters_on
from triage.model import TriageModel

# pages of the queue, each with its filters, that people look at at the same time
_BATCHES = 32
# larger ones come from files, and are asked for once
_TICKETS = 100


@dataclass(frozen=True, slots=True)
class _Basis:
    """What readings follow from, besides the tickets."""

    index: IncidentIndex
    revision: int
    model: TriageModel | None

    def is_of(self, memory: Memory, model: TriageModel | None) -> bool:
        return self.index is memory.incidents and self.revision == memory.revision and self.model is model


class BatchReadings:
    """Voters and features of the batches that were asked for last.

    The desk reads the page of the queue that somebody looks at every few seconds, and mostly nothing has changed.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._basis: _Basis | None = None
        self._kept: OrderedDict[object, tuple[Voters, Features | None]] = OrderedDict()

    def of(
        self, tickets: Sequence[Incident], vectors: Vectors, model: TriageModel | None
    ) -> tuple[Voters, Features | None]:
        """Return what votes on tickets, and their features where there is a model; call it under the memory's lock.

        `vectors` are the encoder's of the tickets' texts, shape (tickets, dimension).
        """
        if len(tickets) > _TICKETS:
            return self._read(tickets, vectors, model)
        if self._basis is None or not self._basis.is_of(self._memory, model):
            self._basis = _Basis(self._memory.incidents, self._memory.revision, model)
            self._kept.clear()
        batch = tuple((ticket.text, *ticket.circumstances) for ticket in tickets)
        if batch not in self._kept:
            self._kept[batch] = self._read(tickets, vectors, model)
            if len(self._kept) > _BATCHES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(batch)
        return self._kept[batch]

    def _read(
        self, tickets: Sequence[Incident], vectors: Vectors, model: TriageModel | None
    ) -> tuple[Voters, Features | None]:
        features = None if model is None else features_of(model, tickets, vectors)
        return voters_on(self._memory.incidents, vectors, model), features
