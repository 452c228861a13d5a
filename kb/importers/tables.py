"""Tables: rows of CSV, gzipped CSV, XLSX, JSON and JSON Lines files, as text."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from kb.importers.encodings import detect
from kb.records.clean_text import clean
from kb.records.incident import TEXT_LIMIT
from kb.records.rejects import Reject, UnreadableFileError

_DELIMITERS = ",;\t|"
_LINES_A_RECORD = 20_000
_CSV = (".csv", ".tsv", ".txt")
_JSON_LINES = (".jsonl", ".ndjson")
_KINDS = "CSV, CSV.gz, XLSX, JSON or JSONL (CSV and JSON also zipped)"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` is its line in the file, counted from 1; empty cells are empty texts."""

    file: str
    number: int
    values: Mapping[str, str]


def read_table(path: Path, *, encoding: str | None = None) -> Iterator[Row | Reject]:
    """Rows of a table, and a Reject for each that cannot be read.

    Every value is text: a label that looks like a number stays as it was written. Raises UnreadableFileError
    where the file is missing, empty, of an unknown kind or not what its name says.
    """
    if not path.is_file():
        raise UnreadableFileError(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise UnreadableFileError(f"{path}: the file is empty")
    try:
        yield from _reader(path)(path, encoding)
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableFileError(
            f"{path}: the compressed file is damaged or cut off ({error}); export it again"
        ) from None
    except OSError as error:
        raise UnreadableFileError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeError as error:
        raise UnreadableFileError(f"{path}: is not written in {encoding} ({error}); give another --encoding") from None
    except LookupError as error:
        raise UnreadableFileError(f"{path}: {error}; give another --encoding") from None


def _reader(path: Path) -> Callable[[Path, str | None], Iterator[Row | Reject]]:
    name = (_zipped(path) if _is_zip(path) else path.name).lower()
    if name.endswith((".xlsx", ".xlsm")):
        return _workbook_rows
    for suffixes, reader in ((_JSON_LINES, _json_line_rows), ((".json",), _json_rows), (_CSV, _csv_rows)):
        if name.removesuffix(".gz").endswith(suffixes):
            return reader
    raise UnreadableFileError(f"{path}: is none of {_KINDS}; save it as one of these")


def columns_of(path: Path, *, encoding: str | None = None) -> list[str]:
    """Names of a table's columns, in order; raises UnreadableFileError as `read_table` does."""
    for row in read_table(path, encoding=encoding):
        if isinstance(row, Row):
            return list(row.values)
    return []


# CSV


def _csv_rows(path: Path, encoding: str | None) -> Iterator[Row | Reject]:
    with _open_text(path, encoding) as file:
        lines = _Lines(file)
        header_line = next(lines, None)
        while header_line is not None and not header_line.strip():
            header_line = next(lines, None)
        if header_line is None:
            raise UnreadableFileError(f"{path}: the file is empty")
        delimiter = max(_DELIMITERS, key=header_line.count)
        csv.field_size_limit(2**31 - 1)
        header = _header(path, next(csv.reader([header_line], delimiter=delimiter)))
        yield from _records(path.name, lines, header, delimiter)


def _records(file: str, lines: _Lines, header: Sequence[str], delimiter: str) -> Iterator[Row | Reject]:
    """Records one at a time; after one that cannot be read, reading goes on at the line below its first."""
    while (cells := _next_record(lines, delimiter)) is not None:
        number = lines.start
        if isinstance(cells, str):
            lines.back_to_second_line()
            yield Reject(file, number, None, cells)
        elif len(cells) != len(header):
            if any(cell.strip() for cell in cells):
                lines.back_to_second_line()
                yield Reject(file, number, None, f"has {len(cells)} cells, the header has {len(header)}")
        else:
            yield _checked(file, number, dict(zip(header, cells, strict=True)))


def _next_record(lines: _Lines, delimiter: str) -> list[str] | str | None:
    """Cells of the next record, what is wrong with it, or `None` at the end."""
    lines.mark()
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        return next(reader, None)
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return "a quote is opened and never closed"
        return f"is not valid CSV ({error})"
    except _EndlessRecordError:
        return f"a quote is opened and not closed within {_LINES_A_RECORD:,} lines"


class _EndlessRecordError(Exception):
    pass


class _Lines(Iterator[str]):
    """Lines of a file that can be taken back to the second line of the record being read."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._pushed: list[str] = []
        self._record: list[str] = []
        self._line = 0
        self.start = 1

    def __next__(self) -> str:
        if len(self._record) >= _LINES_A_RECORD:
            raise _EndlessRecordError
        line = self._pushed.pop() if self._pushed else next(self._file)
        self._record.append(line)
        self._line += 1
        return line

    def mark(self) -> None:
        """The next line begins a record."""
        self._record = []
        self.start = self._line + 1

    def back_to_second_line(self) -> None:
        """Read the record's lines again, all but its first."""
        self._line -= len(self._record) - 1
        self._pushed.extend(reversed(self._record[1:]))
        self._record = []


def _open_text(path: Path, encoding: str | None) -> IO[str]:
    raw = _open_binary(path)
    if encoding is None:
        with _open_binary(path) as probe:
            head = probe.read(65536)
        encoding = detect(head) or ("utf-8" if _is_utf8(path) else "cp1252")
        errors = "replace"
    else:
        errors = "strict"
    return io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="")


def _open_binary(path: Path) -> io.BufferedReader:
    if _is_zip(path):
        raw: Any = zipfile.ZipFile(path).open(_zipped(path))  # noqa: SIM115 (closed with the reader over it)
    else:
        raw = gzip.GzipFile(path) if path.name.lower().endswith(".gz") else path.open("rb", buffering=0)
    return io.BufferedReader(raw)


