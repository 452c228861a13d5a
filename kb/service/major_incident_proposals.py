"""Major incidents that were proposed, each with the incidents that speak for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from kb.storage.database import Database
from kb.storage.schema import clock, major_proposals


@dataclass(frozen=True, slots=True)
class MajorIncidentProposal:
    """A major incident that was proposed: the incidents that speak for it, of which `lead` was logged first."""

    lead: str
    proposed_at: datetime
    numbers: tuple[str, ...]


class MajorIncidentProposals:
    """The proposals of a database; an incident speaks for one of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def join(self, numbers: Sequence[str], at: datetime) -> MajorIncidentProposal | None:
        """Note that incidents, the one logged first before the others, are about one thing; returns a new proposal.

        Where some of them speak for a proposal already, the others join it, and it is no new one.
        """
        with self._database.writing() as connection:
            connection.execute(select(clock.c.revision).with_for_update())  # one process at a time
            query = select(major_proposals.c.number, major_proposals.c.lead)
            known = {
                row.number: row.lead for row in connection.execute(query.where(major_proposals.c.number.in_(numbers)))
            }
            lead = next((known[number] for number in numbers if number in known), numbers[0])
            fresh = [{"number": number, "lead": lead, "at": at} for number in numbers if number not in known]
            if fresh:
                connection.execute(insert(major_proposals), fresh)
        return None if known else MajorIncidentProposal(lead, at, tuple(numbers))

    def newest(self, *, limit: int) -> list[MajorIncidentProposal]:
        """The proposals, the newest first."""
        table = major_proposals
        first = func.min(table.c.at)
        leads = select(table.c.lead, first.label("at")).group_by(table.c.lead).order_by(first.desc()).limit(limit)
        with self._database.reading() as connection:
            found = {row.lead: row.at for row in connection.execute(leads)}
            members = select(table).where(table.c.lead.in_(found)).order_by(table.c.at, table.c.number)
            rows = connection.execute(members).all()
        return [
            MajorIncidentProposal(lead, at, tuple(row.number for row in rows if row.lead == lead))
            for lead, at in found.items()
        ]
