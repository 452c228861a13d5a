"""Folder identity: which models and weights were learnt from this database, and which were brought from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from sqlalchemy import select, update

from kb.storage.database import Database
from kb.storage.schema import data_folder


class FolderIdentity:
    """The id of a data folder, which is kept in its database and written into all that is learnt from it.

    What was learnt before there were ids is known by its SHA-256, noted when the folder was first opened with them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def id(self) -> str:
        """Return the id, 32 hexadecimal digits; a copy of the whole folder has the same."""
        with self._database.reading() as connection:
            return str(connection.execute(select(data_folder.c.id)).scalar_one())

    def admits(self, stated: str | None, sha256: str) -> bool:
        """Return whether something was learnt here, by the id that stands in it or, without one, by its SHA-256."""
        return stated == self.id if stated is not None else sha256 in self._known_before

    def note_known(self, sha256s: Callable[[], Iterable[str]]) -> None:
        """Note, at the first opening with an id, what was learnt before; later calls do nothing."""
        with self._database.reading() as connection:
            if connection.execute(select(data_folder.c.known_before)).scalar_one() is not None:
                return
        found = sorted(set(sha256s()))
        with self._database.writing() as connection:
            change = update(data_folder).where(data_folder.c.known_before.is_(None))
            connection.execute(change.values(known_before=found))

    @cached_property
    def _known_before(self) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(connection.execute(select(data_folder.c.known_before)).scalar_one() or ())
