"""Findings: the stored results of the last curation run, so that pages need not wait for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import delete, func, insert, select

from kb.storage.database import Database
from kb.storage.kept_findings import FORGOTTEN_SINCE
from kb.storage.schema import findings

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A result as JSON, found in the store at a revision."""

    content: Any
    revision: int
    at: datetime


class Findings:
    """The last finding of each kind."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, kind: str, content: Any, revision: int) -> None:
        """Replace the last finding of a kind, unless that one is from a newer revision of the store.

        A finding from before a person was erased, or an incident restricted, is dropped too, because it may name them.
        """
        row = {"kind": kind, "content": content, "revision": revision, "at": datetime.now(UTC)}
        with self._database.writing() as connection:
            newest = select(func.max(findings.c.revision)).where(findings.c.kind.in_([kind, FORGOTTEN_SINCE]))
            if (connection.execute(newest).scalar_one() or 0) > revision:
                return
            connection.execute(delete(findings).where(findings.c.kind == kind))
            connection.execute(insert(findings).values(row))

    def revision(self, kind: str) -> int | None:
        """Return the store's revision of the last finding of a kind, `None` where there is none."""
        with self._database.reading() as connection:
            query = select(findings.c.revision).where(findings.c.kind == kind)
            found: int | None = connection.execute(query).scalar_one_or_none()
            return found

    def found_at(self, kind: str) -> datetime | None:
        """Return when the last finding of a kind was stored, `None` where there is none."""
        with self._database.reading() as connection:
            query = select(findings.c.at).where(findings.c.kind == kind)
            found: datetime | None = connection.execute(query).scalar_one_or_none()
            return found

    def kept(self, kind: str) -> StoredFinding | None:
        """Return the last finding of a kind, `None` where there is none."""
        with self._database.reading() as connection:
            row = connection.execute(select(findings).where(findings.c.kind == kind)).one_or_none()
        return None if row is None else StoredFinding(row.content, row.revision, row.at)


class ParsedFinding(Generic[Parsed]):
    """The last finding of a kind, parsed once for all who read it, until curation runs again."""

    def __init__(self, findings: Findings, kind: str, parse: Callable[[Any], Parsed]) -> None:
        self._findings = findings
        self._kind = kind
        self._parse = parse
        self._last: tuple[datetime, Parsed] | None = None

    def last(self) -> tuple[datetime, Parsed] | None:
        """Return when the finding was stored and what it says, `None` where there is none."""
        last = self._last
        if last is None or last[0] != self._findings.found_at(self._kind):
            kept = self._findings.kept(self._kind)
            self._last = last = None if kept is None else (kept.at, self._parse(kept.content))
        return last
