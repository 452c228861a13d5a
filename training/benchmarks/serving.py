"""Serving: how long a suggestion takes on 40,000 incidents, and how much memory the service needs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from training.benchmarks.classification import Table, read, write
from training.benchmarks.product import Service, run, served

INCIDENTS = 40_000
ASKED = 400
_WRITE_EVERY = 10
_PAUSE_SECONDS = 0.05


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Measure the latency of `POST /v1/suggest` for one client, the start, and memory; then while models are retrained.

    During retraining a client that asks about fifteen times a second, so that the lowest priority gets a turn too,
    writes a newly resolved incident before every tenth request.
    """
    asked = read(data / "tickets_category.csv.gz")[:ASKED]
    home = history_of_forty_thousand(data, scratch)
    with served(home) as service:
        took = [_asked(service, row) for row in asked]
        memory = service.memory_mb()
        ready = service.get("/readyz")
        meanwhile = _while_retraining(service, home, asked)
    return {
        "incidents": ready["incidents"],
        **_latency(took),
        "while_retraining": _latency(meanwhile),
        "start_to_first_answer_s": round(service.start_seconds, 1),
        "memory_mb": round(memory),
    }


def history_of_forty_thousand(data: Path, scratch: Path) -> Path:
    """Return a trained data folder with 40,000 incidents, without the first tickets of the file."""
    kept = read(data / "tickets_category.csv.gz")[ASKED:]
    again = [{**row, "number": f"{row['number']}-again"} for row in kept]
    write(scratch / "history.csv", (kept + again)[:INCIDENTS])
    home = scratch / "home"
    run(home, "import", "incidents", str(scratch / "history.csv"))
    run(home, "train")
    return home


def _while_retraining(service: Service, home: Path, rows: Table) -> list[float]:
    command = [sys.executable, "-m", "app", "--home", str(home), "retrain", "--background"]
    took = list[float]()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as retraining:
        while retraining.poll() is None:
            row = rows[len(took) % len(rows)]
            if len(took) % _WRITE_EVERY == 0:
                incident = {"description": row["description"], "category": row["category"], "state": "resolved"}
                service.put(f"/v1/incidents/NEW{len(took)}", incident)
            took.append(_asked(service, row))
            time.sleep(_PAUSE_SECONDS)
    return took


def _asked(service: Service, row: dict[str, str]) -> float:
    """Return the milliseconds that one suggestion took."""
    started = time.perf_counter()
    service.post("/v1/suggest", {"description": row["description"]})
    return 1000 * (time.perf_counter() - started)


def _latency(took: list[float]) -> dict[str, float]:
    shares = {f"p{share}_ms": round(float(np.percentile(took, share)), 1) for share in (50, 95, 99)}
    return {"asked": len(took), **shares}
