"""The database: where it is, how it is opened, and what is SQLite's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import local

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

from kb.storage.database_errors import (
    RESTORE,
    UnusableDatabaseError,
    database_name,
    known_error,
    tell_disk_and_damage,
)
from kb.storage.writers import WAIT_SECONDS, Writers

MIGRATIONS = Path(__file__).parent / "migrations"
# Files that exist beside a database only once it has held data, or once it has been used. A start that was broken off
# leaves an empty file with none of these; a folder whose database is elsewhere has a lock, but no file.
_SIGNS_OF_DATA = ("models/*/manifest.json", "jobs/*", "encoders/*/manifest.json")
_SIGNS_OF_USE = ("triage.db-wal", "models/*.json", "encoders/*.json", "modes.json*", "keeper.lock")
# Any number of our own: PostgreSQL's writers of one database queue for the advisory lock with this key.
_WRITERS_KEY = 7_428_346_225


class Database:
    """Connections to one database, SQLite by file or any other by URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = _engine(url)
        tell_disk_and_damage(self._engine)
        self._snapshots = self._engine
        self._open = local()
        self._writers = Writers(self.name, _lock_file(self._engine))
        if self._engine.dialect.name == "sqlite":
            _make_durable(self._engine)
        elif self._engine.dialect.name == "postgresql":
            _queue_writers(self._engine)
            self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ")

    @classmethod
    def in_folder(cls, home: Path) -> Database:
        """Return the SQLite database of a data folder, which is made where it is missing.

        Raises UnusableDatabaseError where it is missing or empty beside what only a database with data leaves.
        """
        home.mkdir(parents=True, exist_ok=True)
        file = home / "triage.db"
        _check_not_emptied(file)
        return cls(f"sqlite:///{file}")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one consistent state.

        Inside an act (`writing`) or a `snapshot` of the same thread it is the connection of that.
        """
        connection = self._act or self._snapshot
        if connection is not None:
            yield connection
            return
        with self._snapshots.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything in this block from one state of the database, in one transaction.

        What is written meanwhile is an act of its own, which the snapshot does not see. Inside an act or another
        snapshot it is part of that.
        """
        if (self._act or self._snapshot) is not None:
            yield
            return
        with self._snapshots.connect() as connection:
            self._open.snapshot = connection
            try:
                yield
            finally:
                self._open.snapshot = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield the connection of one act: all of it is on disk when the outermost block ends, none when it raises.

        Writers come one after the other, so what an act reads cannot change before it writes. A block inside another
        one of the same thread joins that act.
        """
        act = self._act
        if act is not None:
            yield act
            return
        with (
            self._writers.turn(),  # before a connection is taken: who waits keeps none from those who read
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            self._open.act = connection
            try:
                yield connection
            finally:
                self._open.act = None

    @property
    def _act(self) -> Connection | None:
        act: Connection | None = getattr(self._open, "act", None)
        return act

    @property
    def _snapshot(self) -> Connection | None:
        snapshot: Connection | None = getattr(self._open, "snapshot", None)
        return snapshot

    def migrate(self) -> None:
        """Bring the schema to the newest version; several processes may call it at once.

        Raises UnusableDatabaseError where a newer version of triage wrote it, or it is damaged.
        """
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        scripts = ScriptDirectory.from_config(config)
        with self.reading() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current == scripts.get_current_head():
            return
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise UnusableDatabaseError(
                f"{self.name}: a newer version of triage wrote it (schema {current}, this version knows "
                f"{scripts.get_current_head()}); install that version again, or restore a backup from before it"
            )
        with self.writing() as connection:
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except (OperationalError, ProgrammingError) as error:
                raise UnusableDatabaseError(
                    f"{self.name}: its tables are not those of schema {current or 'none'} ({error.orig}); {RESTORE}"
                ) from error

    @property
    def name(self) -> str:
        """Return the database's file, or its URL without the password."""
        return database_name(self._engine)

    def compact(self) -> None:
        """Leave nothing in the file, or its log, of what was deleted."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._writers.turn(), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)  # noqa: S101 (what this dialect connects with)
            try:
                raw.execute("VACUUM").close()
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            except sqlite3.Error as error:
                raise known_error(error, self.name) or error from None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        self._writers.close()


def _engine(url: str) -> Engine:
    """Return an engine for a database URL; raises UnusableDatabaseError, without the URL, which may hold a password."""
    try:
        return create_engine(url, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise UnusableDatabaseError(
            f"TRIAGE_DATABASE_URL: its driver {error.name} is not installed; for PostgreSQL install the extra "
            "postgresql and begin the URL with postgresql+psycopg://"
        ) from None
    except (ArgumentError, ValueError) as error:
        raise UnusableDatabaseError(
            f"TRIAGE_DATABASE_URL: is not a database URL such as postgresql+psycopg://triage@db.example/triage "
            f"({error})"
        ) from None


def _lock_file(engine: Engine) -> Path | None:
    """Return the file by which processes that write to one SQLite file wait for each other."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    return Path(f"{file}.lock") if file else None


def _check_not_emptied(file: Path) -> None:
    """Raise UnusableDatabaseError where a database was there before and is not any more."""
    size = file.stat().st_size if file.exists() else None
    if size:
        return
    signs = [*_SIGNS_OF_DATA, *(_SIGNS_OF_USE if size == 0 else ())]
    sign = next((found for sign in signs for found in sorted(file.parent.glob(sign))), None)
    if sign is not None:
        raise UnusableDatabaseError(
            f"{file}: is {'missing' if size is None else 'empty'}, though {sign.relative_to(file.parent)} is there: "
            "restore the database from a backup, or begin anew in another folder"
        )


def _make_durable(engine: Engine) -> None:
    """Make SQLite keep what it acknowledged, let readers and one writer work side by side, and wait for a lock.

    A transaction that will write takes the write lock at its start: one that began by reading could not wait
    for it later and would fail at once. The driver's own transaction handling is switched off for that.
    """

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {WAIT_SECONDS * 1000}",
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


def _queue_writers(engine: Engine) -> None:
    """Make writing transactions wait for each other at their start, as SQLite does."""

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes", False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_KEY})")
