"""Reconciliation: what of a stored incident stays when another system's record of it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from kb.records.incident import COUNTS, INSTANTS, LABELS, Incident
from kb.records.outcome import OutcomeKind
from kb.storage.feedback_store import corrections
from kb.storage.incident_rows import by_key
from kb.storage.schema import outcomes

_REOPENED = "reopened"
_SENT = (*LABELS, *INSTANTS, *COUNTS, "state", "resolution", "articles")


@dataclass(frozen=True, slots=True)
class Closing:
    """A closing that an outcome told: when it was, and the resolution where the outcome said one."""

    at: datetime
    resolution: str | None


def reconciled(record: Incident, stored: Incident, closing: Closing | None = None) -> Incident:
    """Return a record as it replaces a stored incident, without losing what was noted on that here.

    A record that was sent without having read the stored incident knows nothing of what was noted here. It replaces
    every field, except that
    - articles that are linked stay linked, and those that it names are added,
    - a count stays where it is the larger one,
    - a `closing` that an outcome told stays, with its resolution, until a record knows of it: one that was updated
      later, says when it was closed, has the state "reopened" or counts one reopening more.
    The time of the last update stays where the record says none.
    """
    kept = replace(
        record,
        articles=tuple(dict.fromkeys((*stored.articles, *record.articles))),
        updated_at=record.updated_at or stored.updated_at,
        reassignment_count=_larger(record.reassignment_count, stored.reassignment_count),
        reopen_count=_larger(record.reopen_count, stored.reopen_count),
    )
    if closing is None or _knows_of(closing, record, stored):
        return kept
    return replace(
        kept.in_state(stored.state, stored.stage),
        resolved_at=record.resolved_at or stored.resolved_at,
        closed_at=stored.closed_at,
        resolution=closing.resolution or record.resolution or stored.resolution,
    )


def _knows_of(closing: Closing, record: Incident, stored: Incident) -> bool:
    if record.updated_at is not None:
        return record.updated_at >= closing.at
    reopened = record.state.strip().lower() == _REOPENED or (record.reopen_count or 0) > (stored.reopen_count or 0)
    return reopened or record.closed_at is not None


def settled(
    connection: Connection, records: Mapping[str, Incident], stored: Mapping[str, Incident], *, as_read: bool
) -> dict[str, Incident]:
    """Return records, by number, as they are to be stored in place of what is `stored`.

    What a person chose against a suggestion wins on its field. Records that were made by changing what is stored are
    `as_read`; others are reconciled with it.
    """
    chosen = corrections(connection, records)
    closings = {} if as_read else _closings(connection, stored)
    found = {}
    for number, record in records.items():
        before = stored.get(number)
        after = record
        if before is not None:
            after = record.filed_as(before) if _says_how_filed(before, record) else record
            after = after if as_read else reconciled(after, before, closings.get(number))
        found[number] = after.with_values(chosen[number]) if number in chosen else after
    return found


def is_superseded(record: Incident, stored: Incident | None) -> bool:
    """Return whether a record is older than the stored one, where both have a time of update."""
    if stored is None or stored.updated_at is None or record.updated_at is None:
        return False
    return record.updated_at < stored.updated_at


def kept_fields(sent: Incident, stored: Incident) -> list[str]:
    """Return the fields of which the value that was sent is not the one that is stored."""
    values = {name: value for name in _SENT if (value := getattr(sent, name)) not in (None, ())}
    differing = [name for name, value in values.items() if getattr(stored, name) != value]
    return differing + [name for name, value in sent.extra.items() if stored.extra.get(name) != value]


def _closings(connection: Connection, stored: Mapping[str, Incident]) -> dict[str, Closing]:
    """Return the closings that outcomes told and that hold still, by number."""
    closed = {number: one.closed_at for number, one in stored.items() if one.closed_at is not None and one.is_history}
    told = select(outcomes).where(outcomes.c.kind == OutcomeKind.CLOSED.value)
    rows = by_key(connection, told, outcomes.c.number, closed)
    return {row.number: Closing(row.at, row.value) for row in rows if row.at == closed[row.number]}


def _says_how_filed(first: Incident, record: Incident) -> bool:
    """Return whether an earlier state of an incident holds the texts it was filed with, and they matter now."""
    known = first.is_as_filed or first.is_open
    return known and not record.is_as_filed and (record.is_history or record.text != first.text)


def _larger(one: int | None, other: int | None) -> int | None:
    return max((count for count in (one, other) if count is not None), default=None)
