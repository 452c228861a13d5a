"""Databases of earlier versions: what a newer schema added is taken away again."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect, text

from kb.storage.database import MIGRATIONS


def return_to(connection: Connection, revision: str) -> None:
    """Leave the tables, columns and indexes that an SQLite database of this schema revision has."""
    older = create_engine("sqlite://")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with older.begin() as empty:
        config.attributes["connection"] = empty
        command.upgrade(config, revision)
        now, then = inspect(connection), inspect(empty)
        for table in now.get_table_names():
            if table not in then.get_table_names():
                connection.execute(text(f'DROP TABLE "{table}"'))
                continue
            kept = {index["name"] for index in then.get_indexes(table)}
            for index in now.get_indexes(table):
                if index["name"] not in kept:
                    connection.execute(text(f'DROP INDEX "{index["name"]}"'))
            columns = {column["name"] for column in then.get_columns(table)}
            for column in now.get_columns(table):
                if column["name"] not in columns:
                    connection.execute(text(f'ALTER TABLE "{table}" DROP COLUMN "{column["name"]}"'))
    older.dispose()
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
