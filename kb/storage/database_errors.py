"""Database errors: what SQLite and PostgreSQL report, as errors that say what is wrong and what to do."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from models.errors import StorageFullError, UnavailableError

RESTORE = "stop every process of triage on this folder and restore the database from a backup"
_DAMAGED_TEXTS = ("no such table", "no such column", "Could not decode to UTF-8")


class UnusableDatabaseError(UnavailableError):
    """The database is damaged, gone or of a newer version; the message names it and the way out."""


def tell_disk_and_damage(engine: Engine) -> None:
    """Make the engine raise errors of the disk and of damaged files as errors of the project's own tree."""
    name = database_name(engine)

    @event.listens_for(engine, "handle_error")
    def translate(context: ExceptionContext) -> None:
        error = known_error(context.original_exception, name)
        if error is not None:
            raise error from context.original_exception


def database_name(engine: Engine) -> str:
    """Return how people know a database: its file, or its URL without the password."""
    return engine.url.database or "" if engine.dialect.name == "sqlite" else str(engine.url)


def known_error(error: BaseException, name: str) -> UnavailableError | None:
    """Return what an error of the driver means for the database of a name; `None` where it is neither disk nor file."""
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error, name)
    return _of_postgresql(getattr(error, "sqlstate", None), error, name)


def _of_sqlite(error: sqlite3.Error, name: str) -> UnavailableError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the byte above says more closely which
    if code == sqlite3.SQLITE_FULL:
        return _full(name)
    if code == sqlite3.SQLITE_IOERR:
        return _failing(name, error)
    if code == sqlite3.SQLITE_READONLY:
        return StorageFullError(f"{name}: cannot be written ({error}); check its owner and how the disk is mounted")
    if code == sqlite3.SQLITE_CANTOPEN:
        return UnusableDatabaseError(
            f"{name}: cannot be opened ({error}); check the folder's owner and how many files this machine may open"
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or str(error).startswith(_DAMAGED_TEXTS):
        return UnusableDatabaseError(f"{name}: is damaged ({error}); {RESTORE}")
    return None


def _of_postgresql(state: Any, error: BaseException, name: str) -> UnavailableError | None:
    """By SQLSTATE (PostgreSQL 18, appendix A)."""
    if state == "53100":
        return _full(name)
    if state == "58030":
        return _failing(name, error)
    if state in ("XX001", "XX002"):
        return UnusableDatabaseError(f"{name}: is damaged (SQLSTATE {state}); restore the database from a backup")
    return None


def _full(name: str) -> StorageFullError:
    return StorageFullError(f"{name}: the disk is full, so this was not written; free space, then do it again")


def _failing(name: str, error: BaseException) -> StorageFullError:
    return StorageFullError(
        f"{name}: the disk cannot be read or written ({str(error).splitlines()[0]}); check it and its free space, "
        "then do it again"
    )
