"""Classified files: the rows of a table with what is suggested for each."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.importers.tables import Row, read_table
from kb.records.columns import map_columns
from kb.records.incident import LABELS, Incident
from kb.records.rejects import Reject
from triage.assistant import Assistant
from triage.suggestion import FieldSuggestion

_BATCH = 16_384


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A table of tickets: its rows in order, and what could not be read of it."""

    rows: Sequence[Row]
    tickets: Sequence[Incident]
    rejects: Sequence[Reject]

    @classmethod
    def read(cls, path: Path, chosen: Mapping[str, str], *, encoding: str | None = None) -> TicketFile:
        """Read a table; raises UnreadableFileError or ColumnError where it holds no tickets."""
        rows, rejects = list[Row](), list[Reject]()
        for entry in read_table(path, encoding=encoding):
            if isinstance(entry, Reject):
                rejects.append(entry)
            else:
                rows.append(entry)
        column_of = map_columns(rows[0].values if rows else (), chosen).column_of

        def ticket(row: Row) -> Incident:
            text = {name: row.values.get(column_of.get(name, ""), "") for name in ("short_description", "description")}
            known = [name for name in LABELS if name in column_of]
            given: dict[str, Any] = {name: row.values.get(column_of[name]) or None for name in known}
            return Incident("", text["short_description"], text["description"], **given)

        return cls(rows, [ticket(row) for row in rows], rejects)


def classified_rows(file: TicketFile, assistant: Assistant) -> Iterator[dict[str, str]]:
    """Each row with FIELD, FIELD_confidence, FIELD_decision, FIELD_alternatives and FIELD_set, and `known`.

    A column that is called like one of these already is kept as NAME_given.
    """
    for start in range(0, len(file.rows), _BATCH):
        answers = assistant.classify(file.tickets[start : start + _BATCH])
        for row, answer in zip(file.rows[start : start + _BATCH], answers, strict=True):
            added = _columns(answer.fields) | {"known": f"{answer.known:.4f}"}
            yield {f"{name}_given" if name in added else name: value for name, value in row.values.items()} | added


def write_table(path: Path, rows: Iterable[Mapping[str, str]]) -> int:
    """Write rows as JSON Lines where the name ends in .jsonl, else as CSV; returns how many.

    In CSV a cell that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    scratch = path.with_name(f"{path.name}.part")
    count = 0
    with scratch.open("w", encoding="utf-8", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        for row in rows:
            count += 1
            if path.suffix.lower() == ".jsonl":
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                continue
            if writer is None:
                writer = csv.DictWriter(file, list(row), extrasaction="ignore")
                writer.writeheader()
            writer.writerow({name: harmless(value) for name, value in row.items()})
    scratch.replace(path)
    return count


def _columns(fields: Mapping[str, FieldSuggestion]) -> dict[str, str]:
    columns = {}
    for name, field in fields.items():
        columns[name] = field.value or ""
        columns[f"{name}_confidence"] = f"{field.confidence:.4f}"
        columns[f"{name}_decision"] = field.decision
        columns[f"{name}_alternatives"] = "|".join(
            f"{entry.value}={entry.confidence:.2f}" for entry in field.alternatives
        )
        columns[f"{name}_set"] = "|".join(field.prediction_set)
    return columns


def harmless(value: str) -> str:
    """A cell that no spreadsheet takes for a formula: preceded by an apostrophe where one would."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) and not _is_number(value) else value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
