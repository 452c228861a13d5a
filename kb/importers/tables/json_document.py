"""JSON documents and JSON Lines: finds the list of records in a document, with names from the lists beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from kb.importers.tables.json_columns import LEVELS, OBJECT_SIZE, VALUE_SIZE, check_lengths, tables, with_names
from kb.importers.tables.layout import recognised_columns
from kb.importers.tables.packing import open_text
from kb.importers.tables.row import Row, checked_row
from kb.importers.tables.sideloads import Sideloads
from kb.records.json_text import flattened
from kb.records.limits import DEPTH_LIMIT, MEMORY_LIMIT, RECORD_LIMIT, check_document
from kb.records.rejects import Reject, UnreadableFileError
from kb.records.wording import Wording

_SAMPLE = 20  # records whose columns are looked at
_ID = re.compile(r"(?:\w+::)?\d+")
"""Keys of records by their ids; iTop writes their class before it."""
_TOO_DEEP = Wording("is nested deeper than {limit} levels", {"limit": DEPTH_LIMIT})
_STEP = 1 << 20


def json_line_rows(path: Path, encoding: str | None) -> Iterator[Row | Reject]:
    """Yield the rows of a file with one JSON object a line."""
    with open_text(path, encoding) as file:
        number = 0
        while line := file.readline(RECORD_LIMIT):
            number += 1
            if len(line) == RECORD_LIMIT:
                raise UnreadableFileError(
                    Wording(
                        "{file}, row {row}: is longer than {limit} characters; export the file again",
                        {"file": str(path), "row": str(number), "limit": RECORD_LIMIT},
                    )
                )
            if not line.strip():
                continue
            if _size(line) > MEMORY_LIMIT // 2:
                yield Reject(path.name, number, None, Wording("holds more values than any record does"))
                continue
            try:
                value = _parsed(line)
            except ValueError as error:
                yield Reject(path.name, number, None, Wording("is not JSON ({reason})", {"reason": str(error)}))
            except RecursionError:
                yield Reject(path.name, number, None, _TOO_DEEP)
            else:
                yield _json_row(path.name, number, value, Sideloads({}))


def json_document_rows(path: Path, encoding: str | None) -> Iterator[Row | Reject]:
    """Yield the rows of a JSON document; records on separate lines are read as JSON Lines."""
    try:
        document = read_document(path, encoding)
    except _LinesError:
        yield from json_line_rows(path, encoding)
        return
    records = _records(path, document)
    sideloads = Sideloads(document)
    for number, entry in enumerate(records, start=1):
        yield _json_row(path.name, number, entry, sideloads)


def read_document(path: Path, encoding: str | None = None) -> Any:
    """Return the value in a JSON file, numbers as they are written; raises UnreadableFileError."""
    with open_text(path, encoding) as file:
        text = _whole(path, file)
    try:
        return _parsed(text)
    except RecursionError:
        raise UnreadableFileError(
            Wording(
                "{file}: is nested deeper than {limit} levels, as no export is",
                {"file": str(path), "limit": DEPTH_LIMIT},
            )
        ) from None
    except ValueError as error:
        kind = _LinesError if text.lstrip().startswith("{") and "Extra data" in str(error) else UnreadableFileError
        raise kind(Wording("{file}: is not JSON ({reason})", {"file": str(path), "reason": str(error)})) from None


class _LinesError(UnreadableFileError):
    """A file holds several JSON values, one a line."""


def _whole(path: Path, file: IO[str]) -> str:
    pieces, size, needed = list[str](), 0, 0
    while piece := file.read(_STEP):
        pieces.append(piece)
        size += len(piece)
        needed += _size(piece)
        check_document(str(path), size)
        check_document(str(path), needed, MEMORY_LIMIT)
    return "".join(pieces)


def _size(text: str) -> int:
    """Estimate the memory that the values in a JSON text take."""
    return len(text) + OBJECT_SIZE * text.count("{") + VALUE_SIZE * (text.count(",") + text.count("["))


def _parsed(text: str) -> Any:
    """Return the value in a JSON text, numbers as written; NaN and infinities become no value."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _: None)


def _records(path: Path, document: Any) -> list[Any]:
    """Return the list of records in a document: the list whose entries look most like tickets."""
    lists = [*map(with_names, _lists(document, 0)), *tables(path, document), *_single(document)]
    if not lists:
        if document == [] or (isinstance(document, dict) and [] in document.values()):
            raise UnreadableFileError(Wording("{file}: the list of records is empty", {"file": str(path)}))
        check_lengths(path, document)
        raise UnreadableFileError(Wording("{file}: holds no list of records", {"file": str(path)}))
    records = max(lists, key=_likeness)
    unwrapped = [_unwrapped(record) for record in records]
    return records if None in unwrapped else unwrapped


def _single(document: Any) -> list[list[Any]]:
    """Return the list of a document that is one ticket, `{"ticket": {...}}`, else nothing.

    It is one where its own names say more of a ticket than those of any list in it, such as its comments.
    """
    if not isinstance(document, dict):
        return []
    record = _unwrapped(document) or document
    parts = [inner for inner in (record, record.get("fields")) if isinstance(inner, dict)]
    names = [name for part in parts for name, value in part.items() if not isinstance(value, list)]
    most = max((_likeness(records)[0] for records in _lists(document, 0)), default=1)
    return [[record]] if recognised_columns(names) > most else []


def _lists(value: Any, level: int) -> list[list[Any]]:
    """Return the lists of objects in a document, outer ones first; a mapping of ids to objects counts as a list."""
    if isinstance(value, list):
        return [value] if any(isinstance(entry, dict) for entry in value) or (value and level == 0) else []
    if not isinstance(value, dict) or level >= LEVELS:
        return []
    if value and all(isinstance(entry, dict) and _ID.fullmatch(key) for key, entry in value.items()):
        return [list(value.values())]
    return [found for entry in value.values() for found in _lists(entry, level + 1)]


def _likeness(records: list[Any]) -> tuple[int, int]:
    """Return how much a list looks like tickets: fields recognised in its first entries, then its length."""
    columns: dict[str, None] = {}
    for record in records[:_SAMPLE]:
        if isinstance(record, dict):
            columns |= dict.fromkeys(_columns(record))
    return recognised_columns(list(columns)), len(records)


def _columns(record: dict[str, Any]) -> dict[str, str]:
    try:
        return flattened(_unwrapped(record) or record)
    except RecursionError:
        return {}


def _unwrapped(record: Any) -> dict[str, Any] | None:
    """Return the record in an object that holds nothing else, such as `{"ticket": {...}}`."""
    if isinstance(record, dict) and len(record) == 1:
        (inner,) = record.values()
        return inner if isinstance(inner, dict) and len(inner) > 1 else None
    return None


def _json_row(file: str, number: int, value: Any, sideloads: Sideloads) -> Row | Reject:
    if not isinstance(value, Mapping):
        return Reject(file, number, None, Wording("is not a JSON object"))
    try:
        return checked_row(file, number, flattened(sideloads.named(value)))
    except RecursionError:
        return Reject(file, number, None, _TOO_DEEP)
