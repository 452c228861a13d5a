"""Major incidents: proposed where several people report the same at one time, and more of them than usual."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from scipy.stats import poisson

from kb.records.incident import Incident
from kb.retrieval.memory import Memory
from models.encoder import Vectors

# cosine from which two reports are about the same: wordings of one outage differ; chosen by hand
_ALIKE = 0.5
# probability by chance under which as many reports are unusual: larger alarms more often without cause; by hand
_BY_CHANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Criteria:
    """When a major incident is proposed: so many people report the same within so long; never where none are asked."""

    reports: int = 5
    within: timedelta = timedelta(minutes=30)


def reports_of_the_same(memory: Memory, incidents: Sequence[Incident], criteria: Criteria) -> Iterator[tuple[str, ...]]:
    """For each stored incident that speaks for a major incident, all open ones that do so with it, the earliest first.

    Those count that were logged within the time before it and have a cosine of 0.5 or more with it, each caller once.
    They have to be more than history makes likely: with as many such incidents as it has in as long on the average, so
    many would come by chance less often than once in 10,000 times (Poisson).
    """
    times = [incident.opened_at for incident in incidents if incident.opened_at is not None]
    if not criteria.reports or not times:
        return
    recent = memory.store.open_between(min(times) - criteria.within, max(times))
    logged = [opened for record in recent if (opened := record.incident.opened_at) is not None]
    place = {record.incident.number: row for row, record in enumerate(recent)}
    vectors = np.array([record.vector for record in recent], dtype=np.float32)
    for row in sorted(place[incident.number] for incident in incidents if incident.number in place):
        first = bisect_left(logged, logged[row] - criteria.within)
        last = bisect_right(logged, logged[row])
        alike = first + np.flatnonzero(vectors[first:last] @ vectors[row] >= _ALIKE)
        found = [recent[place].incident for place in alike]
        people = len({(entry.caller or entry.number).casefold() for entry in found})
        if people >= criteria.reports and _is_unusual(memory, people, vectors[row], criteria.within):
            yield tuple(entry.number for entry in found)


def _is_unusual(memory: Memory, people: int, vector: Vectors, within: timedelta) -> bool:
    """Whether so many would hardly come by chance, by how many incidents like a text history has in as long a time."""
    with memory.lock:
        memory.refresh()
        like = np.flatnonzero(memory.incidents.similarities(vector) >= _ALIKE)
        known = [incident for slot in like if (incident := memory.incidents.incident(int(slot)))]
    span = memory.store.logged_for()
    usual = sum(incident.opened_at is not None for incident in known) * (within / span) if span else 0.0
    return bool(poisson.sf(people - 1, usual) < _BY_CHANCE)
