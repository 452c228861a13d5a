"""Flags: what somebody found wrong with an article and could not, or may not, mend at once."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from kb.records.flag import Flag, Reason
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.schema import flags
from models.errors import NotFoundError


class NoSuchFlagError(NotFoundError):
    """There is no such open flag."""


class Flags:
    """Every flag, dated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, flag: Flag) -> int:
        """Keep a flag; returns its id."""
        row = {name: getattr(flag, name) for name in Flag.__dataclass_fields__ if name != "id"}
        with self._database.writing() as connection:
            done = connection.execute(insert(flags).values({**row, "reason": flag.reason.value}))
            (key,) = done.inserted_primary_key or (0,)
            return int(key)

    def close(self, key: int, *, article: str, by: str | None) -> None:
        """Close an article's flag; raises NoSuchFlagError where it has no such one that is open."""
        with self._database.writing() as connection:
            done = connection.execute(
                update(flags)
                .where(flags.c.id == key, flags.c.article == article, flags.c.closed_at.is_(None))
                .values(closed_at=datetime.now(UTC), closed_by=by)
            )
            if done.rowcount == 0:
                raise NoSuchFlagError(
                    Wording("{article} has no open flag {key}", {"article": article, "key": str(key)})
                )

    def close_all(self, article: str, reason: Reason, *, by: str | None) -> None:
        """Close an article's open flags that have this reason."""
        with self._database.writing() as connection:
            connection.execute(
                update(flags)
                .where(flags.c.article == article, flags.c.reason == reason.value, flags.c.closed_at.is_(None))
                .values(closed_at=datetime.now(UTC), closed_by=by)
            )

    def all(self, *, article: str | None = None, open_only: bool = False) -> list[Flag]:
        """Return flags, oldest first, of one article where that is named."""
        query = select(flags).order_by(flags.c.id)
        if article is not None:
            query = query.where(flags.c.article == article)
        if open_only:
            query = query.where(flags.c.closed_at.is_(None))
        names = [name for name in Flag.__dataclass_fields__ if name != "reason"]
        with self._database.reading() as connection:
            return [
                Flag(reason=Reason(row.reason), **{name: getattr(row, name) for name in names})
                for row in connection.execute(query)
            ]
