"""Reading: chooses the reader for each kind of table, and reports what is wrong with any file."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from kb.importers.tables.content import ZIP, Content, content_of, has_workbook
from kb.importers.tables.delimited import delimited_rows
from kb.importers.tables.html_table import html_rows, table_names
from kb.importers.tables.json_document import json_document_rows, json_line_rows
from kb.importers.tables.packing import open_binary, table_name
from kb.importers.tables.row import Row
from kb.importers.tables.spreadsheet_xml import spreadsheet_names, spreadsheet_rows
from kb.importers.tables.workbook import sheet_names, workbook_rows
from kb.importers.tables.xml_document import xml_rows
from kb.records.rejects import Reject, RejectKind, UnreadableFileError
from kb.records.wording import Wording

_READERS = (
    ((".jsonl", ".ndjson"), json_line_rows),
    ((".json",), json_document_rows),
    ((".xml",), xml_rows),
    ((".csv", ".tsv", ".tab", ".txt", ".psv", ".xls"), delimited_rows),
)
_WORKBOOKS = (".xlsx", ".xlsm")
_PAGES = (".html", ".htm")
_DOUBTFUL = (*_WORKBOOKS, *_PAGES, ".xls", ".xml")
"""Endings of files that are looked into: many tools give web pages and texts the ending of a workbook."""
_KINDS = "CSV, CSV.gz, XLSX, XLS of web pages or XML, JSON, JSONL, XML or HTML (all but XLSX also zipped)"
_REJECT_LIMIT = 100_000
"""Most rows that may be left out, since each is reported: they take 30 MB."""
_COLUMN_SAMPLE = 1000
"""Rows whose columns are collected: JSON and XML omit empty fields of a record."""


def read_table(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> Iterator[Row | Reject]:
    """Yield the rows of a table, a Reject for each that cannot be read, and notes on what was left out on purpose.

    `sheet` names the sheet of a workbook or the table of a page; without it, the one that looks most like tickets is
    read. Every value is text: a label that looks like a number stays as it was written. Raises UnreadableFileError
    where the file is missing, empty, of an unknown kind, not what its name says, or unpacks beyond `kb.records.limits`.
    """
    if not path.is_file():
        raise UnreadableFileError(Wording("{file}: there is no such file", {"file": str(path)}))
    if path.stat().st_size == 0:
        raise UnreadableFileError(Wording("{file}: the file is empty", {"file": str(path)}))
    try:
        yield from _bounded(path, _rows(path, encoding, sheet))
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnreadableFileError(
            Wording(
                "{file}: the compressed file is damaged or cut off ({reason}); export it again",
                {"file": str(path), "reason": str(error)},
            )
        ) from None
    except OSError as error:
        raise UnreadableFileError(
            Wording("{file}: cannot be read ({reason})", {"file": str(path), "reason": str(error.strerror or error)})
        ) from None
    except UnicodeError as error:
        raise UnreadableFileError(
            Wording(
                "{file}: is not written in {encoding} ({reason}); choose another encoding",
                {"file": str(path), "encoding": str(encoding), "reason": str(error)},
            )
        ) from None
    except LookupError as error:
        raise UnreadableFileError(
            Wording("{file}: {reason}; choose another encoding", {"file": str(path), "reason": str(error)})
        ) from None


def sheets_of(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's sheets, or of the tables of a page; empty for other files.

    Raises UnreadableFileError where it is damaged.
    """
    match _content(path):
        case Content.WORKBOOK:
            return sheet_names(path)
        case Content.SPREADSHEET_XML:
            return spreadsheet_names(path)
        case Content.HTML:
            return table_names(path)
    return ()


def columns_of(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> list[str]:
    """Return the names of a table's columns, in order; raises UnreadableFileError as `read_table` does."""
    columns: dict[str, None] = {}
    for entry in islice(read_table(path, encoding=encoding, sheet=sheet), _COLUMN_SAMPLE):
        if isinstance(entry, Row):
            columns |= dict.fromkeys(entry.values)
    return list(columns)


def _bounded(path: Path, entries: Iterator[Row | Reject]) -> Iterator[Row | Reject]:
    rejected, first = 0, None
    for entry in entries:
        if isinstance(entry, Reject) and entry.kind is RejectKind.ROW:
            rejected += 1
            if rejected > _REJECT_LIMIT:
                raise UnreadableFileError(
                    Wording(
                        "{file}: more than {limit} rows cannot be read; the first: {first}",
                        {"file": str(path), "limit": _REJECT_LIMIT, "first": str(first)},
                    )
                )
            first = first or entry
        yield entry


def _rows(path: Path, encoding: str | None, sheet: str | None) -> Iterator[Row | Reject]:
    match _content(path):
        case Content.WORKBOOK:
            yield from workbook_rows(path, sheet)
        case Content.SPREADSHEET_XML:
            yield from spreadsheet_rows(path, sheet)
        case Content.HTML:
            yield from html_rows(path, encoding, sheet)
        case Content.TEXT:
            if sheet is not None:
                raise UnreadableFileError(
                    Wording(
                        "{file}: is not a workbook, so it has no sheet '{sheet}'; choose no sheet",
                        {"file": str(path), "sheet": sheet},
                    )
                )
            yield from _reader(path)(path, encoding)


def _reader(path: Path) -> Callable[[Path, str | None], Iterator[Row | Reject]]:
    """Return the reader for a file's ending."""
    name = table_name(path)
    for suffixes, reader in _READERS:
        if name.endswith(suffixes):
            return reader
    raise UnreadableFileError(
        Wording("{file} cannot be read; supported: {kinds}", {"file": str(path), "kinds": _KINDS})
    )


def _content(path: Path) -> Content:
    """Return what a file is read as."""
    name = table_name(path)
    is_packed = name != path.name.lower()
    if not name.endswith(_DOUBTFUL):
        return Content.WORKBOOK if not is_packed and _is_workbook(path) else Content.TEXT
    content = content_of(path, is_xml=name.endswith(".xml"))
    if content is Content.TEXT and name.endswith(_WORKBOOKS):
        return Content.WORKBOOK
    return Content.HTML if content is Content.TEXT and name.endswith(_PAGES) else content


def _is_workbook(path: Path) -> bool:
    """Return whether a file with the ending of a text is a workbook."""
    with open_binary(path) as file:
        is_zip = file.read(len(ZIP)) == ZIP
    return is_zip and has_workbook(path)
