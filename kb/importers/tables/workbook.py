"""Workbooks: reads the rows of XLSX files as the sheet shows them."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from kb.importers.tables.layout import SAMPLE, Layout, layout_of
from kb.importers.tables.row import Header, Row, checked_row, is_total, total_note, without_damage
from kb.importers.tables.workbook_parts import has_formulas
from kb.records.advice import Advice
from kb.records.rejects import Reject, RejectKind, UnreadableFileError, emptied

_Formulas = Mapping[str, Mapping[int, Sequence[int]]]
_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
)
"""What openpyxl raises for a damaged workbook."""
_EXACT = 10**15
"""Excel keeps 15 digits of a number and shows zeros for the rest."""
_PIECE = re.compile(r'"([^"]*)"|\\(.)|([0#?]+(?:\.[0#?]+)?)|([-/ .:()])')
_FORMULA = "holds a formula without a saved result: open and save the workbook, or paste the values"
_DAMAGED_NUMBER = "is a number of more than 15 digits, of which Excel keeps no more: export it as text"


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at a sheet: its name, whether it is shown, and its layout, `None` where it is empty."""

    name: str
    is_shown: bool
    layout: Layout | None

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """Return the key by which the sheet to read is chosen; the first of equals wins."""
        return self.layout is not None, self.layout.recognised if self.layout else 0, self.is_shown


def workbook_rows(path: Path, sheet: str | None) -> Iterator[Row | Reject]:
    """Yield the rows of the named sheet, else of the one that looks most like tickets; hidden sheets come last."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns about styles and extensions that it ignores
        try:
            formulas = _formulas(path) if has_formulas(path) else {}
            with _opened(path, data_only=True) as book:
                yield from _book_rows(path, book, sheet, formulas)
        except UnreadableFileError:
            raise
        except _BROKEN as error:
            raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> UnreadableFileError:
    return UnreadableFileError(f"{path}: is not an Excel workbook, or damaged ({error}); save it again")


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's sheets in their order; raises UnreadableFileError as `workbook_rows` does."""
    try:
        with _opened(path, data_only=True) as book:
            return tuple(sheet.title for sheet in book.worksheets)
    except _BROKEN as error:
        raise _damaged(path, error) from None


@contextmanager
def _opened(path: Path, *, data_only: bool) -> Iterator[openpyxl.Workbook]:
    with path.open("rb") as file, closing(openpyxl.load_workbook(file, read_only=True, data_only=data_only)) as book:
        yield book


def _formulas(path: Path) -> _Formulas:
    """Return the columns with formulas of each row of each sheet, counted from 0."""
    formulas: dict[str, dict[int, list[int]]] = {}
    with _opened(path, data_only=False) as book:
        for sheet in book.worksheets:
            rows = formulas.setdefault(sheet.title, {})
            for number, cells in _filled_rows(sheet, {}):
                columns = [column for column, cell in enumerate(cells) if cell.data_type == "f"]
                if columns:
                    rows[number] = columns
    return formulas


def _book_rows(path: Path, book: openpyxl.Workbook, wanted: str | None, formulas: _Formulas) -> Iterator[Row | Reject]:
    names = [sheet.title for sheet in book.worksheets]
    if wanted is not None and wanted not in names:
        raise UnreadableFileError(f"{path}: has no sheet {wanted!r}; it has {', '.join(map(repr, names))}")
    looks = [_look(book[name]) for name in names if wanted in (None, name)]
    chosen = max(looks, key=lambda look: look.rank, default=None)
    if chosen is None or chosen.layout is None:
        raise UnreadableFileError(f"{path}: holds no sheet with rows")
    if len(names) > 1:
        others = ", ".join(repr(name) for name in names if name != chosen.name)
        reason = f"sheet {chosen.name!r} was read, not {others}; {Advice.SHEET}"
        yield Reject(path.name, None, None, reason, RejectKind.NOTE)
    yield from _sheet_rows(path, book[chosen.name], chosen.layout, formulas.get(chosen.name, {}))


def _look(sheet: Any) -> _Look:
    rows = [[_cell_text(cell)[0] for cell in cells] for _, cells in islice(_filled_rows(sheet, {}), SAMPLE)]
    return _Look(sheet.title, sheet.sheet_state == "visible", layout_of(rows) if rows else None)


def _sheet_rows(
    path: Path, sheet: Any, layout: Layout, formulas: Mapping[int, Sequence[int]]
) -> Iterator[Row | Reject]:
    rows = _filled_rows(sheet, formulas)
    _, cells = next(islice(rows, layout.header, None))
    header = Header(str(path), [_cell_text(cell)[0] for cell in cells])
    for number, cells in rows:
        texts, wrong = [""] * len(header), dict[int, str]()
        for column, cell in zip(range(len(header)), cells, strict=False):
            texts[column], reason = _cell_text(cell)
            if reason is None and not texts[column] and column in formulas.get(number, ()):
                reason = _FORMULA
            if reason is not None:
                wrong[column] = reason
        problems = [emptied(path.name, number, header.names[column], reason) for column, reason in wrong.items()]
        problems += without_damage(path.name, number, header.names, texts)
        if is_total(texts):
            yield total_note(path.name, number)
        elif any(texts) or problems:
            yield checked_row(path.name, number, header.values(texts), problems)


def _filled_rows(sheet: Any, formulas: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield rows with any cell, with their number; a formula without a result counts as a cell."""
    sheet.reset_dimensions()  # many tools write wrong ones, which would cut columns off
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if number in formulas or any(cell.value is not None for cell in cells):
            yield number, cells


def _cell_text(cell: Any) -> tuple[str, str | None]:
    """Return a cell's text as the sheet shows it, and what is wrong with it."""
    value = cell.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) >= _EXACT:
            return "", _DAMAGED_NUMBER
        return _number_text(value, cell.number_format or "General"), None
    return _other_text(value), None


def _other_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def _number_text(value: float, number_format: str) -> str:
    """Return a number as its format shows it: leading zeros, decimals, per cent, letters before or after it."""
    shown = number_format.partition(";")[0]
    if shown.endswith("%"):
        return f"{value:.{_decimals(shown)}%}"
    pieces = list(_PIECE.finditer(shown))
    places = [piece[3] for piece in pieces if piece[3]]
    is_whole = "".join(piece[0] for piece in pieces) == shown and places and value >= 0
    if is_whole and all("." not in place for place in places) and float(value).is_integer():
        return _in_places(int(value), pieces)
    if is_whole and len(places) == 1 and "0" in places[0]:
        whole, _, decimals = places[0].partition(".")
        width = whole.count("0") + (1 + len(decimals) if decimals else 0)
        digits = f"{value:0{width}.{len(decimals)}f}"
        return "".join(piece[1] or piece[2] or piece[4] or digits for piece in pieces)
    return str(int(value)) if float(value).is_integer() else str(value)


def _in_places(value: int, pieces: list[re.Match[str]]) -> str:
    """Return a whole number in the places of its format, filled from the right, with the text between them."""
    digits = str(value)
    parts: list[str] = []
    left = sum(bool(piece[3]) for piece in pieces)
    for piece in reversed(pieces):
        if not piece[3]:
            parts.append(piece[1] or piece[2] or piece[4] or "")
            continue
        left -= 1
        size = len(piece[3]) if left else max(len(piece[3]), len(digits))
        part, digits = digits[-size:] if digits else "", digits[:-size]
        parts.append(part.rjust(piece[3].count("0"), "0"))
    return "".join(reversed(parts))


def _decimals(number_format: str) -> int:
    return len(number_format.partition(".")[2].rstrip("%"))
