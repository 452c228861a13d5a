"""Label changes: the decisions to rename, merge, split or retire a value, as the database keeps them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from kb.records.label_change import LabelChange
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.incident_rows import next_revision
from kb.storage.schema import label_changes
from models.errors import NotFoundError


class NoSuchLabelChangeError(NotFoundError):
    """There is no such label change."""


class LabelChanges:
    """The label changes that were decided."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, change: LabelChange) -> int:
        """Keep that a value is called otherwise from a date on; returns its id."""
        with self._database.writing() as connection:
            row = {**asdict(change), "new": list(change.new), "revision": next_revision(connection)}
            del row["id"]
            (key,) = connection.execute(insert(label_changes).values(row)).inserted_primary_key or (0,)
            return int(key)

    def withdraw(self, key: int) -> None:
        """Withdraw a label change; raises NoSuchLabelChangeError where there is none."""
        with self._database.writing() as connection:
            where = (label_changes.c.id == key, label_changes.c.withdrawn_at.is_(None))
            now = datetime.now(UTC)
            revision = next_revision(connection)
            done = connection.execute(update(label_changes).where(*where).values(withdrawn_at=now, revision=revision))
            if done.rowcount == 0:
                raise NoSuchLabelChangeError(Wording("no label change {key}", {"key": str(key)}))

    def all(self) -> list[LabelChange]:
        """Return the label changes in force, by date."""
        query = select(label_changes).where(label_changes.c.withdrawn_at.is_(None))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(label_changes.c.since, label_changes.c.id)).all()
        return [LabelChange(row.field, row.old, tuple(row.new), row.since, row.at, row.by, row.id) for row in rows]
