"""Past reports as tables, from which the usual rates are estimated, live and in a back-test."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kb.records.incident import Incident
from kb.retrieval.memory import Memory
from kb.storage.incident_store import StoredIncident
from models.encoder import Vectors
from models.usual_rate import Moments
from triage.major_detection import GROUPED, NOBODY, DetectionSettings, RecentReports

_DAY = 86_400.0
# bursts count a caller once within so long
_REPEATS_WITHIN = DetectionSettings().horizon


def caller_code(caller: str | None) -> int:
    """Return a number for a caller, the same for every spelling of the case, NOBODY where there is none."""
    if not (caller or "").strip():
        return NOBODY
    digest = hashlib.blake2b(str(caller).strip().casefold().encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big")


def recent_reports(records: Sequence[StoredIncident], not_counted: Collection[str] = ()) -> RecentReports:
    """Return incidents with a date, in the order of their logging, as the reports that a detector looks at."""
    incidents = [record.incident for record in records]
    dimension = len(records[0].vector) if records else 0
    vectors = np.array([record.vector for record in records], dtype=np.float32).reshape(len(records), dimension)
    return RecentReports(
        np.array([_moment(one) for one in incidents], dtype=np.float64),
        vectors,
        np.array([caller_code(one.caller) for one in incidents], dtype=np.int64),
        {name: np.array([one.value(name) or "" for one in incidents], dtype=object) for name in GROUPED},
        np.array([one.number not in not_counted for one in incidents], dtype=bool),
    )


def without_repeats(moments: Moments, callers: NDArray[np.int64]) -> Moments:
    """Return the moments at which a caller called first within some hours; a caller nobody knows calls first always.

    Bursts count a caller once, so what is usual has to do the same. A caller counts once in each block of hours, so
    that one who calls all the time counts at least as often as in a burst.
    """
    blocks = np.stack([callers, (moments // _REPEATS_WITHIN).astype(np.int64)])
    is_first = callers == NOBODY
    is_first[np.unique(blocks, axis=1, return_index=True)[1]] = True
    return np.asarray(moments[is_first])


def _moment(incident: Incident) -> float:
    return incident.opened_at.timestamp() if incident.opened_at else float("nan")


class TablePast:
    """The rows of a table of reports before a moment, without those of some numbers."""

    def __init__(self, reports: RecentReports, until: float, left_out: NDArray[np.bool_] | None = None) -> None:
        before = int(np.searchsorted(reports.moments, until))
        self._is_kept = np.ones(before, dtype=bool) if left_out is None else ~left_out[:before]
        self._moments = reports.moments[:before]
        self._vectors = reports.vectors[:before]
        self._callers = reports.callers[:before]
        self._values: Mapping[str, NDArray[np.object_]] = {
            name: values[:before] for name, values in reports.values.items()
        }

    def moments(self) -> Moments:
        """Return when all of them were logged."""
        return self._moments[self._is_kept]

    def moments_of(self, name: str, value: str) -> Moments:
        """Return when those with this value of a field were logged, repeats of a caller left out."""
        having = self._is_kept & (self._values[name] == value)
        return without_repeats(self._moments[having], self._callers[having])

    def values(self, name: str) -> int:
        """Return how many different values of a field they have."""
        values = self._values[name][self._is_kept]
        return len(set(values.tolist()) - {""})

    def alike(self, vector: Vectors, least: float) -> tuple[NDArray[np.float32], Moments]:
        """Return the cosines of at least `least` with a text's vector, and when those reports were logged."""
        cosines = self._vectors @ vector
        near = self._is_kept & (cosines >= least)
        return cosines[near], self._moments[near]


class MemoryPast:
    """Reports before a moment: finished incidents from the memory, and others that are still open."""

    def __init__(self, memory: Memory, others: RecentReports, until: float, left_out: Iterable[str] = ()) -> None:
        self._lock, self._index = memory.lock, memory.incidents
        self._others = TablePast(others, until)
        with memory.lock:
            moments = self._index.days() * _DAY
            usable = moments < until
            usable[self._index.slots_of(left_out)] = False
            slots = np.flatnonzero(usable)
            self._slots = slots[np.argsort(moments[slots], kind="stable")]
            self._moments = moments[self._slots]

    def moments(self) -> Moments:
        """Return when all of them were logged."""
        return np.sort(np.concatenate([self._moments, self._others.moments()]))

    def moments_of(self, name: str, value: str) -> Moments:
        """Return when those with this value of a field were logged, repeats of a caller left out."""
        with self._lock:
            having = self._index.labels(name).having(value)[self._slots]
            callers = self._index.callers()[self._slots][having].astype(np.int64)
        own = without_repeats(self._moments[having], callers)
        return np.sort(np.concatenate([own, self._others.moments_of(name, value)]))

    def values(self, name: str) -> int:
        """Return how many different values of a field they have."""
        with self._lock:
            codes = self._index.labels(name).codes()[self._slots]
        return len(np.unique(codes[codes >= 0]))

    def alike(self, vector: Vectors, least: float) -> tuple[NDArray[np.float32], Moments]:
        """Return the cosines of at least `least` with a text's vector, and when those reports were logged."""
        with self._lock:
            cosines = self._index.similarities(vector)[self._slots]
        near = cosines >= least
        others, moments = self._others.alike(vector, least)
        together = np.concatenate([self._moments[near], moments])
        order = np.argsort(together, kind="stable")
        return np.concatenate([cosines[near], others])[order], together[order]
