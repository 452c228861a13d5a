"""Major incidents: proposed where several people report the same at one time, and more of them than usual."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from scipy.stats import poisson

from kb.incidents import Incident
from kb.search import Memory
from models.encoder import Vectors

_ALIKE = 0.5
_BY_CHANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Criteria:
    """When a major incident is proposed: so many people report the same within so long; never where none are asked."""

    reports: int = 5
    within: timedelta = timedelta(minutes=30)


def reports_of_the_same(memory: Memory, incident: Incident, criteria: Criteria) -> tuple[str, ...]:
    """Open incidents that speak for a major incident as this one does, the earliest first; empty where too few do.

    Those count that were logged within the time before this one and have a cosine of 0.5 or more with it, each
    caller once. They have to be more than history makes likely: with as many such incidents as it has in as long
    on the average, so many would come by chance less often than once in 10,000 times (Poisson).
    """
    if not criteria.reports or incident.opened_at is None or incident.is_history:
        return ()
    recent = memory.store.open_between(incident.opened_at - criteria.within, incident.opened_at)
    own = next((record.vector for record in recent if record.incident.number == incident.number), None)
    if own is None:
        return ()
    vector = own.astype(np.float32)
    alike = [record.incident for record in recent if float(record.vector.astype(np.float32) @ vector) >= _ALIKE]
    people = {(entry.caller or entry.number).casefold() for entry in alike}
    if len(people) < criteria.reports:
        return ()
    if poisson.sf(len(people) - 1, _usual(memory, vector, criteria.within)) >= _BY_CHANCE:
        return ()
    return tuple(entry.number for entry in alike)


def _usual(memory: Memory, vector: Vectors, within: timedelta) -> float:
    """How many incidents like a text history has on the average in as long a time, 0 where it has no dates."""
    with memory.lock:
        memory.refresh()
        like = memory.incidents.similarities(vector) >= _ALIKE
        logged = memory.incidents.logged()
    dated = ~np.isnan(logged)
    if dated.sum() < 2 or (span := float(np.ptp(logged[dated]))) == 0:
        return 0.0
    return float((like & dated).sum()) * within.total_seconds() / span
