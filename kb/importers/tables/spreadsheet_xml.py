"""Spreadsheets in XML: reads the rows of workbooks in the XML format of Excel 2003 as the sheet shows them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

from kb.importers.tables.layout import SAMPLE, Layout, layout_of
from kb.importers.tables.number_format import shown_number
from kb.importers.tables.packing import open_binary
from kb.importers.tables.row import Header, Row
from kb.importers.tables.sheets import (
    FORMULA,
    SheetHeads,
    SheetLook,
    above_next_table,
    likeliest_sheet,
    other_sheets,
    sheet_row,
)
from kb.importers.tables.xml_source import ELEMENTS_A_RECORD, BoundedSource, xml_refusals
from kb.records.limits import DEPTH_LIMIT
from kb.records.rejects import Reject, UnreadableFileError
from kb.records.wording import Wording

SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
"""The namespace of the format, https://learn.microsoft.com/previous-versions/office/developer/office-xp/aa140066."""

_MOST_COLUMNS, _MOST_ROWS = 16_384, 1_048_576  # of a sheet in Excel
_MOST_SHEETS = 1_000
_MOST_FORMATS = 64_000  # cell styles of a workbook in Excel
_LONGEST_NAME = 255  # characters of a format, a style or a sheet in Excel
_ROW = f"{{{SPACE}}}Row"
_HELD = frozenset({_ROW, f"{{{SPACE}}}Style"})
"""Elements that are read whole."""
_NAMED_FORMATS = {"Percent": "0.00%", "Fixed": "0.00"}
_NO_DAY = "1899-12-31"  # the day of what is only a time
_Cell = tuple[str, str | None]
"""The text of a cell, and what is wrong with it."""


def spreadsheet_rows(path: Path, sheet: str | None) -> Iterator[Row | Reject]:
    """Yield the rows of the named sheet, else of the one that looks most like tickets; hidden sheets come last."""
    with xml_refusals(path):
        book = _Book(path)
        looks = book.looks()
        wanted = [look for look in looks if sheet in (None, look.name)]
        chosen = likeliest_sheet(path, book.names, wanted, sheet)
        yield from other_sheets(path, book.names, chosen)
        yield from above_next_table(_sheet_rows(path, book, chosen.name, chosen.layout))


def spreadsheet_names(path: Path) -> tuple[str, ...]:
    """Return the names of the sheets in their order; raises UnreadableFileError as `spreadsheet_rows` does."""
    with xml_refusals(path):
        book = _Book(path)
        for _ in book.rows():
            pass
        return tuple(book.names)


def _sheet_rows(path: Path, book: _Book, name: str, layout: Layout) -> Iterator[Row | Reject]:
    rows = ((number, book.cells(row)) for sheet, number, row in book.rows() if sheet == name)
    place, header = -1, Header(str(path), ["?"])
    for number, cells in rows:
        if not _is_filled(cells):
            continue
        place += 1
        if place == layout.header:
            header = Header(str(path), [text for text, _ in cells])
        if place <= layout.header:
            continue
        texts, wrong = [""] * len(header), dict[int, str]()
        for column, (text, reason) in zip(range(len(header)), cells, strict=False):
            texts[column] = text
            if reason is not None:
                wrong[column] = reason
        row = sheet_row(path.name, number, header, texts, wrong)
        if row is not None:
            yield row


