"""Major incidents that were proposed, each with the incidents that speak for it and what a person decided on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, or_, select, update

from kb.records.errors import NotMergedError, UndecidableError, UnknownRecordError
from kb.records.excerpt import headline
from kb.records.major_incident import (
    MajorDecision,
    MajorIncidentProposal,
    MajorReason,
    ReasonKind,
    UsualRate,
    common_subject,
)
from kb.records.major_room import RoomState
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.incident_rows import by_key
from kb.storage.major_schema import major_rooms
from kb.storage.restricted_numbers import not_restricted
from kb.storage.schema import (
    clock,
    incidents,
    major_decisions,
    major_merges,
    major_proposals,
    major_reasons,
    major_separations,
)
from kb.vocabulary.stage import OPEN

_ACTIVE = [state.value for state in RoomState if state.is_active]
_REFUSED = (MajorDecision.REJECTED.value, MajorDecision.DEMOTED.value)
_SAID = {
    MajorDecision.OPEN: "only proposed",
    MajorDecision.ACCEPTED: "accepted",
    MajorDecision.REJECTED: "rejected",
    MajorDecision.DEMOTED: "demoted",
}
# Merges that follow each other; more than any incident has, so that damaged rows end too.
_LONGEST_CHAIN = 100
# The lead of the proposal that an incident speaks for, after merges.
_lead = func.coalesce(major_merges.c.into, major_proposals.c.lead)
_merged = major_proposals.outerjoin(major_merges, major_merges.c.lead == major_proposals.c.lead)


class MajorIncidentProposals:
    """The proposals of a database; an incident speaks for one of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def join(
        self, numbers: Sequence[str], at: datetime, reason: MajorReason | None = None
    ) -> MajorIncidentProposal | None:
        """Note that incidents, the one logged first before the others, are about one thing; returns a new proposal.

        Where some of them speak for a proposal that is neither refused nor over, the others join it, and it is no new
        one. Two such proposals become one, unless a person has parted them or works on the second. Those of a refused
        one stay there.
        """
        with self._database.writing() as connection:
            connection.execute(select(clock.c.revision).with_for_update())  # one process at a time
            numbers = not_restricted(connection, numbers)
            query = select(major_proposals.c.number, _lead.label("lead")).select_from(_merged)
            known = {row.number: row.lead for row in by_key(connection, query, major_proposals.c.number, numbers)}
            running = _running(connection, set(known.values()))
            leads = list(dict.fromkeys(known[number] for number in numbers if known.get(number) in running))
            fresh = [number for number in numbers if number not in known]
            if not fresh:
                return None
            lead = leads[0] if leads else fresh[0]
            connection.execute(
                insert(major_proposals), [{"number": number, "lead": lead, "at": at} for number in fresh]
            )
            for other in leads[1:]:
                if not _are_parted(connection, other, lead) and not _is_accepted(connection, other):
                    _merge(connection, other, lead, lead, by=None, at=at)
            if not leads and reason is not None:
                connection.execute(insert(major_reasons).values(_reason_row(lead, reason)))
        return None if leads else MajorIncidentProposal(lead, at, tuple(fresh), reason=reason)

    def add(self, lead: str, numbers: Sequence[str], at: datetime) -> str | None:
        """Let incidents that speak for no proposal speak for this one, or for the one that it was merged into.

        Returns the lead of that one. Where it is refused or over by now, nothing is written and it returns `None`.
        """
        with self._database.writing() as connection:
            merged = select(major_merges.c.into).where(major_merges.c.lead == lead)
            target = connection.execute(merged).scalar() or lead
            if target not in _running(connection, {target}):
                return None
            query = select(major_proposals.c.number)
            known = {row.number for row in by_key(connection, query, major_proposals.c.number, numbers)}
            fresh = [number for number in not_restricted(connection, numbers) if number not in known]
            rows = [{"number": number, "lead": lead, "at": at} for number in fresh]
            if rows:
                connection.execute(insert(major_proposals), rows)
        return target

    def among(self, numbers: Sequence[str]) -> set[str]:
        """Return which of these incidents speak for a proposal that nobody refused."""
        query = not_rejected()
        with self._database.reading() as connection:
            return {row.number for row in by_key(connection, query, major_proposals.c.number, numbers)}

    def spoken_for(self, numbers: Sequence[str]) -> dict[str, str]:
        """Return of these incidents those that speak for a proposal, refused or not, each with its lead."""
        query = select(major_proposals.c.number, _lead.label("lead")).select_from(_merged)
        with self._database.reading() as connection:
            rows = by_key(connection, query, major_proposals.c.number, numbers)
            return {row.number: row.lead for row in rows}

    def unrefused_reports(self) -> set[str]:
        """Return the incidents of all proposals that nobody refused: they are not what is usual."""
        with self._database.reading() as connection:
            return {row.number for row in connection.execute(not_rejected())}

    def running(self) -> set[str]:
        """Return the leads of the proposals that new reports may join: not refused, and some of it still open."""
        with self._database.reading() as connection:
            return _running(connection, None)

    def newest(self, *, limit: int) -> list[MajorIncidentProposal]:
        """Return the proposals that were not merged into others, the newest first."""
        first = func.min(major_proposals.c.at)
        table = major_proposals
        query = select(table.c.lead).where(table.c.lead.not_in(select(major_merges.c.lead))).group_by(table.c.lead)
        leads = query.order_by(first.desc(), table.c.lead).limit(limit)
        with self._database.reading() as connection:
            return _proposals(connection, connection.execute(leads).scalars().all())

    def get(self, lead: str) -> MajorIncidentProposal:
        """Return the proposal with this lead; raises UnknownRecordError."""
        with self._database.reading() as connection:
            found = _proposals(connection, [lead])
        if not found:
            raise UnknownRecordError(Wording("no major incident '{number}' was proposed", {"number": lead}))
        return found[0]

    def decide(self, lead: str, decision: MajorDecision, *, by: str | None, at: datetime) -> MajorIncidentProposal:
        """Keep what a person decided on a proposal, `OPEN` takes it back; returns the proposal as it is then.

        Who decided the same before stays named. Raises UnknownRecordError, and UndecidableError where it was merged
        into another or is demoted without having been accepted.
        """
        with self._database.writing() as connection:
            before = self.get(lead)
            if before.merged_into is not None:
                raise UndecidableError(
                    Wording(
                        "{number} was merged into {into}; decide on that one",
                        {"number": lead, "into": before.merged_into},
                    )
                )
            if before.decision is not decision:
                if decision is MajorDecision.DEMOTED and before.decision is not MajorDecision.ACCEPTED:
                    raise UndecidableError(
                        Wording(
                            "{number} is {state}; only an accepted one can be demoted",
                            {"number": lead, "state": before.decision.value},
                        )
                    )
                connection.execute(delete(major_decisions).where(major_decisions.c.lead == lead))
                if decision is not MajorDecision.OPEN:
                    row = {"lead": lead, "decision": decision.value, "by": by, "at": at}
                    connection.execute(insert(major_decisions).values(row))
            return self.get(lead)

    def merge(self, lead: str, into: str, *, by: str | None, at: datetime) -> MajorIncidentProposal:
        """Merge a proposal into another; returns that one.

        Raises UnknownRecordError, and UndecidableError where both are the same, where it is merged already, and where
        it was accepted and the other one was not: work on it would end unseen.
        """
        with self._database.writing() as connection:
            one, other = self.get(lead), self.get(into)
            if one.merged_into is not None:
                raise UndecidableError(
                    Wording("{number} was merged into {into} already", {"number": lead, "into": one.merged_into})
                )
            target = other.merged_into or into
            if target == lead:
                raise UndecidableError(Wording("{number} cannot be merged into itself", {"number": lead}))
            decision = self.get(target).decision
            if one.decision is MajorDecision.ACCEPTED is not decision:
                raise UndecidableError(
                    Wording(
                        "{number} is accepted and {into} is {state}: merge {into} into {number}, or accept "
                        "{into} first",
                        {"number": lead, "into": target, "state": _SAID[decision]},
                    )
                )
            _merge(connection, lead, target, into, by=by, at=at)
            return self.get(target)

    def merged_into(self, lead: str) -> list[tuple[str, datetime]]:
        """Return which proposal this one was merged into and when, then what that one was merged into, and so on."""
        steps = list[tuple[str, datetime]]()
        with self._database.reading() as connection:
            while (
                row := connection.execute(select(major_merges).where(major_merges.c.lead == lead)).one_or_none()
            ) and len(steps) < _LONGEST_CHAIN:
                lead = row.parent or row.into
                steps.append((lead, row.at))
        return steps

    def parted_at(self, one: str, other: str) -> list[datetime]:
        """Return when a person parted two proposals."""
        with self._database.reading() as connection:
            return list(connection.execute(select(major_separations.c.at).where(_between(one, other))).scalars())

    def unmerge(self, lead: str, *, by: str | None, at: datetime) -> MajorIncidentProposal:
        """Part a proposal from the one it was merged into, so that only a person merges them again; returns it.

        What was merged into it before comes with it.

        Raises UnknownRecordError, and NotMergedError where it is part of none.
        """
        with self._database.writing() as connection:
            before = self.get(lead)
            if before.merged_into is None:
                raise NotMergedError(Wording("{number} is part of no other major incident", {"number": lead}))
            others = {other for other, _ in self.merged_into(lead)} | {before.merged_into}
            connection.execute(delete(major_merges).where(major_merges.c.lead == lead))
            parts = _merged_by_way_of(connection, lead)
            connection.execute(update(major_merges).where(major_merges.c.lead.in_(parts)).values(into=lead))
            pairs = major_separations.c
            known = (pairs.lead == lead) & pairs.other.in_(others)
            connection.execute(delete(major_separations).where(known))
            rows = [{"lead": lead, "other": other, "by": by, "at": at} for other in sorted(others)]
            connection.execute(insert(major_separations), rows)
            return self.get(lead)


