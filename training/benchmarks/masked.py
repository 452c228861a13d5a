"""Masking: how many real tickets are touched, and how long it takes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from kb.masking import mask
from training.benchmarks.classification import read

SOURCES = ("tickets_groups.csv.gz", "tickets_solutions.csv.gz", "tickets_fields.csv.gz", "tickets_category.csv.gz")
_TEXTS = ("short_description", "description")


def measure(data: Path, scratch: Path) -> dict[str, Any]:  # noqa: ARG001 (every benchmark is given one)
    """Share of tickets of each source in which something is masked; some of them do hold passwords."""
    touched, seconds = {}, {}
    for source in SOURCES:
        rows = read(data / source)
        started = time.perf_counter()
        hits = sum(any(mask(row.get(name, "")).found for name in _TEXTS) for row in rows)
        seconds[source] = round(1000 * (time.perf_counter() - started) / len(rows), 3)
        touched[source] = round(hits / len(rows), 4)
    return {"touched": touched, "ms_a_ticket": seconds}
