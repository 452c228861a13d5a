"""Durability: `kill -9` during import, training and serving, twenty times."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
from pathlib import Path
from typing import Any

from training.benchmarks.classification import read, write
from training.benchmarks.product import run, served

ROUNDS = 20
_TICKETS = 4000


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Kill the product at random moments; after each, the next start must work and hold what was acknowledged."""
    chance = random.Random(0)  # noqa: S311 (moments, not secrets)
    home = scratch / "home"
    write(scratch / "history.csv", read(data / "tickets_category.csv.gz")[:_TICKETS])
    lost = failed = acknowledged = 0
    kills = {"import": 0, "train": 0, "serve": 0}
    for number in range(ROUNDS):
        kind = list(kills)[number % 3]
        kills[kind] += 1
        written: list[str] = []
        if kind == "serve":
            written = _kill_service(home, number, chance.randint(5, 40))
        else:
            arguments = ["import", "incidents", str(scratch / "history.csv")] if kind == "import" else ["train"]
            _kill_command(home, arguments, chance.uniform(1.5, 9))
        acknowledged += len(written)
        try:
            with served(home) as service:
                for name in written:
                    try:
                        service.get(f"/v1/incidents/{name}")
                    except urllib.error.HTTPError:
                        lost += 1
        except OSError:
            failed += 1
    completed = run(home, "import", "incidents", str(scratch / "history.csv")).answer
    run(home, "train")
    return {
        "kills": kills,
        "acknowledged": acknowledged,
        "acknowledged_and_lost": lost,
        "starts_that_failed": failed,
        "second_import_completes": completed["new"] + completed["unchanged"] == _TICKETS,
    }


def _kill_command(home: Path, arguments: list[str], seconds: float) -> None:
    command = [sys.executable, "-m", "app", "--home", str(home), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(seconds)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _kill_service(home: Path, number: int, writes: int) -> list[str]:
    written = []
    with served(home) as service:
        for i in range(writes):
            name = f"K{number}-{i}"
            service.put(
                f"/v1/incidents/{name}", {"description": f"printer {name} does not print", "category": "Hardware"}
            )
            written.append(name)
        service.process.kill()
        service.process.wait()
    return written
