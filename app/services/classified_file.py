"""Classified files: the rows of a table with what is suggested for each."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.composition import Services
from app.services.suggesting import suggest_fields
from kb.importers.tables import Row, read_table
from kb.records.columns import map_columns
from kb.records.incident import LABELS, NUMBER_LIMIT, TEXTS, Incident
from kb.records.rejects import Reject
from kb.vocabulary.nothing import is_nothing
from triage.suggestion import FieldSuggestion

_BATCH = 4096  # the next texts are encoded meanwhile; to mask so many takes a second or two, in which no row comes
_READ = frozenset({"number", "state", "short_description", "description", *LABELS})


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A table of tickets: its rows in order, which column each field has, and what could not be read of it."""

    rows: Sequence[Row]
    column_of: Mapping[str, str]
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
                rejects += entry.problems
        return cls(rows, map_columns(rows[0].values if rows else (), chosen).column_of, rejects)

    def from_row(self, start: int) -> TicketFile:
        """Return the file without the rows before one."""
        return TicketFile(self.rows[start:], self.column_of, self.rejects)

    def ticket(self, values: Mapping[str, str]) -> Incident:
        """Return the ticket in the values of a row; one without a state counts as history.

        A number longer than any incident can have is left out.
        """
        read = {name: values.get(self.column_of.get(name, ""), "") for name in _READ}
        given = {name: value for name, value in read.items() if value and (name in TEXTS or not is_nothing(value))}
        if len(given.get("number", "")) > NUMBER_LIMIT:
            del given["number"]
        known: dict[str, Any] = {"number": "", **given}
        columns = set(self.column_of.values())
        extra = {name: value for name, value in values.items() if value and name not in columns}
        return Incident(**known, extra=extra)


def classified_rows(services: Services, file: TicketFile, *, is_masked: bool = False) -> Iterator[dict[str, str]]:
    """Return each row, masked, with what is shown of its fields in columns of their own.

    A field adds FIELD, FIELD_confidence, FIELD_decision, FIELD_alternatives, FIELD_set, FIELD_mode and
    FIELD_held_back, and each row has `known`. A field that is off or monitored has no columns: a file shows what every
    other face shows. A column that is called like one of these already is kept as NAME_given. `is_masked` says that
    the rows were masked already.
    """
    masking = services.store.masking
    for start in range(0, len(file.rows), _BATCH):
        rows = [row.values for row in file.rows[start : start + _BATCH]]
        if not is_masked:
            rows = [masking.fields(values, file.column_of) for values in rows]
        tickets = [file.ticket(values) for values in rows]
        for values, found in zip(rows, suggest_fields(services, tickets, is_masked=True), strict=True):
            added = _columns(found.shown) | {"known": f"{found.known:.4f}"}
            yield {f"{name}_given" if name in added else name: value for name, value in values.items()} | added


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
        columns[f"{name}_mode"] = field.mode
        columns[f"{name}_held_back"] = field.held_back or ""
    return columns


def harmless(value: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: preceded by an apostrophe where one would."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) and not _is_number(value) else value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
