"""Outputs: files that commands write beside their answer."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.commands import console


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows under their columns; spreadsheets read no cell as a formula."""
    from app.services.classified_file import harmless

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([harmless("" if cell is None else str(cell)) for cell in row] for row in rows)


def write_report(path: Path, page: str) -> None:
    """Write a page and print its path."""
    path.write_text(page, encoding="utf-8")
    console.say(f"report: {path}")