def not_rejected() -> Select[tuple[str]]:
    """Return the query of the incidents that speak for a proposal that nobody refused."""
    refused = select(major_decisions.c.lead).where(major_decisions.c.decision.in_(_REFUSED))
    return select(major_proposals.c.number).select_from(_merged).where(_lead.not_in(refused))


def _running(connection: Connection, among: Collection[str] | None) -> set[str]:
    """Return the leads of which nobody refused the proposal, some incident is open, and no accepted one is resolved."""
    refused = select(major_decisions.c.lead).where(major_decisions.c.decision.in_(_REFUSED))
    accepted = select(major_decisions.c.lead).where(major_decisions.c.decision == MajorDecision.ACCEPTED.value)
    over = select(major_rooms.c.lead).where(major_rooms.c.state.not_in(_ACTIVE), major_rooms.c.lead.in_(accepted))
    query = (
        select(_lead)
        .select_from(_merged.join(incidents, incidents.c.number == major_proposals.c.number))
        .where(incidents.c.stage.in_(OPEN), _lead.not_in(refused), _lead.not_in(over))
        .distinct()
    )
    if among is not None:
        query = query.where(_lead.in_(among))
    return set(connection.execute(query).scalars())


def _are_parted(connection: Connection, one: str, other: str) -> bool:
    return connection.execute(select(major_separations.c.lead).where(_between(one, other))).first() is not None


