"""Item decisions: what knowledge managers decided on worklist items, kept across runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from kb.records.worklist_item import ItemDecision, Verdict
from kb.storage.database import Database
from kb.storage.schema import rulings


class ItemDecisions:
    """The last decision on each item."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, item: str, verdict: Verdict, *, name: str | None = None, note: str = "", by: str | None
    ) -> ItemDecision:
        """Replace the decision on an item; its name stays unless there is a new one."""
        with self._database.writing() as connection:
            before = self.get(item)
            kept = name or (before.name if before else None)
            return _write(connection, ItemDecision(item, verdict, datetime.now(UTC), kept, note, by))

    def name(self, item: str, name: str, *, by: str | None) -> ItemDecision:
        """Give an item a name without changing its decision."""
        with self._database.writing() as connection:
            before = self.get(item) or ItemDecision(item, Verdict.OPEN, datetime.now(UTC), by=by)
            return _write(connection, replace(before, name=name))

    def get(self, item: str) -> ItemDecision | None:
        """Return the decision on an item, `None` where there is none."""
        with self._database.reading() as connection:
            row = connection.execute(select(rulings).where(rulings.c.item == item)).one_or_none()
        return None if row is None else _decision(row)

    def all(self) -> dict[str, ItemDecision]:
        """Return decisions by item."""
        with self._database.reading() as connection:
            return {row.item: _decision(row) for row in connection.execute(select(rulings))}


def _write(connection: Connection, decision: ItemDecision) -> ItemDecision:
    row = {name: getattr(decision, name) for name in ItemDecision.__dataclass_fields__}
    connection.execute(delete(rulings).where(rulings.c.item == decision.item))
    connection.execute(insert(rulings).values({**row, "verdict": decision.verdict.value}))
    return decision


def _decision(row: Row[Any]) -> ItemDecision:
    return ItemDecision(row.item, Verdict(row.verdict), row.at, row.name, row.note, row.by)
