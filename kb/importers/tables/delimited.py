"""Delimited text: reads CSV and similar files, with what spreadsheets and report tools put around the table."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from kb.importers.tables.layout import SAMPLE, Layout, layout_of, next_table
from kb.importers.tables.packing import open_text
from kb.importers.tables.row import (
    Header,
    Row,
    ShortRows,
    checked_row,
    is_total,
    next_table_note,
    total_note,
    without_damage,
)
from kb.records.clean_text import clean
from kb.records.incident import TEXT_LIMIT
from kb.records.limits import RECORD_LIMIT
from kb.records.rejects import Reject, RejectKind, UnreadableFileError
from kb.records.wording import Wording

_DELIMITERS = ",;\t|"
_LINES_A_RECORD = 20_000
_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # Excel's own first line
_FORMULA_BEGINS = re.compile(r'(?:^|[,;\t|"])="')
_FORMULA = re.compile(r'="([^"]*)"')
_NOTHING = re.compile(r"\\N|NULL|0000-00-00(?:[ T]00:00:00)?")  # what a database writes for no value
_PEEKED = 6  # lines below an empty one that show whether another table begins: a title, gaps, its header and a row
_SAMPLE_SIZE = 1_000_000  # characters; a header is shorter


def delimited_rows(path: Path, encoding: str | None) -> Iterator[Row | Reject]:
    """Yield rows of delimited text; a malformed row is reported, and reading continues below its first line."""
    csv.field_size_limit(2**31 - 1)  # records are limited as they are read
    with open_text(path, encoding) as file:
        lines = _Lines(file, str(path))
        delimiter, header = _header(path, lines)
        short = ShortRows(path.name)
        yield from _records(path.name, lines, header, delimiter, short)
        yield from short.note()


def _header(path: Path, lines: _Lines) -> tuple[str, Header]:
    """Find the delimiter and the header, and go to the line below it."""
    sample = lines.ahead(SAMPLE)
    while sample and not sample[0].strip():
        del sample[0]
    if not sample:
        raise UnreadableFileError(Wording("{file}: the file is empty", {"file": str(path)}))
    separator = _SEPARATOR.fullmatch(sample[0].lstrip("\ufeff"))
    if separator is not None:
        next(lines)
        sample = sample[1:] or [""]
    choices = separator[1] if separator is not None else _DELIMITERS
    layouts = [_layout(sample, delimiter) for delimiter in choices]
    best = max(layouts)  # the first of equals: a comma in case of doubt
    delimiter = choices[layouts.index(best)]
    names: list[str] = []
    place = -1
    while place < best.header:
        lines.mark()
        names = next(csv.reader(lines, delimiter=delimiter), [])
        place += any(name.strip() for name in names)
    return delimiter, Header(str(path), names)


def _layout(sample: Sequence[str], delimiter: str) -> Layout:
    """Return the layout of the first lines; the last record may be cut off, which does not affect the header."""
    rows = [row for row in csv.reader(sample, delimiter=delimiter) if any(cell.strip() for cell in row)]
    return layout_of(rows or [[""]])


def _records(file: str, lines: _Lines, header: Header, delimiter: str, short: ShortRows) -> Iterator[Row | Reject]:
    """Yield records; after one that cannot be read, continue at the line below its first."""
    names, width = header.names, len(header)
    while (cells := _next_record(lines, delimiter, width)) is not None:
        number = lines.start
        if isinstance(cells, str):
            lines.back_to_second_line()
            yield Reject(file, number, None, cells)
            continue
        if not any(cells):
            if (other := _next_table(lines, delimiter, names)) is not None:
                yield next_table_note(file, number + 1, other)
                return
            continue
        if len(cells) < width:
            short.add(number)
            cells += [""] * (width - len(cells))
        problems = _tidied(file, number, names, cells) if lines.may_need_tidying() else ()
        if cells.count("") * 2 >= width and is_total(cells):
            yield total_note(file, number)
        elif cells == names:
            yield Reject(file, number, None, Wording("repeats the header"), RejectKind.NOTE)
        elif lines.size > TEXT_LIMIT:
            yield checked_row(file, number, header.values(cells), problems)
        else:  # names and lines are clean, and no cell is longer than its record
            yield Row(file, number, header.values(cells), tuple(problems))


def _next_table(lines: _Lines, delimiter: str, names: Sequence[str]) -> list[str] | None:
    """Return the columns of another table that begins below an empty line, `None` where this one goes on."""
    sample = [line for line in lines.ahead(_PEEKED) if line.strip()]
    return next_table([row for row in csv.reader(sample, delimiter=delimiter) if any(row)], names)


def _next_record(lines: _Lines, delimiter: str, width: int) -> list[str] | str | None:
    """Return the cells of the next record, or a text that says what is wrong with it, or `None` at the end."""
    lines.mark()
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        cells = next(reader, None)
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            wrong = Wording("a quote is opened and never closed")
        else:
            wrong = Wording("is not valid CSV ({reason})", {"reason": str(error)})
    except _EndlessRecordError:
        wrong = Wording(
            "a quote is opened and not closed within {lines} lines or {limit} characters",
            {"lines": _LINES_A_RECORD, "limit": RECORD_LIMIT},
        )
    else:
        if cells is None or len(cells) == width:
            return cells
        if not any(cells[width:]) and (len(cells) > 1 or width < 3 or not any(cells)):
            return cells[:width]
        wrong = Wording("has {count} cells, the header has {columns}", {"count": len(cells), "columns": width})
    loose = _loose_cells(lines.first_line(), delimiter)
    if loose is None or len(loose) != width:
        return wrong
    lines.back_to_second_line()
    return loose


def _loose_cells(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line whose texts also contain quotes; `None` where a quote is never closed."""
    line = line.rstrip("\r\n")
    if '"' not in line:
        return None
    cells, place = list[str](), 0
    quoted = _quoted(delimiter)
    while True:
        match = quoted.match(line, place)
        if match is not None:
            cells.append(match[1].replace('""', '"').replace('\\"', '"'))
            place = match.end()
        else:
            end = line.find(delimiter, place)
            cell = line[place : end if end >= 0 else len(line)]
            if cell.startswith('"') and cell.count('"') % 2:
                return None
            cells.append(cell)
            place += len(cell)
        if place >= len(line):
            return cells
        place += 1


