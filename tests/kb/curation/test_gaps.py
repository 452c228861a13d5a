from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from kb.curation.corpus import Case
from kb.curation.gaps import Cluster, GapRegistry
from kb.records.incident import Incident
from kb.storage.incident_store import IncidentStore


def test_a_gap_that_several_find_at_the_same_moment_has_one_id(store: IncidentStore) -> None:
    registry = GapRegistry(store.database)
    for number in range(10):
        cases = [Case(Incident(f"INC{number}-{place}"), (), place) for place in range(12)]
        start = threading.Barrier(6)

        def recognise(later: int, cases: list[Case] = cases, start: threading.Barrier = start) -> tuple[str, str]:
            """The gap as somebody finds it who looks when some more of the oldest incidents are gone."""
            start.wait()
            (found,) = registry.recognise([Cluster(tuple(cases[later:]), ())])
            return found

        with ThreadPoolExecutor(6) as threads:
            assert len(set(threads.map(recognise, range(6)))) == 1
