"""Flipped labels: how many of a thousand wrong labels `triage doctor` names first."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from training.benchmarks.classification import read, write
from training.benchmarks.product import run

FLIPPED = 1000
SUSPECTS = 2000


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Flip labels of real tickets at random, and count them among the doctor's first suspects."""
    rows = read(data / "tickets_category.csv.gz")
    chance = random.Random(0)  # noqa: S311 (an experiment, not a secret)
    values = sorted({row["category"] for row in rows})
    flipped = set(chance.sample(range(len(rows)), FLIPPED))
    for place in flipped:
        rows[place]["category"] = chance.choice([value for value in values if value != rows[place]["category"]])
    write(
        scratch / "tickets.csv",
        [
            {"number": f"T{place}", "description": row["description"], "category": row["category"]}
            for place, row in enumerate(rows)
        ],
    )
    home = scratch / "home"
    run(home, "import", "incidents", str(scratch / "tickets.csv"), statuses=(0, 1))
    examined = run(home, "doctor", "--fields", "category", "--limit", str(SUSPECTS))
    named = {suspect["number"] for suspect in examined.answer["suspects"]}
    return {
        "tickets": len(rows),
        "flipped": FLIPPED,
        "suspects": len(named),
        "found": sum(f"T{place}" in named for place in flipped) / FLIPPED,
        "best_possible": examined.answer["fields"][0]["best_possible"],
        "examine_s": round(examined.seconds, 1),
    }
