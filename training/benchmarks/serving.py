"""Serving: how long a suggestion takes on 40,000 incidents, and what the service needs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from training.benchmarks.classification import read, write
from training.benchmarks.product import run, served

INCIDENTS = 40_000
ASKED = 400


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Latency of `POST /v1/suggest` at one client, start to first answer, and memory."""
    rows = read(data / "tickets_category.csv.gz")
    asked, kept = rows[:ASKED], rows[ASKED:]
    again = [{**row, "number": f"{row['number']}-again"} for row in kept]
    write(scratch / "history.csv", (kept + again)[:INCIDENTS])
    home = scratch / "home"
    run(home, "import", "incidents", str(scratch / "history.csv"))
    run(home, "train")
    with served(home) as service:
        took = []
        for row in asked:
            started = time.perf_counter()
            service.post("/v1/suggest", {"description": row["description"]})
            took.append(1000 * (time.perf_counter() - started))
        memory = service.memory_mb()
        ready = service.get("/readyz")
    return {
        "incidents": ready["incidents"],
        "asked": len(took),
        "p50_ms": round(float(np.percentile(took, 50)), 1),
        "p95_ms": round(float(np.percentile(took, 95)), 1),
        "p99_ms": round(float(np.percentile(took, 99)), 1),
        "start_to_first_answer_s": round(service.start_seconds, 1),
        "memory_mb": round(memory),
    }