def _between(one: str, other: str) -> ColumnElement[bool]:
    """Return the condition of the separations of two proposals."""
    pairs = major_separations.c
    return or_((pairs.lead == one) & (pairs.other == other), (pairs.lead == other) & (pairs.other == one))


def _is_accepted(connection: Connection, lead: str) -> bool:
    columns = major_decisions.c
    query = select(columns.lead).where(columns.lead == lead, columns.decision == MajorDecision.ACCEPTED.value)
    return connection.execute(query).first() is not None


def _merge(connection: Connection, lead: str, into: str, parent: str, *, by: str | None, at: datetime) -> None:
    """Merge a proposal into another one that stands alone, by way of `parent`, which is that one or part of it."""
    connection.execute(update(major_merges).where(major_merges.c.into == lead).values(into=into))
    connection.execute(insert(major_merges).values({"lead": lead, "into": into, "parent": parent, "by": by, "at": at}))


def _merged_by_way_of(connection: Connection, lead: str) -> list[str]:
    """Return the proposals that were merged into this one, or into one that was."""
    rows = connection.execute(select(major_merges.c.lead, major_merges.c.parent)).all()
    found = [lead]
    for parent in found:
        found += [row.lead for row in rows if row.parent == parent and row.lead not in found]
    return found[1:]


