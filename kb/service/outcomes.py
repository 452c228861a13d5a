"""Outcomes: what became of incidents, as the systems they are kept in told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import func, insert, select

from kb.records.outcome import Outcome, OutcomeKind
from kb.storage.database import Database
from kb.storage.schema import outcomes


class Outcomes:
    """Every outcome, dated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, outcome: Outcome) -> None:
        """Keep an outcome."""
        with self._database.writing() as connection:
            connection.execute(insert(outcomes).values({**asdict(outcome), "kind": outcome.kind.value}))

    def counts(self, *, since: datetime) -> Mapping[OutcomeKind, int]:
        """Return the number of outcomes of each kind since a moment."""
        query = select(outcomes.c.kind, func.count()).where(outcomes.c.at >= since).group_by(outcomes.c.kind)
        with self._database.reading() as connection:
            found = {row[0]: row[1] for row in connection.execute(query)}
        return {kind: found.get(kind.value, 0) for kind in OutcomeKind}
