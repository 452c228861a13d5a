"""Classification: fields of unseen tickets, by import, train and classify."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score, roc_auc_score

from kb.retrieval.near_duplicates import word_set
from models.calibration import HeldOutGuesses, expected_calibration_error
from training.benchmarks.product import run

Table = list[dict[str, str]]
_TERSE_WORDS = 5
_NEW_SCHEME = "2024-12"  # the month in which these categories were last changed


@dataclass(frozen=True, slots=True)
class Task:
    """A table of tickets and the fields to predict."""

    file: str
    fields: tuple[str, ...]
    inputs: tuple[str, ...] = ("short_description", "description", "caller")


TASKS = {
    "category": Task("tickets_category.csv.gz", ("category",)),
    "groups": Task("tickets_groups.csv.gz", ("assignment_group",)),
    "fields": Task(
        "tickets_fields.csv.gz",
        ("ticket_type", "category", "sub_category1", "sub_category2", "business_service", "urgency", "impact"),
    ),
    "banking": Task("banking77_train.csv.gz", ("category",), ("text",)),
    "languages": Task("tickets_solutions.csv.gz", ("category",), ("short_description", "description")),
}
APART: dict[str, Callable[[dict[str, str]], str]] = {
    "groups": lambda row: "mail" if row["description"].lower().startswith("received from") else "other",
    "languages": lambda row: row["locale"],
}


def measure(
    data: Path,
    scratch: Path,
    name: str,
    *,
    share: float = 0.25,
    seed: int = 0,
    fewest: int = 0,
    tuned: bool = False,
    by_kind: bool = False,
) -> dict[str, Any]:
    """Learn from three quarters of a table and classify the rest.

    `fewest` keeps only that many examples a value to learn from; `tuned` tunes the encoder too; `by_kind` puts
    tickets that differ in numbers only on one side. `adopted` says whether the tuned or else the finer encoder serves,
    nothing where none was tried. `terse` has the figures of the same tickets cut to their first five
    words, as a phone note would have them.
    """
    task = TASKS[name]
    rows = read(data / task.file)
    if name == "languages":
        rows = [row for row in rows if row["category"] and row["opened_at"] >= _NEW_SCHEME]
    learnt, asked = split(rows, share, seed, key=_kind if by_kind else None)
    if fewest:
        learnt = _few(learnt, task.fields[0], fewest)
    kept = {column for row in rows[:1] for column in row if column in {*task.inputs, *task.fields}}
    write(scratch / "learnt.csv", [{column: row[column] for column in row if column in kept} for row in learnt])
    inputs = [column for column in task.inputs if column in rows[0]]
    write(scratch / "asked.csv", [{column: row[column] for column in inputs} for row in asked])
    home = scratch / "home"
    imported = run(home, "import", "incidents", str(scratch / "learnt.csv"), statuses=(0, 1))
    trained = run(home, "finetune" if tuned else "train", "--fields", ",".join(task.fields))
    classified = run(home, "classify", str(scratch / "asked.csv"), "-o", str(scratch / "out.csv"))
    answers = read(scratch / "out.csv")
    counts = {field: Counter(row[field] for row in learnt) for field in task.fields}
    return {
        "learnt": len(learnt),
        "asked": len(asked),
        "import_s": round(imported.seconds, 1),
        "finetune_s" if tuned else "train_s": round(trained.seconds, 1),
        "adopted": (trained.answer if tuned else trained.answer["tried"] or {}).get("adopted"),
        "tickets_per_s": round(len(asked) / classified.seconds),
        "peak_mb": round(classified.peak_mb),
        **{field: figures(asked, answers, field, counts[field]) for field in task.fields},
        **(_terse(scratch, inputs, asked, counts) if name == "category" else {}),
        **_apart(name, asked, answers, counts),
        **_pairs(task, learnt, answers),
    }


def _terse(
    scratch: Path, inputs: Sequence[str], asked: Table, counts: dict[str, Counter[str]]
) -> dict[str, dict[str, Any]]:
    cut = [{column: " ".join(row[column].split()[:_TERSE_WORDS]) for column in inputs} for row in asked]
    write(scratch / "terse.csv", cut)
    run(scratch / "home", "classify", str(scratch / "terse.csv"), "-o", str(scratch / "out.csv"))
    answers = read(scratch / "out.csv")
    return {"terse": {field: figures(asked, answers, field, learnt) for field, learnt in counts.items()}}


def _apart(name: str, asked: Table, answers: Table, counts: dict[str, Counter[str]]) -> dict[str, Any]:
    """Return the figures of each channel or language with fifty tickets or more."""
    if name not in APART:
        return {}
    kinds: dict[str, list[int]] = {}
    for place, row in enumerate(asked):
        kinds.setdefault(APART[name](row), []).append(place)
    return {
        "apart": {
            kind: {"asked": len(places)}
            | {
                field: figures([asked[i] for i in places], [answers[i] for i in places], field, learnt)
                for field, learnt in counts.items()
            }
            for kind, places in sorted(kinds.items(), key=lambda entry: -len(entry[1]))
            if len(places) >= 50
        }
    }


def _pairs(task: Task, learnt: Table, answers: Table) -> dict[str, Any]:
    """Return the number of suggested pairs of category and service that never occurred."""
    if "business_service" not in task.fields:
        return {}
    known = {(row["category"], row["business_service"]) for row in learnt}
    said = [(row["category"], row["business_service"]) for row in answers]
    return {"unknown_pairs": sum(all(pair) and pair not in known for pair in said)}


def intents(data: Path) -> Table:
    """Return requests of 150 kinds."""
    with gzip.open(data / "clinc150_trainval.json.gz", "rt", encoding="utf-8") as file:
        parts: dict[str, list[list[str]]] = json.load(file)
    return [
        {"description": text, "category": intent}
        for name, entries in parts.items()
        if not name.startswith("oos_")
        for text, intent in entries
    ]


def measure_scope(data: Path, scratch: Path) -> dict[str, Any]:
    """Measure accuracy on requests of 150 kinds, and how well requests of no kind are told from them.

    `calibration_error_all` is over both together: a guess for a request of none is wrong.
    """
    with gzip.open(data / "clinc150_trainval.json.gz", "rt", encoding="utf-8") as file:
        parts: dict[str, list[list[str]]] = json.load(file)
    write(scratch / "learnt.csv", [{"text": text, "category": intent} for text, intent in parts["train"]])
    outside = [text for name, entries in parts.items() if name.startswith("oos_") for text, _ in entries]
    write(scratch / "asked.csv", [{"text": text} for text in [*(text for text, _ in parts["val"]), *outside]])
    home = scratch / "home"
    run(home, "import", "incidents", str(scratch / "learnt.csv"))
    run(home, "train")
    run(home, "classify", str(scratch / "asked.csv"), "-o", str(scratch / "out.csv"))
    answers = read(scratch / "out.csv")
    inside = answers[: len(parts["val"])]
    truth = [{"category": intent} for _, intent in parts["val"]]
    is_inside = np.arange(len(answers)) < len(inside)
    unsure = np.array([row["category_decision"] == "unsure" for row in answers])
    confidences = np.array([float(row["category_confidence"]) for row in answers], dtype=np.float32)
    right = np.array([*_right(inside, "category", truth), *[False] * len(outside)])
    learnt = Counter(intent for _, intent in parts["train"])
    return {
        "in_scope": len(inside),
        "out_of_scope": len(outside),
        "auroc_known": round(float(roc_auc_score(is_inside, [float(row["known"]) for row in answers])), 4),
        "auroc_confidence": round(float(roc_auc_score(is_inside, confidences)), 4),
        "calibration_error_all": round(expected_calibration_error(HeldOutGuesses(confidences, right)), 4),
        "confidence_out_of_scope": round(float(confidences[~is_inside].mean()), 4),
        "most_confident_unsure": round(float(confidences[unsure].max(initial=0.0)), 4),
        "unsure_out_of_scope": round(float(unsure[~is_inside].mean()), 4),
        "category": figures(truth, inside, "category", learnt),
    }


def figures(asked: Table, answers: Table, field: str, learnt: Counter[str]) -> dict[str, Any]:
    """Return accuracy and calibration of one field; an unsure answer counts by its best guess."""
    truth = [row[field] for row in asked]
    guesses = _guesses(answers, field)
    right = np.array(_right(answers, field, asked))
    confidences = np.array([float(row[f"{field}_confidence"]) for row in answers], dtype=np.float32)
    automatic = np.array([row[f"{field}_decision"] == "automatic" for row in answers])
    unsure = np.array([row[f"{field}_decision"] == "unsure" for row in answers])
    common = sorted({value for value in truth if learnt[value] >= 5})
    return {
        "accuracy": round(float(right.mean()), 4),
        "macro_f1": round(float(f1_score(truth, guesses, average="macro", zero_division=0)), 4),
        "macro_f1_of_5_or_more": round(
            float(f1_score(truth, guesses, labels=common, average="macro", zero_division=0)), 4
        ),
        "calibration_error": round(expected_calibration_error(HeldOutGuesses(confidences, right)), 4),
        "automatic_share": round(float(automatic.mean()), 4),
        "automatic_right": round(float(right[automatic].mean()), 4) if automatic.any() else None,
        "unsure_share": round(float(unsure.mean()), 4),
        **_sets(truth, answers, field),
    }


def _guesses(answers: Table, field: str) -> list[str]:
    return [row[field] or row[f"{field}_alternatives"].split("|")[0].rpartition("=")[0] for row in answers]


def _right(answers: Table, field: str, asked: Table) -> list[bool]:
    return [guess == row[field] for guess, row in zip(_guesses(answers, field), asked, strict=True)]


def _sets(truth: Sequence[str], answers: Table, field: str) -> dict[str, Any]:
    """Return how often a prediction set holds the true value, and its mean size."""
    sets = [row[f"{field}_set"].split("|") for row in answers]
    return {
        "set_holds": round(float(np.mean([true in found for true, found in zip(truth, sets, strict=True)])), 4),
        "set_size": round(float(np.mean([len(found) for found in sets])), 2),
    }


def split(
    rows: Sequence[dict[str, str]], share: float, seed: int, key: Callable[[dict[str, str]], object] | None = None
) -> tuple[Table, Table]:
    """Return rows to learn from and rows to predict, at random; rows of one key are on one side."""
    kinds: dict[object, Table] = {}
    for place, row in enumerate(rows):
        kinds.setdefault(key(row) if key else place, []).append(row)
    order = list(kinds.values())
    random.Random(seed).shuffle(order)  # noqa: S311 (a split, not a secret)
    asked = round(len(order) * share)
    return [row for kind in order[asked:] for row in kind], [row for kind in order[:asked] for row in kind]


def _kind(row: dict[str, str]) -> object:
    return word_set(f"{row['short_description']} {row['description']}") or row["number"]


def _few(rows: Table, field: str, fewest: int) -> Table:
    taken: Counter[str] = Counter()
    kept = []
    for row in rows:
        taken[row[field]] += 1
        if taken[row[field]] <= fewest:
            kept.append(row)
    return kept


def read(path: Path) -> Table:
    """Return the rows of a CSV file."""
    csv.field_size_limit(2**31 - 1)
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
