"""HTML tables: reads the rows of tables that web pages and many tools save, often under the name of a workbook."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

from kb.importers.tables.layout import Layout, layout_of
from kb.importers.tables.packing import open_binary, open_text
from kb.importers.tables.row import Header, Row, ShortRows, damage
from kb.importers.tables.sheets import SheetHeads, SheetLook, likeliest_sheet, other_sheets, sheet_row
from kb.records.incident import TEXT_LIMIT
from kb.records.limits import DEPTH_LIMIT, MEGABYTE, RECORD_LIMIT
from kb.records.rejects import Reject, RejectKind, UnreadableFileError
from kb.records.wording import Wording

_MOST_CELLS = 1_000  # of a row; exports have hundreds
_MOST_SPANS = 100  # columns whose cells may reach into the rows below
_HEADER_ROWS = 2  # below the first: some headers have two or three lines
_LOOKED_AT = 5_000  # rows that are searched for the table of tickets
_MOST_TABLES = 30  # whose first rows are compared, those with the most rows: comparing one takes 10 ms
_TAG_LIMIT = 4 * MEGABYTE  # characters of a tag or comment, which may hold a picture
_PIECE_SIZE = 60  # bytes that a piece of text takes beside its characters
_DEEPEST = 16  # tables in tables: pages for old browsers have five
_LONGEST_NAME = 200  # characters of what stands for a picture
_STEP = 1 << 16
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]{3,20})""", re.IGNORECASE)
_CODE_PAGES = re.compile(
    rb"(?:windows-|cp)125\d|iso-?8859-\d{1,2}|shift[_-]?jis|gb(?:2312|k|18030)|big5|euc-\w\w|koi8-r"
)
_LATIN = re.compile(rb"iso-?8859-1", re.IGNORECASE)
_BREAK = "\ue000"  # a character of private use, which no text has
_WRAPPED = re.compile(r"\s*\n[^\S\n]+")
_BLANK = re.compile(r"\n{3,}")
_BLOCKS = frozenset(["p", "div", "li", "ul", "ol", "dl", "dd", "dt", "pre", "blockquote", "section", "h1", "h2", "h3",
                     "h4", "h5", "h6"])  # fmt: skip
_VOID = frozenset(["br", "hr", "img", "input", "col", "link", "meta", "wbr", "area", "base", "embed"])
_UNSEEN = frozenset(["script", "style", "select", "template", "title", "object"])
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)


def html_rows(path: Path, encoding: str | None, table: str | None) -> Iterator[Row | Reject]:
    """Yield the rows of the named table, else of the one that looks most like tickets, as a reader sees them.

    Tables are named "table 1" and so on. Raises UnreadableFileError where there is none with rows.
    """
    heads = _heads(path, encoding)
    if not heads:
        raise UnreadableFileError(
            Wording("{file}: is a web page without a table that has rows; export it as CSV", {"file": str(path)})
        )
    compared = sorted(heads, key=lambda name: -len(heads[name]))[:_MOST_TABLES] if table is None else [table]
    looks = (SheetLook(name, True, layout_of(rows)) for name, rows in heads.items() if name in compared and rows)
    chosen = likeliest_sheet(path, list(heads), looks, table)
    yield from other_sheets(path, list(heads), chosen)
    yield from _table_rows(path, encoding, chosen.name, chosen.layout)


def table_names(path: Path) -> tuple[str, ...]:
    """Return the names of the tables in the first rows of a page, empty where there is only one."""
    names = tuple(_heads(path, None))
    return names if len(names) > 1 else ()


def _heads(path: Path, encoding: str | None) -> dict[str, list[list[str]]]:
    """Return the first rows of each table; tables in tables end before those around them."""
    heads = SheetHeads()
    for row in islice(_rows(path, encoding), _LOOKED_AT):
        if not row.is_cut_off:
            heads.add(row.table, row.texts)
    return dict(sorted(heads.rows.items(), key=lambda entry: _place(entry[0])))


def _table_rows(path: Path, encoding: str | None, table: str, layout: Layout) -> Iterator[Row | Reject]:
    rows = (row for row in _rows(path, encoding) if row.table == table)
    *_, first = islice(rows, layout.header + 1)
    header, short = Header(str(path), first.texts), ShortRows(path.name)
    for row in rows:
        texts, rest = row.texts[: len(header)], row.texts[len(header) :]
        if row.is_cut_off:
            yield Reject(
                path.name, row.number, None, Wording("the file ends in this table: it may be cut off"), RejectKind.NOTE
            )
        elif any(rest):
            yield Reject(
                path.name,
                row.number,
                None,
                Wording(
                    "has {count} cells, the header has {columns}", {"count": len(row.texts), "columns": len(header)}
                ),
            )
        elif (row.is_header and row.number <= first.number + _HEADER_ROWS) or texts == first.texts[: len(header)]:
            yield Reject(path.name, row.number, None, Wording("repeats the header"), RejectKind.NOTE)
        elif row.is_heading and len(header) > 1:
            yield Reject(
                path.name, row.number, None, Wording("is a heading across the columns, no ticket"), RejectKind.NOTE
            )
        else:
            if row.width < len(header):
                short.add(row.number)
            found = sheet_row(path.name, row.number, header, texts + [""] * (len(header) - len(texts)), {})
            if found is not None:
                yield found
    yield from short.note()


