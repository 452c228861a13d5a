"""Workbooks: reads the rows of XLSX files as the sheet shows them."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from kb.importers.tables.layout import SAMPLE, Layout, layout_of
from kb.importers.tables.number_format import shown_number
from kb.importers.tables.row import Header, Row
from kb.importers.tables.sheets import FORMULA, SheetLook, above_next_table, likeliest_sheet, other_sheets, sheet_row
from kb.importers.tables.workbook_parts import has_formulas
from kb.records.rejects import Reject, UnreadableFileError
from kb.records.wording import Wording

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
    return UnreadableFileError(
        Wording(
            "{file}: is not an Excel workbook, or damaged ({reason}); save it again",
            {"file": str(path), "reason": str(error)},
        )
    )


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
    chosen = likeliest_sheet(path, names, (_look(book[name]) for name in names if wanted in (None, name)), wanted)
    yield from other_sheets(path, names, chosen)
    yield from above_next_table(_sheet_rows(path, book[chosen.name], chosen.layout, formulas.get(chosen.name, {})))


def _look(sheet: Any) -> SheetLook:
    rows = [[_cell_text(cell)[0] for cell in cells] for _, cells in islice(_filled_rows(sheet, {}), SAMPLE)]
    return SheetLook(sheet.title, sheet.sheet_state == "visible", layout_of(rows) if rows else None)


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
                reason = FORMULA
            if reason is not None:
                wrong[column] = reason
        row = sheet_row(path.name, number, header, texts, wrong)
        if row is not None:
            yield row


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
        return shown_number(value, cell.number_format or "General")
    return _other_text(value), None


def _other_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
