"""Candidate: a model fitted without the newest incidents, so that they can judge it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.records.incident import Incident
from kb.retrieval.memory import Memory, PastMemory
from kb.storage.incident_store import StoredIncident
from training.fit import fit_model
from training.history import Report
from triage.model import TriageModel


@dataclass(frozen=True, slots=True)
class CandidateSettings:
    """How many of the newest incidents a candidate leaves out; all chosen by hand."""

    # fewest incidents left out: fewer decide nothing
    least: int = 20
    # most incidents left out: as many as online adaptation remembers
    most: int = 600
    # share of history, between these limits
    share: float = 0.1


_SETTINGS = CandidateSettings()


@dataclass(frozen=True, slots=True)
class CandidateModel:
    """A model, a memory of what it learnt from, and the newest incidents, which it did not learn from.

    `added` holds the revision at which each of those was first written.
    """

    model: TriageModel
    past: PastMemory
    newest: tuple[Incident, ...]
    added: tuple[int, ...]


def fit_candidate(
    memory: Memory, *, fields: Sequence[str] | None, precision: float, report: Report = lambda *_: None
) -> CandidateModel:
    """Fit everything but the newest tenth of history, twenty to six hundred incidents.

    When the model serves, they count as arrivals after its training and show at once how far it still holds. Raises
    NotEnoughHistoryError.
    """
    index = memory.incidents
    slots = list(dict.fromkeys(reversed(index.arrivals)))[::-1]
    records = [
        StoredIncident(incident, index.vectors()[slot], index.added(slot), index.decided(slot))
        for slot in slots
        if (incident := index.incident(slot)) is not None
    ]
    newest = min(_SETTINGS.most, max(_SETTINGS.least, int(_SETTINGS.share * len(records))))
    past = PastMemory(memory.store, records[: len(records) - newest])
    past.incidents.relabel(index.changes)
    left_out = records[len(records) - newest :]
    numbers = [record.incident.number for record in left_out]
    model = fit_model(past, fields=fields, precision=precision, left_out=numbers, report=report)
    return CandidateModel(
        replace(model, revision=memory.revision),
        past,
        tuple(record.incident for record in left_out),
        tuple(record.added for record in left_out),
    )