def _rows(path: Path, encoding: str | None) -> Iterator[_TableRow]:
    """Yield the rows of all tables that hold any text."""
    with open_binary(path) as probe:
        head = probe.read(_STEP)
    parser = _Parser(path)
    with open_text(path, encoding, otherwise=_declared(head)) as file:
        # text that waits for its end, such as an embedded picture, is read again: never more often than it doubles
        while piece := file.read(max(_STEP, len(parser.rawdata))):
            if len(parser.rawdata) > _TAG_LIMIT:
                raise UnreadableFileError(
                    Wording(
                        "{file}: a tag or comment has more than {limit} characters",
                        {"file": str(path), "limit": _TAG_LIMIT},
                    )
                )
            parser.read(piece)
            yield from parser.finished()
    parser.end()
    yield from parser.finished()


def _place(table: str) -> int:
    return int(table.rpartition(" ")[2])


def _declared(head: bytes) -> str:
    """Return the code page that a page declares; as in browsers, ISO 8859-1 means Windows-1252."""
    found = _CHARSET.search(head)
    if found is None or not _CODE_PAGES.fullmatch(found[1].lower()) or _LATIN.fullmatch(found[1]):
        return "cp1252"
    try:
        return codecs.lookup(found[1].decode("ascii")).name
    except LookupError:
        return "cp1252"


@dataclass(frozen=True, slots=True)
class _TableRow:
    """A row of a table: its number in it, the texts of its cells in their places, and how many cells it has.

    `is_header` says that all cells are names, `is_heading` that one cell reaches across several columns and no other
    has text, `is_cut_off` that the file ended here.
    """

    table: str
    number: int
    texts: list[str]
    width: int = 0
    is_header: bool = False
    is_heading: bool = False
    is_cut_off: bool = False


@dataclass(slots=True)
class _Cell:
    """A cell that is being read."""

    columns: int
    rows: int
    is_name: bool
    number: str
    pieces: list[str] = field(default_factory=list)
    instead: str = ""
    """What stands for the text where there is none, such as the name of a picture."""

    @property
    def text(self) -> str:
        """Return the text as a reader sees it; the number behind it where a spreadsheet shows that it does not fit."""
        text = _seen("".join(self.pieces)) or self.instead
        return self.number if self.number and damage(text) is not None else text


@dataclass(slots=True)
class _Table:
    """A table that is being read: cells of the open row, and texts that reach into the rows below, by column."""

    name: str
    number: int = 0
    cells: list[_Cell] | None = None
    cell: _Cell | None = None
    size: int = 0
    spans: dict[int, tuple[int, str]] = field(default_factory=dict)


