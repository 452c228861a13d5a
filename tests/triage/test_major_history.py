"""What is usual of a group, from tables of past reports."""

from __future__ import annotations

import numpy as np

from triage.major_detection import GROUPED, NOBODY, RecentReports
from triage.major_history import TablePast

HOUR = 3600.0


def test_a_caller_counts_once_in_four_hours_and_one_nobody_knows_counts_each_time() -> None:
    hours = np.arange(0.5, 24)
    rows = [
        (hour, service, caller)
        for hour in hours.tolist()
        for service, caller in (("monitor", 1), ("unknown", NOBODY), ("people", 100 + int(hour)))
    ]
    reports = RecentReports(
        np.array([HOUR * hour for hour, *_ in rows]),
        np.zeros((len(rows), 2), dtype=np.float32),
        np.array([caller for *_, caller in rows], dtype=np.int64),
        {name: np.array([service for _, service, _ in rows], dtype=object) for name in GROUPED},
        np.ones(len(rows), dtype=bool),
    )
    past = TablePast(reports, 24 * HOUR)
    assert past.moments_of("service", "monitor").tolist() == [HOUR * hour for hour in hours[::4]]
    assert past.moments_of("service", "unknown").tolist() == (HOUR * hours).tolist()
    assert past.moments_of("service", "people").tolist() == (HOUR * hours).tolist()
    assert len(past.moments()) == len(rows)