def _is_zip(path: Path) -> bool:
    return path.name.lower().endswith(".zip")


def _zipped(path: Path) -> str:
    """Name of the one table in a zip file."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and "__MACOSX" not in entry.filename]
    except zipfile.BadZipFile as error:
        raise UnreadableFileError(f"{path}: the zip file is damaged ({error}); make it again") from None
    if len(entries) != 1 or entries[0].flag_bits & 1 or entries[0].filename.lower().endswith((".xlsx", ".xlsm")):
        raise UnreadableFileError(f"{path}: a zip file must hold one CSV or JSON file without password; unpack it")
    return entries[0].filename


def _is_utf8(path: Path) -> bool:
    with io.TextIOWrapper(_open_binary(path), encoding="utf-8", newline="") as file:
        try:
            while file.read(1 << 20):
                pass
        except UnicodeDecodeError:
            return False
    return True


# JSON


def _json_line_rows(path: Path, encoding: str | None) -> Iterator[Row | Reject]:
    with _open_text(path, encoding) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield Reject(path.name, number, None, f"is not JSON ({error})")
                continue
            yield _json_row(path.name, number, value)


def _json_rows(path: Path, encoding: str | None) -> Iterator[Row | Reject]:
    with _open_text(path, encoding) as file:
        try:
            value = json.load(file)
        except (ValueError, RecursionError) as error:
            raise UnreadableFileError(f"{path}: is not JSON ({error})") from None
    for number, entry in enumerate(_entries(path, value), start=1):
        yield _json_row(path.name, number, entry)


def _entries(path: Path, value: Any) -> list[Any]:
    """The list in a JSON document: itself, or the one under a key such as `result`, `issues` or `tickets`."""
    if isinstance(value, dict):
        lists = [entry for entry in value.values() if isinstance(entry, list)]
        value = lists[0] if len(lists) == 1 else value
    if not isinstance(value, list):
        raise UnreadableFileError(f"{path}: holds no list of records")
    if not value:
        raise UnreadableFileError(f"{path}: the list of records is empty")
    return value


def _json_row(file: str, number: int, value: Any) -> Row | Reject:
    if not isinstance(value, dict):
        return Reject(file, number, None, "is not a JSON object")
    return _checked(file, number, {str(key): _json_text(entry) for key, entry in _flattened(value).items()})


def _flattened(value: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a record; Jira keeps its own under `fields`, which are lifted."""
    fields = value.get("fields")
    return (
        {**{key: entry for key, entry in value.items() if key != "fields"}, **fields}
        if isinstance(fields, dict)
        else dict(value)
    )


def _json_text(value: Any) -> str:
    """A JSON value as text: an object by its display value or name, a list by its entries, one per bar."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        named = next((value[key] for key in ("display_value", "displayName", "name", "value") if value.get(key)), None)
        return json.dumps(value, ensure_ascii=False) if named is None else _json_text(named)
    if isinstance(value, list):
        return "|".join(_json_text(entry) for entry in value)
    return str(value)


# XLSX


def _workbook_rows(path: Path, _: str | None) -> Iterator[Row | Reject]:
    try:
        values = openpyxl.load_workbook(path, read_only=True, data_only=True)
        formulas = openpyxl.load_workbook(path, read_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UnreadableFileError(f"{path}: is not an Excel workbook ({error})") from None
    try:
        sheet, source = values.worksheets[0], formulas.worksheets[0]
        header: list[str] | None = None
        pairs = zip(sheet.iter_rows(), source.iter_rows(), strict=True)
        for number, (cells, sources) in enumerate(pairs, start=1):
            texts = [_cell_text(cell.value) for cell in cells]
            if not any(texts) and not any(cell.value for cell in sources):
                continue
            if header is None:
                header = _header(path, texts)
                continue
            yield _workbook_row(path.name, number, header, texts, [cell.value for cell in sources])
        if header is None:
            raise UnreadableFileError(f"{path}: the first sheet is empty")
    finally:
        values.close()
        formulas.close()


def _workbook_row(file: str, number: int, header: Sequence[str], texts: list[str], sources: list[Any]) -> Row | Reject:
    texts = (texts + [""] * len(header))[: len(header)]
    for name, text, source in zip(header, texts, sources, strict=False):
        if not text and isinstance(source, str) and source.startswith("="):
            reason = "holds a formula without a saved result: open and save the workbook, or paste the values"
            return Reject(file, number, name, reason)
    return _checked(file, number, dict(zip(header, texts, strict=True)))


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


# All kinds


def _header(path: Path, names: Sequence[str]) -> list[str]:
    cleaned = [clean(name).strip() for name in names]
    while cleaned and not cleaned[-1]:
        cleaned.pop()
    if not cleaned:
        raise UnreadableFileError(f"{path}: the first line names no columns")
    seen: dict[str, int] = {}
    unique = []
    for position, given in enumerate(cleaned, start=1):
        name = given or f"column {position}"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique


def _checked(file: str, number: int, values: Mapping[str, str]) -> Row | Reject:
    """The row without control characters; a Reject where a cell is larger than any text may be."""
    for name, text in values.items():
        if len(text) > TEXT_LIMIT:
            reason = (
                f"{len(text):,} characters, at most {TEXT_LIMIT:,} are taken: shorten it or move it to an attachment"
            )
            return Reject(file, number, name, reason)
    return Row(file, number, {clean(name): clean(text) for name, text in values.items()})
