"""Append-only tables: the database itself refuses to change or delete a row, but for the erasure of a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

_ACTS = ("UPDATE", "DELETE")


def make_append_only(connection: Connection, table: str) -> None:
    """Make the database refuse to change or delete the rows of a table."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text(
                f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger AS $$ BEGIN "
                f"RAISE EXCEPTION '{table} is append-only'; END $$ LANGUAGE plpgsql"
            )
        )
    for act in _ACTS:
        name = f"{table}_no_{act.lower()}"
        begun = f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW"
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"{begun} EXECUTE FUNCTION {table}_refuse()"))
        else:
            connection.execute(text(f"{begun} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"))


@contextmanager
def changeable(connection: Connection, table: str) -> Iterator[None]:
    """Allow changes and deletions in an append-only table for the rest of an act."""
    for act in _ACTS:
        on = f" ON {table}" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER {table}_no_{act.lower()}{on}"))
    yield
    make_append_only(connection, table)
