"""Layout: finds the row of a sheet or text file that names its columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kb.records.columns import count_recognised, names_field

SAMPLE = 20
"""Rows that are searched for the header; titles above a report take fewer."""
_MOSTLY = 0.6  # share of a table's width that a header fills; titles above it fill less


_NAME = 100  # characters; a longer text is no column name, and comparing it takes long
_CERTAIN = 3  # the names of three fields are no coincidence
_DIGIT = re.compile(r"\d")
_VALUE = re.compile(r"\s*\d+([./-]\d+|\s*$)")  # a number or a date is no column name


@dataclass(frozen=True, slots=True, order=True)
class Layout:
    """Where a table begins: how many of its columns are recognised, how many it has, and the row of its header."""

    recognised: int
    width: int
    header: int


def recognised_columns(names: Sequence[str]) -> int:
    """Return how many columns are fields of ours, 0 where none holds the caller's description."""
    return count_recognised([name.strip() for name in names if name.strip() and len(name) <= _NAME])


def layout_of(rows: Sequence[Sequence[str]]) -> Layout:
    """Find the header among the first rows: the first that names fields, else the first that is about full.

    `rows` are not empty; `header` counts them from 0.
    """
    lengths = Counter(len(_trimmed(row)) for row in rows)
    width = max(lengths, key=lambda length: (lengths[length], length))
    for place, row in enumerate(rows):
        recognised = recognised_columns(row) if _may_name_columns(row) else 0
        if recognised >= _CERTAIN:
            return Layout(recognised, max(width, len(_trimmed(row))), place)
    header = next((place for place, row in enumerate(rows) if _names_columns(row, width)), 0)
    return Layout(recognised_columns(rows[header]), width, header)


def next_table(rows: Sequence[Sequence[str]], names: Sequence[str]) -> list[str] | None:
    """Return the columns of another table that begins with the rows below a gap, such as counts by status.

    A title may stand above its header. The header names a field first or stands above counts, holds no number, and is
    not the one of the table above, `names`; a ticket has a number or a date.
    """
    filled = [*map(_filled, rows), *([""],) * 3]
    header, below = filled[1:3] if len(filled[0]) == 1 else filled[:2]
    if not _may_name_columns(header) or header == list(names) or any(map(_DIGIT.search, header)):
        return None
    if len(below) == len(header) and all(map(_VALUE.match, below[1:])):
        return header
    is_other = len(header) * 2 <= len(names) or all(map(names_field, header))
    return header if is_other and names_field(header[0]) else None


def _names_columns(row: Sequence[str], width: int) -> bool:
    return len(_filled(row)) >= _MOSTLY * width and not any(_VALUE.match(cell) for cell in row)


def _may_name_columns(row: Sequence[str]) -> bool:
    """Return whether it is worth comparing the cells of a row with names."""
    return len(_filled(row)) > 1 and not any(len(cell) > _NAME or _VALUE.match(cell) for cell in row)


def _trimmed(row: Sequence[str]) -> Sequence[str]:
    length = len(row)
    while length and not row[length - 1].strip():
        length -= 1
    return row[:length]


def _filled(row: Sequence[str]) -> list[str]:
    return [cell for cell in row if cell.strip()]
