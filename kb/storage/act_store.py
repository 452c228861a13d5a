"""Act store: what people did to incidents, with what each act changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, insert, select, update

from kb.records.act import Act, ActKind
from kb.records.errors import UnknownRecordError
from kb.records.fields import FieldKind
from kb.records.incident import FIELD_NAMES, FIELDS, Incident
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.incident_rows import as_json, incident_from_json
from kb.storage.schema import acts


class ActStore:
    """The acts of people in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        number: str,
        kind: ActKind,
        *,
        by: str | None,
        at: datetime,
        before: Mapping[str, Any] = MappingProxyType({}),
        after: Mapping[str, Any] = MappingProxyType({}),
    ) -> int:
        """Add an act and return its id; of one that is still under way, `finish` says what it changed."""
        changes = {"before": dict(before), "after": dict(after)}
        row: dict[str, Any] = {"number": number, "kind": kind.value, "by": by, "at": at, **changes}
        with self._database.writing() as connection:
            (key,) = connection.execute(insert(acts).values(row)).inserted_primary_key or (0,)
            return int(key)

    def finish(self, key: int, before: Incident | None, after: Incident) -> None:
        """Keep what an act changed; of an incident that was not there before, all of it."""
        values = {"before": {}, "after": state_of(after)}
        if before is not None:
            values = {"before": changed(after, before), "after": changed(before, after)}
        with self._database.writing() as connection:
            connection.execute(update(acts).where(acts.c.id == key).values(values))

    def get(self, key: int) -> Act:
        """Return the act with this id; raises UnknownRecordError."""
        with self._database.reading() as connection:
            row = connection.execute(select(acts).where(acts.c.id == key)).one_or_none()
        if row is None:
            raise UnknownRecordError(Wording("no act {key}", {"key": str(key)}))
        return _act(row)

    def logging(self, number: str) -> int | None:
        """Return the act that logged an incident, `None` where there is none or it was undone."""
        query = select(acts.c.id).where(
            acts.c.number == number, acts.c.kind == ActKind.LOG.value, acts.c.undone_at.is_(None)
        )
        with self._database.reading() as connection:
            return connection.execute(query.order_by(acts.c.id.desc()).limit(1)).scalar_one_or_none()

    def undone(self, key: int, *, by: str | None, at: datetime) -> None:
        """Note that an act was undone."""
        with self._database.writing() as connection:
            connection.execute(update(acts).where(acts.c.id == key).values(undone_by=by, undone_at=at))


def changed(before: Incident, after: Incident) -> dict[str, Any]:
    """Return what differs in the later of two states of an incident, by field or further column, `None` for nothing."""
    old, new = state_of(before), state_of(after)
    return {name: new.get(name) for name in (*new, *(old.keys() - new.keys())) if new.get(name) != old.get(name)}


def state_of(incident: Incident) -> dict[str, Any]:
    """Return what an act can change in an incident, by field or further column, in a form that JSON can hold."""
    row = as_json(incident)
    return {**incident.extra, **{name: row[name] for name in _CHANGEABLE}}


def with_state(incident: Incident, values: Mapping[str, Any]) -> Incident:
    """Return an incident with other values, as `state_of` gives them."""
    known = {name: value for name, value in values.items() if name in FIELD_NAMES}
    further = {name: value for name, value in values.items() if name not in FIELD_NAMES}
    extra = {name: value for name, value in {**incident.extra, **further}.items() if value is not None}
    return incident_from_json({**as_json(incident), **known, "extra": extra})


_LEFT_ALONE = (FieldKind.KEY, FieldKind.TEXT)
_CHANGEABLE = (
    "resolution",
    *(entry.name for entry in FIELDS if entry.kind not in _LEFT_ALONE and entry.name != "updated_at"),
)


def _act(row: Row[Any]) -> Act:
    return Act(**{**row._mapping, "kind": ActKind(row.kind)})