def _reason_row(lead: str, reason: MajorReason) -> dict[str, Any]:
    return {
        "lead": lead,
        "kind": reason.kind.value,
        "at": reason.at,
        "observed": reason.observed,
        "expected": reason.expected,
        "minutes": reason.minutes,
        "usual_from": reason.usual.start,
        "usual": list(reason.usual.per_hour),
        "field": reason.field,
        "value": reason.value,
        "criterion": reason.criterion,
    }


def _reason(row: Row[Any]) -> MajorReason:
    return MajorReason(
        ReasonKind(row.kind),
        row.at,
        row.observed,
        row.expected,
        row.minutes,
        UsualRate(row.usual_from, tuple(row.usual)),
        field=row.field,
        value=row.value,
        criterion=row.criterion,
    )


def _proposals(connection: Connection, leads: Collection[str]) -> list[MajorIncidentProposal]:
    """Return the proposals with these leads, in their order, as far as there are any."""
    merges = connection.execute(
        select(major_merges).where(or_(major_merges.c.into.in_(leads), major_merges.c.lead.in_(leads)))
    ).all()
    into = {row.lead: row.into for row in merges}
    parts: dict[str, list[str]] = {lead: [lead] for lead in leads}
    for row in merges:
        if row.into in parts:
            parts[row.into].append(row.lead)
    rows = _members(connection, {part for some in parts.values() for part in some})
    decided = connection.execute(select(major_decisions).where(major_decisions.c.lead.in_(leads)))
    decisions = {row.lead: (MajorDecision(row.decision), row.by, row.at) for row in decided}
    reasons = connection.execute(select(major_reasons).where(major_reasons.c.lead.in_(leads)))
    why = {row.lead: _reason(row) for row in reasons}
    nothing = (MajorDecision.OPEN, None, None)
    return [
        replace(
            _proposal(lead, members, decisions.get(lead, nothing)),
            reason=why.get(lead),
            merged_into=into.get(lead),
            merged=tuple(parts[lead][1:]),
        )
        for lead in leads
        if (members := [row for part in parts[lead] for row in rows.get(part, ())])
    ]


def _members(connection: Connection, leads: Iterable[str]) -> Mapping[str, list[Row[Any]]]:
    """Return the incidents that speak for each of these leads, by lead, as they were before any merge."""
    texts = (incidents.c.short_description, incidents.c.description, incidents.c.opened_at, incidents.c.stage)
    members = (
        select(major_proposals, *texts)
        .join_from(major_proposals, incidents, incidents.c.number == major_proposals.c.number, isouter=True)
        .order_by(major_proposals.c.at, major_proposals.c.number)
    )
    rows = dict[str, list[Row[Any]]]()
    for row in by_key(connection, members, major_proposals.c.lead, leads):
        rows.setdefault(row.lead, []).append(row)
    return rows


def _proposal(
    lead: str, rows: Sequence[Row[Any]], decided: tuple[MajorDecision, str | None, datetime | None]
) -> MajorIncidentProposal:
    """Return a proposal from the rows of its incidents; one that is not there any more has no stage."""
    there = [row for row in rows if row.stage is not None]
    return MajorIncidentProposal(
        lead,
        min(row.at for row in rows),
        tuple(row.number for row in rows),
        subject=common_subject([headline(row.short_description, row.description) for row in there]),
        since=min((row.opened_at for row in there if row.opened_at is not None), default=None),
        still_open=sum(row.stage.is_open for row in there),
        decision=decided[0],
        decided_by=decided[1],
        decided_at=decided[2],
    )
