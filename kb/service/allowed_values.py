"""The catalogue: which values a field has in the system that tickets come from, where that is known."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert, select

from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.schema import catalogue
from models.errors import InvalidError

_NEAREST = 3


class UnknownValueError(InvalidError):
    """A value that the field does not have; the message names the nearest that it has."""

    def __init__(self, field: str, value: str, nearest: Collection[str]) -> None:
        words = "{input}: there is no '{value}'; nearest: {values}" if nearest else "{input}: there is no '{value}'"
        values = {"input": field, "value": value, "values": ", ".join(nearest)}
        super().__init__(Wording(words, values), field=field)
        self.value = value


class AllowedValues:
    """Values by field; a field that is not listed may have any."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, list[str]]:
        """Return the values of every listed field, in order."""
        found: dict[str, list[str]] = {}
        query = select(catalogue).order_by(catalogue.c.field, catalogue.c.value)
        with self._database.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.field, []).append(row.value)
        return found

    def put(self, field: str, values: Collection[str]) -> None:
        """Let a field have these values and no others; with none of them, any."""
        rows = [{"field": field, "value": value} for value in dict.fromkeys(values)]
        with self._database.writing() as connection:
            connection.execute(delete(catalogue).where(catalogue.c.field == field))
            if rows:
                connection.execute(insert(catalogue), rows)

    def check(self, given: Mapping[str, str | None]) -> None:
        """Raise UnknownValueError for the first value that its field does not have."""
        check_values(given, self.all() if any(given.values()) else {})


def check_values(given: Mapping[str, str | None], listed: Mapping[str, Collection[str]]) -> None:
    """Raise UnknownValueError for the first value that is not among those listed for its field, where any are."""
    for field, value in given.items():
        if value and field in listed and value not in listed[field]:
            raise UnknownValueError(field, value, nearest(value, listed[field]))


def nearest(value: str, known: Collection[str]) -> list[str]:
    """Return the known values with the most similar spelling, the most similar first."""
    by_folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(value.casefold(), by_folded, _NEAREST) or difflib.get_close_matches(
        value.casefold(), by_folded, 1, 0.0
    )
    return [by_folded[name] for name in found]
