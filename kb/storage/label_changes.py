"""Label changes: values of a field that were renamed, merged, split or retired at a date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from kb.records.columns import label_of, standard_name
from kb.records.incident import LABELS, Incident
from kb.storage.database import Database
from kb.storage.incident_rows import next_revision
from kb.storage.schema import label_changes


@dataclass(frozen=True, slots=True)
class LabelChange:
    """From `since` on, `old` is called what stands in `new`: one value, one of several after a split, none if retired.

    What was logged before is read as if it had carried the new value; what carries the old one later means it.
    """

    field: str
    old: str
    new: tuple[str, ...]
    since: datetime
    at: datetime
    by: str | None = None
    id: int = 0

    def concerns(self, incident: Incident) -> bool:
        """Whether an incident was logged with the old value before the change."""
        before = incident.opened_at is None or incident.opened_at < self.since
        return before and label_of(incident, self.field) == self.old

    def applied(self, incident: Incident) -> Incident:
        """The incident with the new value; after a split or a retirement with none, since nobody knows which."""
        if not self.concerns(incident):
            return incident
        name = self.field if self.field in LABELS or incident.extra.get(self.field) else standard_name(self.field)
        return incident.with_values({name: self.new[0] if len(self.new) == 1 else ""})


def relabelled(incident: Incident, changes: Sequence[LabelChange]) -> Incident:
    """The incident with the values that it would carry today; changes apply in the order of their dates."""
    for change in changes:
        incident = change.applied(incident)
    return incident


class NoSuchChangeError(LookupError):
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
        """Take a label change back; raises NoSuchChangeError where there is none."""
        with self._database.writing() as connection:
            where = (label_changes.c.id == key, label_changes.c.withdrawn_at.is_(None))
            now = datetime.now(UTC)
            revision = next_revision(connection)
            done = connection.execute(update(label_changes).where(*where).values(withdrawn_at=now, revision=revision))
            if done.rowcount == 0:
                raise NoSuchChangeError(f"no label change {key}")

    def all(self) -> list[LabelChange]:
        """The label changes that hold, in the order of their dates."""
        query = select(label_changes).where(label_changes.c.withdrawn_at.is_(None))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(label_changes.c.since, label_changes.c.id)).all()
        return [LabelChange(row.field, row.old, tuple(row.new), row.since, row.at, row.by, row.id) for row in rows]
