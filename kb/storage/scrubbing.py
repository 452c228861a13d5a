"""Scrubbing: words that nobody may read any more are taken out of every text of a table."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import JSON, Column, Connection, String, Table, cast, or_, select, update


def without(value: Any, pattern: re.Pattern[str], instead: str) -> Any:
    """Return a value with what a pattern finds replaced in every text in it, keys of objects too."""
    if isinstance(value, str):
        return pattern.sub(lambda _: instead, value)
    if isinstance(value, list):
        return [without(one, pattern, instead) for one in value]
    if isinstance(value, dict):
        return {without(name, pattern, instead): without(one, pattern, instead) for name, one in value.items()}
    return value


def number_pattern(number: str) -> re.Pattern[str]:
    """Return a pattern of an incident's number where it cannot be read as anything else.

    A short one, or one of few digits such as `12`, stands in texts and values for other reasons too: it counts only in
    the sentences in which the product itself names an incident.
    """
    whole = rf"(?<![\w-]){re.escape(number)}(?![\w-])"
    is_telling = len(number) >= (7 if number.isdigit() else 2)
    return re.compile(whole if is_telling else rf"(?<=major incident ){whole}|{whole}(?= joined )")


def likeness(words: str) -> str:
    """Return what `LIKE` finds at least wherever these words stand, also with letters that JSON writes as numbers."""
    return re.sub(r"[^A-Za-z0-9]+", "%", f"%{words.strip()}%")


def scrub(connection: Connection, table: Table, pattern: re.Pattern[str], like: str, instead: str) -> int:
    """Replace what a pattern finds in every text and JSON column of a table; returns the number of rows changed.

    `like` finds at least the rows that the pattern does.
    """
    columns = texts_of(table)
    if not columns:
        return 0
    count = 0
    for row in connection.execute(select(table).where(or_(*(as_text(column).ilike(like) for column in columns)))).all():
        before = {column.name: getattr(row, column.name) for column in columns}
        after = {name: without(value, pattern, instead) for name, value in before.items()}
        changed = {name: value for name, value in after.items() if value != before[name]}
        if changed:
            count += 1
            key = [column == getattr(row, column.name) for column in table.primary_key.columns]
            connection.execute(update(table).where(*key).values(changed))
    return count


def texts_of(table: Table) -> list[Column[Any]]:
    """Return the columns of a table that hold texts or JSON."""
    return [column for column in table.columns if isinstance(column.type, String | JSON)]


def as_text(column: Column[Any]) -> Any:
    """Return a column of texts or JSON as a text."""
    return cast(column, String) if isinstance(column.type, JSON) else column


def unescaped(text: str) -> str:
    """Return a text with the letters that JSON may write as numbers."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
