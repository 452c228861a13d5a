"""JSON columns: makes records of documents that keep names and values apart, and of names that are numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from kb.importers.tables.layout import recognised_columns
from kb.records.json_text import text_of_json
from kb.records.limits import MEMORY_LIMIT, check_document
from kb.records.rejects import UnreadableFileError
from kb.records.wording import Wording
from kb.vocabulary.tool import read_tools

Records = list[dict[str, Any]]

LEVELS = 4
"""Objects in which a table or list is searched: GraphQL puts records deepest, data.project.issues.nodes."""
OBJECT_SIZE = 200
"""Bytes that a small JSON object takes in memory."""
VALUE_SIZE = 60
"""Bytes that any other value takes, beside its text."""

_MOST_COLUMNS = 5_000  # exports have hundreds; comparing the names of more with fields takes seconds
_MOST_PARTS = 100  # objects in an object that may hold a table; where there are more, they are records by their ids
_REFERENCE = frozenset({"display_value", "value", "name", "id", "type", "link", "self", "href"})
"""Keys of an object that is one value of a record: no table has rows of these names."""
_KEY = "index"
"""Column of the keys of rows, as pandas calls it."""


def tables(path: Path, document: Any) -> Iterator[Records]:
    """Yield the records of every table in a document.

    A table is a list of names beside a list of rows (pandas, Metabase), a list of rows whose first has the names, or
    an object with the values of each column as a list or by row. Raises UnreadableFileError where records take too much
    memory.
    """
    for value in _parts(document, 0):
        if isinstance(value, list):
            yield from _headed(path, value)
        else:
            yield from _beside(path, value)
            yield from _by_column(path, value)


def check_lengths(path: Path, document: Any) -> None:
    """Raise UnreadableFileError where a document has columns of tickets with different numbers of values."""
    for value in _parts(document, 0):
        if isinstance(value, dict) and _holds(value, list) and _are_names(list(value)):
            lengths = {name: len(column) for name, column in value.items()}
            if len(set(lengths.values())) > 1:
                raise UnreadableFileError(
                    Wording(
                        "{file}: its columns have different lengths ({lengths}); export again",
                        {"file": str(path), "lengths": _shown(lengths)},
                    )
                )


def with_names(records: list[Any]) -> list[Any]:
    """Return records whose keys are the numbers by which a tool answers searches, such as GLPI's, with its names."""
    first = next((record for record in records if isinstance(record, dict)), {})
    numbers = [key for key in first if key.isdigit()]
    if not numbers or len(numbers) * 2 <= len(first):
        return records
    names = max(_numbered(), key=lambda names: sum(number in names for number in numbers))
    if recognised_columns([names.get(number, number) for number in numbers]) == 0:
        return records
    return [_renamed(record, names) if isinstance(record, dict) else record for record in records]


def _renamed(record: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in record.items()}


@cache
def _numbered() -> tuple[Mapping[str, str], ...]:
    return tuple(tool.numbered for tool in read_tools())


def _parts(value: Any, level: int) -> Iterator[list[Any] | dict[str, Any]]:
    """Yield what may be a table in a document, outer ones first."""
    if isinstance(value, list):
        yield value
    elif isinstance(value, dict):
        yield value
        inner = [
            entry for entry in value.values() if isinstance(entry, dict) or (isinstance(entry, list) and level == 0)
        ]
        if level < LEVELS and len(inner) <= _MOST_PARTS:
            for entry in inner:
                yield from _parts(entry, level + 1)


def _headed(path: Path, rows: list[Any]) -> Iterator[Records]:
    """Yield the records of a list of rows whose first names the columns."""
    if len(rows) > 1 and isinstance(rows[0], list) and _are_names(rows[0]):
        yield _records(path, list(map(str, rows[0])), [row for row in rows[1:] if isinstance(row, list)])


def _beside(path: Path, value: dict[str, Any]) -> Iterator[Records]:
    """Yield the records of rows beside a list of names: `{"columns": ["id"], "index": [0], "data": [["7"]]}`."""
    lists = [entry for entry in value.values() if isinstance(entry, list) and entry]
    rows = next((entry for entry in lists if isinstance(entry[0], list)), None)
    named = [names for entry in lists if not isinstance(entry[0], list) and (names := _names(entry)) is not None]
    if rows is not None and named:
        width = len(rows[0])
        likeliest = max(named, key=lambda names: (recognised_columns(names), len(names) == width))
        yield _records(path, likeliest, [row for row in rows if isinstance(row, list)])


def _by_column(path: Path, value: dict[str, Any]) -> Iterator[Records]:
    """Yield the records of an object with the values of each column, as a list or by the key of the row."""
    if _holds(value, list) and len({len(column) for column in value.values()}) == 1:
        if _are_names(list(value)):
            yield _records(path, list(value), list(zip(*value.values(), strict=True)))
    elif _holds(value, dict):
        keys = list(next(iter(value.values())))
        if all(column.keys() == set(keys) for column in value.values()) and _REFERENCE.isdisjoint(keys):
            yield from _by_key(path, value, keys)


def _by_key(path: Path, value: Mapping[str, Mapping[str, Any]], keys: Sequence[str]) -> Iterator[Records]:
    """Yield the records of columns with the values of each row by its key, `{"title": {"0": "Fan"}}`."""
    if not _are_names(list(value)):
        return
    _check(path, len(keys), len(value))
    records = [{name: column[key] for name, column in value.items()} for key in keys]
    if keys == [str(position) for position in range(len(keys))]:
        yield records
    else:
        yield [{_KEY: key, **record} for key, record in zip(keys, records, strict=True)]


def _holds(value: Mapping[str, Any], kind: type) -> bool:
    """Return whether an object holds two columns or more of a kind and nothing else, and no list of records."""
    columns = list(value.values())
    if not 2 <= len(columns) <= _MOST_COLUMNS or not all(isinstance(column, kind) and column for column in columns):
        return False
    return kind is not list or not any(isinstance(column[0], dict) and len(column[0]) > 1 for column in columns)


def _records(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Records:
    _check(path, len(rows), len(names))
    return [dict(zip(names, row, strict=False)) for row in rows]


def _check(path: Path, rows: int, columns: int) -> None:
    check_document(str(path), rows * (OBJECT_SIZE + VALUE_SIZE * columns), MEMORY_LIMIT)


def _are_names(names: list[Any]) -> bool:
    """Return whether texts name columns that hold tickets."""
    is_short = len(names) <= _MOST_COLUMNS
    return is_short and all(isinstance(name, str) for name in names) and recognised_columns(names) > 0


def _names(entries: list[Any]) -> list[str] | None:
    try:
        return [text_of_json(entry) for entry in entries] if len(entries) <= _MOST_COLUMNS else None
    except RecursionError:
        return None


def _shown(lengths: Mapping[str, int]) -> str:
    """Return the columns with the most and the fewest values, and how many each has."""
    most, fewest = max(lengths, key=lengths.__getitem__), min(lengths, key=lengths.__getitem__)
    return f"{most[:40]!r} has {lengths[most]:,} values, {fewest[:40]!r} {lengths[fewest]:,}"
