"""The database: where it is, how it is opened, and what is SQLite's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 60


class Database:
    """Connections to one database, SQLite by file or any other by URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(url, hide_parameters=True)
        if self._engine.dialect.name == "sqlite":
            _make_durable(self._engine)

    @classmethod
    def in_folder(cls, home: Path) -> Database:
        """The SQLite database of a data folder, which is made where it is missing."""
        home.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{home / 'triage.db'}")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: on disk when the block ends, undone when it raises."""
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def migrate(self) -> None:
        """Bring the schema to the newest version; several processes may call it at once."""
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        head = ScriptDirectory.from_config(config).get_current_head()
        with self.reading() as connection:
            if MigrationContext.configure(connection).get_current_revision() == head:
                return
        with self.writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def compact(self) -> None:
        """Leave nothing in the file, or its log, of what was deleted."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)  # noqa: S101 (what this dialect connects with)
            raw.execute("VACUUM").close()
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _make_durable(engine: Engine) -> None:
    """Make SQLite keep what it acknowledged, let readers and one writer work side by side, and wait for a lock.

    A transaction that will write takes the write lock at its start: one that began by reading could not wait
    for it later and would fail at once. The driver's own transaction handling is switched off for that.
    """

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {_BUSY_SECONDS * 1000}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