class _Parser(HTMLParser):
    """Reads tables from pieces of a page, of which it keeps no more than the open rows."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self._path = path
        self._tables: list[_Table] = []
        self._count = 0
        self._size = 0
        self._unseen: list[str] = []
        self._done: list[_TableRow] = []

    def read(self, piece: str) -> None:
        """Read the next piece of the page; raises UnreadableFileError where it is no HTML."""
        try:
            self.feed(piece)
        except AssertionError as error:  # what the standard library raises for what it does not understand
            raise UnreadableFileError(
                Wording(
                    "{file}: is not HTML ({reason}); export it again", {"file": str(self._path), "reason": str(error)}
                )
            ) from None

    def finished(self) -> Iterator[_TableRow]:
        """Yield the rows that were read since this was last called."""
        done, self._done = self._done, []
        yield from done

    def end(self) -> None:
        """Finish the rows of tables that are still open."""
        for table in reversed(self._tables):
            self._end_row(table)
            self._done.append(_TableRow(table.name, table.number + 1, [], is_cut_off=True))

    def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002 (as the standard library has it)
        """Skip a section such as `<![if !vml]>`, which the standard library takes for an error unless it knows it."""
        end = self.rawdata.find(">", i)
        return end + 1 if end >= 0 else -1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, row or cell, or note what a tag inside a cell means."""
        if tag == "table":
            self._start_table()
        elif self._tables:
            table = self._tables[-1]
            if tag in {"td", "th"}:
                self._start_cell(table, tag, dict(attrs))
            elif tag == "tr":
                self._end_row(table)
                table.cells = []
            elif table.cell is not None:
                self._inside(table, table.cell, tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read `<td/>` as an empty cell, and any other tag as one that is open."""
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and tag != "table":
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a table, row or cell, or what is unseen."""
        if self._unseen and tag == self._unseen[-1]:
            self._unseen.pop()
        if not self._tables:
            return
        table = self._tables[-1]
        if tag == "table":
            self._end_row(table)
            self._tables.pop()
        elif tag == "tr":
            self._end_row(table)
        elif tag in {"td", "th"}:
            self._end_cell(table)
        elif table.cell is not None and tag in _BLOCKS:
            self._add(table, table.cell, _BREAK)

    def handle_data(self, data: str) -> None:
        """Add text to the open cell."""
        cell = self._tables[-1].cell if self._tables else None
        if cell is not None and not self._unseen:
            self._add(self._tables[-1], cell, data.replace(_BREAK, ""))

    def _add(self, table: _Table, cell: _Cell, text: str) -> None:
        size = len(text) + _PIECE_SIZE
        table.size += size
        self._size += size
        if self._size > RECORD_LIMIT:
            raise UnreadableFileError(
                Wording(
                    "{file}: a row has more than {limit} characters; export it in parts",
                    {"file": str(self._path), "limit": RECORD_LIMIT},
                )
            )
        cell.pieces.append(text)

    def _start_table(self) -> None:
        if len(self._tables) >= _DEEPEST:
            raise UnreadableFileError(
                Wording("{file}: has tables in tables, deeper than any export", {"file": str(self._path)})
            )
        self._count += 1
        self._tables.append(_Table(f"table {self._count}"))

    def _start_cell(self, table: _Table, tag: str, attributes: Mapping[str, str | None]) -> None:
        self._end_cell(table)
        if table.cells is None:
            table.cells = []
        if len(table.cells) >= _MOST_CELLS:
            raise self._too_wide()
        columns, rows = (_span(attributes.get(name)) for name in ("colspan", "rowspan"))
        table.cell = _Cell(columns, rows, tag == "th", attributes.get("x:num") or "")
        table.cells.append(table.cell)

    def _inside(self, table: _Table, cell: _Cell, tag: str, attributes: Mapping[str, str | None]) -> None:
        is_hidden = "hidden" in attributes or _HIDDEN.search(attributes.get("style") or "")
        if tag not in _VOID and (tag in _UNSEEN or is_hidden or (self._unseen and tag == self._unseen[-1])):
            if len(self._unseen) < DEPTH_LIMIT:
                self._unseen.append(tag)
        elif tag in _BLOCKS or tag == "br":
            self._add(table, cell, _BREAK)
        elif tag == "img":
            cell.instead = (attributes.get("alt") or attributes.get("title") or "")[:_LONGEST_NAME].strip()

    def _end_cell(self, table: _Table) -> None:
        table.cell = None
        self._unseen.clear()

    def _end_row(self, table: _Table) -> None:
        self._end_cell(table)
        cells, table.cells = table.cells, None
        if not cells:
            return
        table.number += 1
        self._size -= table.size
        table.size = 0
        texts = self._placed(table, cells)
        width = len(texts)
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            filled = [cell for cell in cells if cell.text]
            is_header = len(filled) > 1 and all(cell.is_name for cell in filled)
            is_heading = len(filled) == 1 and filled[0].columns > 1 and sum(map(bool, texts)) == 1
            self._done.append(_TableRow(table.name, table.number, texts, width, is_header, is_heading))

    def _placed(self, table: _Table, cells: Sequence[_Cell]) -> list[str]:
        """Return the texts of a row by column, with those that reach into it from above."""
        texts, spans = list[str](), table.spans
        below = dict[int, tuple[int, str]]()
        for cell in cells:
            _reach(texts, spans, below)
            text = cell.text
            if cell.rows > 1 and len(text) <= TEXT_LIMIT and self._spans() + len(below) < _MOST_SPANS:
                below[len(texts)] = (cell.rows - 1, text)
            texts.append(text)
            texts += [""] * (cell.columns - 1)
            if len(texts) > _MOST_CELLS and any(texts[_MOST_CELLS:]):
                raise self._too_wide()
            del texts[_MOST_CELLS:]
        _reach(texts, spans, below)
        table.spans = below
        return texts

    def _spans(self) -> int:
        """Return how many texts of all open tables reach into rows below."""
        return sum(len(table.spans) for table in self._tables)

    def _too_wide(self) -> UnreadableFileError:
        return UnreadableFileError(
            Wording(
                "{file}: a row has more than {limit} cells, as no export has",
                {"file": str(self._path), "limit": _MOST_CELLS},
            )
        )


def _reach(texts: list[str], spans: dict[int, tuple[int, str]], below: dict[int, tuple[int, str]]) -> None:
    """Add the texts that reach into the row at the next columns, and note how far they still reach."""
    while len(texts) in spans:
        column = len(texts)
        left, text = spans.pop(column)
        if left > 1:
            below[column] = (left - 1, text)
        texts.append(text)


def _span(text: str | None) -> int:
    """Return how many columns or rows a cell reaches across: as in browsers, a thousand at most."""
    digits = (text or "").strip()
    return min(max(1, int(digits[:6])), _MOST_CELLS) if digits.isascii() and digits.isdigit() else 1


def _seen(text: str) -> str:
    """Return the text of a cell: lines end where tags end them, or where its writer did."""
    if _BREAK in text:
        lines = [" ".join(line.split()) for line in text.split(_BREAK)]
    else:
        lines = [" ".join(line.split()) for line in _WRAPPED.sub(" ", text.strip()).split("\n")]
    return _BLANK.sub("\n\n", "\n".join(lines)).strip()