@cache
def _quoted(delimiter: str) -> re.Pattern[str]:
    """Return the pattern of a cell in quotes that end before the delimiter; other quotes are part of it."""
    end = rf"(?={re.escape(delimiter)}|$)"
    return re.compile(rf'"((?:[^"\\]|\\.|\\$|""|"(?!"){end.replace("?=", "?!")})*+)"{end}')


def _tidied(file: str, number: int, names: Sequence[str], cells: list[str]) -> list[Reject]:
    """Tidy cells in place and return a Reject for each damaged one.

    Those that mean "no value" or are damaged become empty, `="0012"`, which keeps Excel from reading a number, `0012`.
    """
    for position, cell in enumerate(cells):
        if _NOTHING.fullmatch(cell):
            cells[position] = ""
        elif cell.startswith('="') and (formula := _FORMULA.fullmatch(cell)) is not None:
            cells[position] = formula[1]
    return without_damage(file, number, names, cells)


class _EndlessRecordError(Exception):
    pass


class _Lines(Iterator[str]):
    """Lines of a file that can be rewound to the second line of the current record."""

    def __init__(self, file: IO[str], name: str) -> None:
        self._file = file
        self._name = name
        self._pushed: list[str] = []
        self._record: list[str] = []
        self.size = 0
        self._line = 0
        self.start = 1

    def __next__(self) -> str:
        if self.size > RECORD_LIMIT or len(self._record) >= _LINES_A_RECORD:
            raise _EndlessRecordError
        line = self._pushed.pop() if self._pushed else self._read()
        self._record.append(line)
        self.size += len(line)
        self._line += 1
        return line

    def _read(self) -> str:
        line = self._file.readline(RECORD_LIMIT)
        if not line:
            raise StopIteration
        if len(line) >= RECORD_LIMIT:
            raise UnreadableFileError(
                Wording(
                    "{file}, row {row}: is longer than {limit} characters; export the file again",
                    {"file": self._name, "row": str(self._line + 1), "limit": RECORD_LIMIT},
                )
            )
        return clean(line)

    def ahead(self, count: int) -> list[str]:
        """Return the next lines, which are still to be read."""
        lines = list[str]()
        while len(lines) < count and sum(map(len, lines)) < _SAMPLE_SIZE:
            line = next(self, None)
            if line is None:
                break
            lines.append(line)
        self._line -= len(lines)
        self._pushed.extend(reversed(lines))
        self.mark()
        return lines

    def mark(self) -> None:
        """Note that the next line begins a record."""
        self._record = []
        self.size = 0
        self.start = self._line + 1

    def first_line(self) -> str:
        """Return the first line of the record."""
        return self._record[0] if self._record else ""

    def may_need_tidying(self) -> bool:
        """Return whether the record may contain a cell that only looks like a value but is empty or damaged."""
        for line in self._record:
            if "#" in line or "NULL" in line or r"\N" in line or "E+" in line or "0000-00" in line:
                return True
            if '="' in line and _FORMULA_BEGINS.search(line):
                return True
        return False

    def back_to_second_line(self) -> None:
        """Read the record's lines again, all but its first."""
        self._line -= len(self._record) - 1
        self._pushed.extend(reversed(self._record[1:]))
        del self._record[1:]
