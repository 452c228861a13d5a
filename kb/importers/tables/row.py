"""Rows: one record of a table, its cells as clean text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb.records.clean_text import clean
from kb.records.incident import TEXT_LIMIT
from kb.records.rejects import Reject, RejectKind, UnreadableFileError, emptied
from kb.records.wording import Wording

_BAR = "|"
_DAMAGED = re.compile(r"\d[.,]?\d*E\+\d{1,3}|#{3,}|#(?:NAME\?|REF!|VALUE!|N/A|DIV/0!|NUM!|NULL!|BEZUG!|WERT!|NV|ZAHL!)")
_TOTAL = re.compile(
    r"(?:grand |sub-?|zwischen|gesamt|total )?(?:totals?|summe|gesamt|insgesamt|somme|suma|count|anzahl|nombre|número)"
    r"\b[^\d]{0,40}[\d.,]*",
    re.IGNORECASE,
)
_SHORT_NAMED = 5  # rows that are named one by one in the note on short rows
_NUMBER = re.compile(r"[-+]?[\d.,\s%]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` is its line in the file, counted from 1; empty cells are empty texts.

    `problems` names the cells that could not be read and were left empty.
    """

    file: str
    number: int
    values: Mapping[str, str]
    problems: tuple[Reject, ...] = ()


class Header:
    """The names of a table's columns; columns of the same name are one field with several values."""

    def __init__(self, source: str, names: Sequence[str]) -> None:
        cleaned = [clean(name).strip() for name in names]
        while cleaned and not cleaned[-1]:
            cleaned.pop()
        if not cleaned:
            raise UnreadableFileError(Wording("{file}: the first line names no columns", {"file": source}))
        self.names = [name or f"column {position}" for position, name in enumerate(cleaned, start=1)]
        self._repeats = len(set(self.names)) < len(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """Return the cells of a row by column; several values of one field are separated by bars, each once."""
        if not self._repeats:
            return dict(zip(self.names, cells, strict=True))
        values: dict[str, list[str]] = {name: [] for name in self.names}
        for name, cell in zip(self.names, cells, strict=True):
            if cell and cell not in values[name]:
                values[name].append(cell)
        return {name: _BAR.join(given) for name, given in values.items()}


def checked_row(file: str, number: int, values: Mapping[str, str], problems: Iterable[Reject] = ()) -> Row:
    """Return the row without control characters; a cell longer than the limit of texts is left empty."""
    found = list(problems)
    texts = {clean(name): clean(text) if len(text) <= TEXT_LIMIT else "" for name, text in values.items()}
    for name, text in values.items():
        if len(text) > TEXT_LIMIT:
            reason = Wording(
                "has {count} characters, at most {limit} are taken: shorten it",
                {"count": len(text), "limit": TEXT_LIMIT},
            )
            found.append(emptied(file, number, clean(name), reason))
    return Row(file, number, texts, tuple(found))


def damage(cell: str) -> str | None:
    """Return how a spreadsheet damaged a cell, `None` where it did not."""
    if _DAMAGED.fullmatch(cell.strip()) is None:
        return None
    return Wording(
        "holds '{value}', what a spreadsheet showed instead of the value: export it again", {"value": cell.strip()[:20]}
    )


def without_damage(file: str, number: int, names: Sequence[str], cells: list[str]) -> list[Reject]:
    """Empty the cells that a spreadsheet damaged, in place, and return a Reject for each."""
    problems = []
    for position, (name, cell) in enumerate(zip(names, cells, strict=False)):
        reason = damage(cell)
        if reason is not None:
            cells[position] = ""
            problems.append(emptied(file, number, name, reason))
    return problems


def is_total(cells: Sequence[str]) -> bool:
    """Return whether a row is a report's total: its first cell says so, and the others are numbers."""
    given = [cell.strip() for cell in cells if cell.strip()]
    if len(cells) < 3 or not given or len(given) * 2 > len(cells) or _TOTAL.fullmatch(given[0]) is None:
        return False
    return any(character.isdigit() for cell in given for character in cell) and all(
        _NUMBER.fullmatch(cell) for cell in given[1:]
    )


def total_note(file: str, number: int) -> Reject:
    """Return the note that a total row was left out."""
    return Reject(file, number, None, Wording("is a total row, no ticket"), RejectKind.NOTE)


def next_table_note(file: str, number: int, columns: Sequence[str]) -> Reject:
    """Return the note that another table begins and is left out."""
    shown = ", ".join(column[:40] for column in columns[:5])
    reason = Wording(
        "another table begins here ({columns}): it is left out; import it from a separate file", {"columns": shown}
    )
    return Reject(file, number, None, reason, RejectKind.NOTE)


class ShortRows:
    """Rows with fewer cells than the header: how many, and the first few."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._first: list[int] = []
        self._count = 0

    def add(self, row: int) -> None:
        """Note a row."""
        self._count += 1
        if self._count <= _SHORT_NAMED:
            self._first.append(row)

    def note(self) -> Iterator[Reject]:
        """Yield a note on how these rows were read, if there are any."""
        if self._count:
            words = "rows {rows} with fewer cells than the header: the last ones count as empty"
            if self._count == 1:
                words = "row {rows} with fewer cells than the header: the last ones count as empty"
            elif self._count > _SHORT_NAMED:
                words = "rows {rows} and {count} more with fewer cells than the header: the last ones count as empty"
            named = ", ".join(map(str, self._first))
            reason = Wording(words, {"rows": named, "count": max(0, self._count - _SHORT_NAMED)})
            yield Reject(self._file, None, None, reason, RejectKind.NOTE)
