"""ArticleUses: what people did with articles at a ticket, and searches that found nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, insert, select

from kb.storage.database import Database
from kb.storage.schema import uses


class UseKind(StrEnum):
    """A use of an article: it was read, it solved an incident, it was captured; or a search found none."""

    OPENED = "opened"
    LINKED = "linked"
    CAPTURED = "captured"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class ArticleUse:
    """One use of an article, at a ticket where `number` names one; `searched` is what was looked for in vain."""

    kind: UseKind
    at: datetime
    article: str | None = None
    number: str | None = None
    searched: str | None = None
    by: str | None = None


class ArticleUses:
    """Every use, dated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, use: ArticleUse) -> None:
        """Keep a use."""
        with self._database.writing() as connection:
            row = {name: getattr(use, name) for name in ArticleUse.__dataclass_fields__}
            connection.execute(insert(uses).values({**row, "kind": use.kind.value}))

    def withdraw(self, use: ArticleUse) -> bool:
        """Forget the newest use that says the same, whenever that was; return whether there was one."""
        said = [getattr(uses.c, name) == getattr(use, name) for name in ("article", "number", "searched", "by")]
        newest = select(func.max(uses.c.id)).where(uses.c.kind == use.kind.value, *said).scalar_subquery()
        with self._database.writing() as connection:
            return bool(connection.execute(delete(uses).where(uses.c.id == newest)).rowcount)

    def all(
        self, *, article: str | None = None, number: str | None = None, kinds: Sequence[UseKind] = tuple(UseKind)
    ) -> list[ArticleUse]:
        """ArticleUses of these kinds, oldest first, of one article or at one ticket where that is named."""
        query = select(uses).where(uses.c.kind.in_([kind.value for kind in kinds])).order_by(uses.c.id)
        if article is not None:
            query = query.where(uses.c.article == article)
        if number is not None:
            query = query.where(uses.c.number == number)
        with self._database.reading() as connection:
            return [
                ArticleUse(UseKind(row.kind), row.at, row.article, row.number, row.searched, row.by)
                for row in connection.execute(query)
            ]