class _Book:
    """A workbook that is read as a stream: `names` and `hidden` sheets are complete once all rows were read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._formats: dict[str, str] = {}
        self.names: list[str] = []
        self._hidden: set[str] = set()

    def looks(self) -> list[SheetLook]:
        """Read all sheets, and return a look at each."""
        heads = SheetHeads()
        for name, _, row in self.rows():
            if len(heads.rows.get(name, ())) < SAMPLE and _is_filled(cells := self.cells(row)):
                heads.add(name, [text for text, _ in cells])
        return [
            SheetLook(name, name not in self._hidden, layout_of(rows) if (rows := heads.rows.get(name)) else None)
            for name in self.names
        ]

    def rows(self) -> Iterator[tuple[str, int, Element]]:
        """Yield each row with the name of its sheet and its number in it."""
        self.names, number, size, inside = [], 0, 0, 0
        open_elements: list[Element] = []
        with open_binary(self._path) as file:
            source = BoundedSource(file, str(self._path))
            for event, element in iterparse(source, events=("start", "end")):
                if event == "start":
                    open_elements.append(element)
                    size += 1
                    inside += element.tag in _HELD
                    if len(open_elements) > DEPTH_LIMIT or size > ELEMENTS_A_RECORD:
                        raise UnreadableFileError(
                            Wording(
                                "{file}: nests deeper, or has larger rows, than any export", {"file": str(self._path)}
                            )
                        )
                    if element.tag == f"{{{SPACE}}}Worksheet":
                        self._begin_sheet(element)
                        number = 0
                    continue
                open_elements.pop()
                inside -= element.tag in _HELD
                if element.tag == _ROW and self.names:
                    number = max(_index(element), number + 1)
                    if number > _MOST_ROWS:
                        raise UnreadableFileError(
                            Wording(
                                "{file}: has more than {limit} rows, as no sheet has",
                                {"file": str(self._path), "limit": _MOST_ROWS},
                            )
                        )
                    yield self.names[-1], number, element
                self._note(element)
                if open_elements and not inside:
                    open_elements[-1].remove(element)
                    source.begin_record()
                    size = 0

    def cells(self, row: Element) -> list[_Cell]:
        """Return the cells of a row in their places."""
        cells = list[_Cell]()
        for cell in row.iterfind(f"{{{SPACE}}}Cell"):
            place = max(_index(cell) - 1, len(cells))
            merged = _number(_attribute(cell, "MergeAcross"))
            if place + merged >= _MOST_COLUMNS:
                raise UnreadableFileError(
                    Wording(
                        "{file}: a row has more than {limit} cells; export it again",
                        {"file": str(self._path), "limit": _MOST_COLUMNS},
                    )
                )
            cells += [("", None)] * (place - len(cells))
            cells.append(_cell(cell, self._formats.get(_attribute(cell, "StyleID"), "General")))
            cells += [("", None)] * merged
        return cells

    def _begin_sheet(self, element: Element) -> None:
        self.names.append(_attribute(element, "Name")[:_LONGEST_NAME] or f"sheet {len(self.names) + 1}")
        if len(self.names) > _MOST_SHEETS:
            raise UnreadableFileError(
                Wording(
                    "{file}: has more than {limit} sheets, as no workbook has",
                    {"file": str(self._path), "limit": _MOST_SHEETS},
                )
            )

    def _note(self, element: Element) -> None:
        """Note what an element outside of rows says: the number format of a style, or that a sheet is hidden."""
        name = element.tag.rpartition("}")[2]
        if name == "Style":
            shown = element.find(f"{{{SPACE}}}NumberFormat")
            if shown is not None:
                name, shown_as = _attribute(element, "ID"), _attribute(shown, "Format")
                if len(self._formats) < _MOST_FORMATS and max(len(name), len(shown_as)) <= _LONGEST_NAME:
                    self._formats[name] = _NAMED_FORMATS.get(shown_as, shown_as)
        elif name == "Visible" and self.names and (element.text or "").startswith("SheetHidden"):
            self._hidden.add(self.names[-1])


def _is_filled(cells: Sequence[_Cell]) -> bool:
    return any(text or reason for text, reason in cells)


def _cell(cell: Element, number_format: str) -> _Cell:
    data = cell.find(f"{{{SPACE}}}Data")
    if data is None:
        return "", FORMULA if _attribute(cell, "Formula") else None
    text = "".join(data.itertext())
    match _attribute(data, "Type"):
        case "Number":
            return _number_text(text, number_format)
        case "DateTime":
            return _moment(text), None
        case "Boolean":
            return {"1": "true", "0": "false"}.get(text.strip(), text), None
    return text, None


def _number_text(text: str, number_format: str) -> _Cell:
    try:
        value = float(text)
    except ValueError:
        return text, None
    return shown_number(value, number_format or "General") if math.isfinite(value) else (text, None)


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return moment.time().isoformat() if text.strip().startswith(_NO_DAY) else moment.isoformat(sep=" ")


def _index(element: Element) -> int:
    return _number(_attribute(element, "Index"))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _attribute(element: Element, name: str) -> str:
    return element.get(f"{{{SPACE}}}{name}") or element.get(name) or ""
