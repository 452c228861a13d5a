"""Newcomers: how well an unseen value is learnt from five corrections."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

from training.benchmarks.classification import TASKS, intents, read, write
from training.benchmarks.product import Service, run, served

_VALUES = 5
_MOST_KNOWN = 6000
_CORRECTIONS = 5
_ASKED = 20
_OTHERS = 500
_LEAST = 40
_LARGEST_SHARE = 0.3


def measure(data: Path, scratch: Path, *, name: str) -> dict[str, Any]:
    """Train without a value, correct five of its tickets, and predict the next twenty and others.

    For each of five values, chosen at random from those with forty tickets or more, with 6,000 others known.
    """
    rows, field = (intents(data), "category") if name == "scope" else _table(data, name)
    chance = random.Random(0)  # noqa: S311 (an experiment, not a secret)
    counts = Counter(row[field] for row in rows)
    often = [value for value, count in sorted(counts.items()) if _LEAST <= count <= _LARGEST_SHARE * len(rows)]
    values = chance.sample(often, min(_VALUES, len(often)))
    chance.shuffle(rows)
    figures = [_one(rows, field, value, scratch / str(place)) for place, value in enumerate(values)]
    return {
        "values": len(figures),
        "first": round(sum(entry["first"] for entry in figures) / len(figures), 4),
        "top3": round(sum(entry["top3"] for entry in figures) / len(figures), 4),
        "others_lost": round(sum(entry["lost"] for entry in figures) / len(figures), 4),
        "worst_first": min(entry["first"] for entry in figures),
    }


def _table(data: Path, name: str) -> tuple[list[dict[str, str]], str]:
    task = TASKS[name]
    rows = [{"description": row.pop("text")} | row if "text" in row else dict(row) for row in read(data / task.file)]
    return rows, task.fields[0]


def _one(rows: list[dict[str, str]], field: str, value: str, scratch: Path) -> dict[str, float]:
    mine = [row for row in rows if row[field] == value][: _CORRECTIONS + _ASKED]
    others = [row for row in rows if row[field] != value]
    asked, history = others[:_OTHERS], others[_OTHERS : _OTHERS + _MOST_KNOWN]
    scratch.mkdir()
    write(scratch / "tickets.csv", [{"number": f"T{place}", **row} for place, row in enumerate(history)])
    home = scratch / "home"
    run(home, "import", "incidents", str(scratch / "tickets.csv"), statuses=(0, 1))
    run(home, "train", "--fields", field)
    with served(home) as service:
        before = _right(service, asked, field)
        for row in mine[:_CORRECTIONS]:
            guess = _guesses(service, [row], field)[0]
            body = {"ticket": _ticket(row, field), "field": field, "suggested": guess[0], "chosen": value}
            service.post("/v1/feedback", body)
        ranked = _guesses(service, mine[_CORRECTIONS:], field)
        after = _right(service, asked, field)
    return {
        "first": sum(value == guesses[0] for guesses in ranked) / len(ranked),
        "top3": sum(value in guesses[:3] for guesses in ranked) / len(ranked),
        "lost": (before - after) / len(asked),
    }


def _right(service: Service, rows: list[dict[str, str]], field: str) -> int:
    return sum(guesses[0] == row[field] for guesses, row in zip(_guesses(service, rows, field), rows, strict=True))


def _guesses(service: Service, rows: list[dict[str, str]], field: str) -> list[list[str]]:
    found = service.post("/v1/classify", {"tickets": [_ticket(row, field) for row in rows]})["results"]
    fields = [result["fields"][field] for result in found]
    return [
        [
            *([entry["value"]] if entry["value"] is not None else []),
            *(other["value"] for other in entry["alternatives"]),
        ]
        for entry in fields
    ]


def _ticket(row: dict[str, str], field: str) -> dict[str, str]:
    return {name: text for name, text in row.items() if name != field and text}
