"""Replay: a year of a desk whose categories change, and how long a long history takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from training.benchmarks.classification import read, write
from training.benchmarks.product import run

SINCE, UNTIL = "2024-06-01", "2025-05-31"
_START = datetime(2025, 1, 1, tzinfo=UTC)
_MINUTES_APART = 13


def measure_year(data: Path, scratch: Path) -> dict[str, Any]:
    """Replay the last year of the mail program's desk, corrections coming in a day later."""
    home = scratch / "home"
    run(home, "import", "incidents", str(data / "tickets_solutions.csv.gz"), statuses=(0, 1))
    done = run(home, "replay", "--from", SINCE, "--to", UNTIL, "--fields", "category")
    found = done.answer
    return {
        "tickets": found["tickets"],
        "known_before": found["known_before"],
        "trainings": found["trainings"],
        "category": {name: entry["value"] for name, entry in found["fields"]["category"].items() if name != "examples"},
        "articles": {"tickets": found["articles"]["examples"]}
        | {name: found["articles"][name]["value"] for name in ("first", "top3")},
        "months": {month["month"]: month["fields"]["category"]["accuracy"]["value"] for month in found["months"]},
        "replay_s": round(done.seconds, 1),
    }


def measure_speed(data: Path, scratch: Path) -> dict[str, Any]:
    """Replay 38,269 tickets from nothing; for lack of dates, each follows thirteen minutes after the last."""
    rows = read(data / "tickets_category.csv.gz")
    write(
        scratch / "tickets.csv",
        [
            {
                "number": f"T{place}",
                "opened_at": (_START + timedelta(minutes=_MINUTES_APART * place)).isoformat(),
                "description": row["description"],
                "category": row["category"],
            }
            for place, row in enumerate(rows)
        ],
    )
    home = scratch / "home"
    run(home, "import", "incidents", str(scratch / "tickets.csv"), statuses=(0, 1))
    done = run(home, "replay")
    category = done.answer["fields"]["category"]
    return {
        "tickets": done.answer["tickets"],
        "trainings": done.answer["trainings"],
        "accuracy": category["accuracy"]["value"],
        "automatic_share": category["automatic_share"]["value"],
        "automatic_right": category["automatic_right"]["value"],
        "replay_s": round(done.seconds, 1),
        "peak_mb": round(done.peak_mb),
    }
