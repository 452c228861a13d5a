"""Sheets: chooses the one of several tables in a file that looks most like tickets, and checks its rows."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from kb.importers.tables.layout import SAMPLE, Layout, next_table
from kb.importers.tables.row import Header, Row, checked_row, is_total, next_table_note, total_note, without_damage
from kb.records.limits import MEGABYTE
from kb.records.rejects import Reject, RejectKind, UnreadableFileError, emptied
from kb.records.wording import Wording

FORMULA = Wording("holds a formula without a saved result: open and save the workbook, or paste the values")
_NAMED = 10  # sheets that a message names; the rest is counted

_WINDOW = 3  # rows that show whether another table begins: its title, its header and a row
_HEAD_WIDTH, _HEAD_TEXT = 200, 200  # columns and characters that are kept while the header is looked for
_HEADS_LIMIT = (
    20 * MEGABYTE
)  # characters of the first rows of all sheets: at four bytes each, they fit the memory limit
_TEXT_SIZE = 60  # bytes that a text takes beside its characters, and beside the 8 of its place


@dataclass(frozen=True, slots=True)
class SheetLook:
    """A look at a sheet: its name, whether it is shown, and its layout, `None` where it is empty."""

    name: str
    is_shown: bool
    layout: Layout | None

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """Return the key by which the sheet to read is chosen; the first of equals wins."""
        return self.layout is not None, self.layout.recognised if self.layout else 0, self.is_shown


@dataclass(frozen=True, slots=True)
class ChosenSheet:
    """The sheet that is read: its name and layout."""

    name: str
    layout: Layout


class SheetHeads:
    """The first rows of each sheet, as much of them as tells which row names the columns."""

    def __init__(self) -> None:
        self.rows: dict[str, list[list[str]]] = {}
        self._size = 0

    def add(self, name: str, texts: Sequence[str]) -> None:
        """Keep a row of a sheet where it is one of the first."""
        head = self.rows.setdefault(name, [])
        if len(head) < SAMPLE and self._size < _HEADS_LIMIT:
            head.append([text[:_HEAD_TEXT] for text in texts[:_HEAD_WIDTH]])
            self._size += sum(len(text) + _TEXT_SIZE for text in head[-1] if text) + 8 * len(head[-1])


def likeliest_sheet(path: Path, names: Sequence[str], looks: Iterable[SheetLook], wanted: str | None) -> ChosenSheet:
    """Return the wanted sheet, else the one that looks most like tickets; hidden ones come last.

    `looks` are at the wanted sheet alone where there is one. Raises UnreadableFileError where there is no such sheet,
    or none with rows.
    """
    if wanted is not None and wanted not in names:
        raise UnreadableFileError(
            Wording(
                "{file}: has no sheet '{sheet}'; it has {sheets}",
                {"file": str(path), "sheet": wanted, "sheets": _listed(names)},
            )
        )
    chosen = max(looks, key=lambda look: look.rank, default=None)
    if chosen is None or chosen.layout is None:
        raise UnreadableFileError(Wording("{file}: holds no sheet with rows", {"file": str(path)}))
    return ChosenSheet(chosen.name, chosen.layout)


def other_sheets(path: Path, names: Sequence[str], chosen: ChosenSheet) -> Iterator[Reject]:
    """Yield a note on the sheets that were not read, if there are any."""
    others = [name for name in names if name != chosen.name]
    if others:
        reason = Wording(
            "sheet '{sheet}' was read, not {others}; choose another sheet to read it",
            {"sheet": chosen.name, "others": _listed(others)},
        )
        yield Reject(path.name, None, None, reason, RejectKind.NOTE)


def above_next_table(rows: Iterable[Row | Reject]) -> Iterator[Row | Reject]:
    """Yield the rows of a sheet until another table begins below a gap, such as counts by status; a note says so."""
    window, last = deque[Row | Reject | None](), math.inf
    for row in chain(rows, (None,) * (_WINDOW - 1)):
        window.append(row)
        if len(window) < _WINDOW or (first := window.popleft()) is None:
            continue
        if isinstance(first, Row) and first.number > last + 1:
            beginning = [list(one.values.values()) for one in (first, *window) if isinstance(one, Row)]
            if (other := next_table(beginning, list(first.values))) is not None:
                yield next_table_note(first.file, first.number, other)
                return
        last = first.number if isinstance(first, Row) else first.row or last
        yield first


def sheet_row(
    file: str, number: int, header: Header, texts: list[str], wrong: Mapping[int, str]
) -> Row | Reject | None:
    """Return the row of the texts in its cells, a note where it is a total, or `None` where it is empty.

    `wrong` says what is wrong with cells, by their places.
    """
    problems = [emptied(file, number, header.names[column], reason) for column, reason in wrong.items()]
    problems += without_damage(file, number, header.names, texts)
    if is_total(texts):
        return total_note(file, number)
    return checked_row(file, number, header.values(texts), problems) if any(texts) or problems else None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(map(repr, names[:_NAMED])) + more
