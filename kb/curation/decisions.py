"""ItemDecisions: what knowledge managers decided on items of the worklist; it stays decided."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

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
        """Keep a decision in place of the one before; a name that was given before stays unless there is a new one."""
        before = self.all().get(item)
        kept = name or (before.name if before else None)
        ruling = ItemDecision(item, verdict, datetime.now(UTC), kept, note, by)
        row = {name: getattr(ruling, name) for name in ItemDecision.__dataclass_fields__}
        with self._database.writing() as connection:
            connection.execute(delete(rulings).where(rulings.c.item == item))
            connection.execute(insert(rulings).values({**row, "verdict": verdict.value}))
        return ruling

    def all(self) -> dict[str, ItemDecision]:
        """Decisions by item."""
        with self._database.reading() as connection:
            rows = connection.execute(select(rulings))
            return {
                row.item: ItemDecision(row.item, Verdict(row.verdict), row.at, row.name, row.note, row.by)
                for row in rows
            }
