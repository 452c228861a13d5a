"""Column mappings: which column people said is which field, remembered for the next file of the same shape."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from kb.storage.database import Database
from kb.storage.schema import column_mappings


class ColumnMappings:
    """Mappings that people gave, by the shape of the file: the set of its columns, in whatever order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, columns: Iterable[str]) -> dict[str, str]:
        """Return the mapping (field to column) of files with these columns, empty where none was given."""
        query = select(column_mappings.c.mapping).where(column_mappings.c.shape == _shape(columns))
        with self._database.reading() as connection:
            return dict(connection.execute(query).scalar() or {})

    def keep(self, columns: Iterable[str], mapping: Mapping[str, str], *, source: str) -> None:
        """Remember a mapping for files with these columns, in place of the one that was; `source` names the file."""
        shape = _shape(columns)
        row = {"shape": shape, "mapping": dict(mapping), "source": source, "at": datetime.now(UTC)}
        with self._database.writing() as connection:
            connection.execute(delete(column_mappings).where(column_mappings.c.shape == shape))
            connection.execute(insert(column_mappings), [row])

    def forget(self, columns: Iterable[str]) -> bool:
        """Forget the mapping of files with these columns; returns whether there was one."""
        with self._database.writing() as connection:
            gone = connection.execute(delete(column_mappings).where(column_mappings.c.shape == _shape(columns)))
            return gone.rowcount > 0


def _shape(columns: Iterable[str]) -> str:
    """Key of a set of columns."""
    return hashlib.sha256("\0".join(sorted(set(columns))).encode("utf-8", "replace")).hexdigest()
