"""Rows: incidents as the database keeps them, found by key, each write with a revision of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, update

from kb.records.incident import FIELD_NAMES, INSTANTS, LABELS, Incident
from kb.storage.database import Database
from kb.storage.schema import clock, incidents
from kb.vocabulary.stage import Stage

KEYS_A_QUERY = 500
_ROWS_A_FETCH = 2000


def by_key(
    connection: Connection, query: Select[Any], column: ColumnElement[str], keys: Iterable[str]
) -> Iterator[Row[Any]]:
    """Yield rows of a query whose column is one of these keys, however many they are."""
    wanted = list(keys)
    for start in range(0, len(wanted), KEYS_A_QUERY):
        yield from connection.execute(query.where(column.in_(wanted[start : start + KEYS_A_QUERY])))


def next_revision(connection: Connection) -> int:
    """Raise the revision by which every process follows the others, and return it."""
    connection.execute(update(clock).values(revision=clock.c.revision + 1))
    return int(connection.execute(select(clock.c.revision)).scalar_one())


def incident_row(record: Incident) -> dict[str, Any]:
    """Return an incident as columns."""
    row = {name: getattr(record, name) for name in FIELD_NAMES}
    return {
        **row,
        "articles": list(record.articles),
        "extra": dict(record.extra),
        "text_sha256": record.text_sha256,
    }


def incident_from_row(row: Row[Any]) -> Incident:
    """Return the incident in a row of the incidents table."""
    values = {name: getattr(row, name) for name in FIELD_NAMES}
    return Incident(**{**values, "articles": tuple(row.articles)}, extra=row.extra)


def label_column(name: str) -> ColumnElement[str | None]:
    """Return the column in which the label of a field stands; a further one stands in `extra`."""
    return incidents.c[name] if name in LABELS else incidents.c.extra[name].as_string()


def as_json(record: Incident) -> dict[str, Any]:
    """Return an incident's columns in a form that JSON can hold."""
    row = incident_row(record)
    return {**row, **{name: moment.isoformat() for name in INSTANTS if (moment := row[name]) is not None}}


def from_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that `as_json` wrote, perhaps in a version that had fewer of them."""
    return {
        **row,
        **{name: datetime.fromisoformat(moment) for name in INSTANTS if (moment := row.get(name)) is not None},
    }


def incident_from_json(row: Mapping[str, Any]) -> Incident:
    """Return the incident that `as_json` wrote, read as states are read now where it was written without a stage."""
    values = {name: value for name, value in from_json(row).items() if name in FIELD_NAMES}
    stage = {"stage": Stage(values["stage"])} if "stage" in values else {}
    return Incident(**{**values, **stage, "articles": tuple(row["articles"])}, extra=row["extra"])


def stream(database: Database, query: Select[Any]) -> Iterator[Row[Any]]:
    """Yield the rows of a query, some thousand at a time."""
    with database.reading() as connection:
        yield from connection.execute(query, execution_options={"yield_per": _ROWS_A_FETCH})
