"""The queue: every open incident in the order in which it needs a person, kept beside the store that it follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from kb.records.clock_mark import LIKELY
from kb.records.incident import Incident
from kb.records.queue_entry import BOUNCED_FROM, Need, QueueEntry, QueueFilter, QueueFlag
from kb.service.major_incident_proposals import not_rejected
from kb.storage.database import Database
from kb.storage.incident_rows import KEYS_A_QUERY, incident_from_row
from kb.storage.schema import Instant, clock, incidents, queue_entries, queue_position, removals
from kb.vocabulary.stage import OPEN, Stage

# Level of an incident whose priority nobody has set or suggested yet: it stands behind those of a known priority.
UNKNOWN_URGENCY = 9
# What an entry repeats of its incident, so that lists and boards of 50,000 need not read their texts.
COPIED = ("stage", "assignment_group", "service", "priority", "assigned_to")
_OUTDATED = ""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some open incidents in the queue's order, each with its entry, and how many there are in all."""

    rows: Sequence[tuple[Incident, QueueEntry]]
    total: int


class IncidentQueue:
    """The open incidents of a database in their order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def catch_up(self) -> None:
        """Take in what was written since the last call, in one act; what changed needs suggestions anew."""
        with self._database.reading() as connection:
            if _position(connection) == _revision(connection):
                return
        with self._database.writing() as connection:
            position, revision = _position(connection), _revision(connection)
            changed = select(incidents.c.number).where(incidents.c.revision > position)
            finished = changed.where(incidents.c.stage.not_in(OPEN))
            removed = select(removals.c.number).where(removals.c.revision > position)
            of_these = queue_entries.c.number.in_
            connection.execute(delete(queue_entries).where(or_(of_these(removed), of_these(finished))))
            renewed = update(queue_entries).where(of_these(changed))
            copies = {name: _current(name) for name in COPIED}
            connection.execute(renewed.values(revision=revision, model=_OUTDATED, practice=_OUTDATED, **copies))
            since = func.coalesce(incidents.c.opened_at, literal(datetime.now(UTC), Instant))
            begun = {
                queue_entries.c.number: incidents.c.number,
                queue_entries.c.revision: literal(revision),
                queue_entries.c.need: literal(Need.SUGGESTIONS.rank),
                queue_entries.c.urgency: literal(UNKNOWN_URGENCY),
                queue_entries.c.model: literal(_OUTDATED),
                queue_entries.c.since: since,
                **{queue_entries.c[name]: incidents.c[name] for name in COPIED},
            }
            added = select(*begun.values()).where(
                incidents.c.revision > position,
                incidents.c.stage.in_(OPEN),
                incidents.c.number.not_in(select(queue_entries.c.number)),
            )
            connection.execute(insert(queue_entries).from_select(list(begun), added))
            connection.execute(update(queue_position).values(revision=revision))

    def taught(self) -> int:
        """Return the revision up to which the queue has followed what people taught."""
        with self._database.reading() as connection:
            return int(connection.execute(select(queue_position.c.taught)).scalar_one())

    def outdate(self, numbers: Sequence[str], *, taught: int) -> None:
        """Let the needs of incidents be worked out anew; the queue has followed what was taught up to a revision."""
        with self._database.writing() as connection:
            values = {"model": _OUTDATED, "revision": _revision(connection)}
            for start in range(0, len(numbers), KEYS_A_QUERY):
                some = queue_entries.c.number.in_(numbers[start : start + KEYS_A_QUERY])
                connection.execute(update(queue_entries).where(some).values(values))
            connection.execute(update(queue_position).values(taught=taught))

    def outdated(self, basis: str, *, limit: int) -> list[tuple[Incident, int]]:
        """Return open incidents whose need follows from another basis than this, and the revisions of their entries.

        Those that need a person first come first.
        """
        query = (
            select(incidents, queue_entries.c.revision.label("entry_revision"))
            .join_from(queue_entries, incidents, incidents.c.number == queue_entries.c.number)
            .where(queue_entries.c.model != basis)
            .order_by(*_ORDER)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [(incident_from_row(row), row.entry_revision) for row in connection.execute(query)]

    def put(self, entries: Iterable[QueueEntry]) -> None:
        """Write what incidents need, in one act; one that changed after its entry's revision is left out."""
        with self._database.writing() as connection:
            for entry in entries:
                connection.execute(
                    update(queue_entries)
                    .where(queue_entries.c.number == entry.number, queue_entries.c.revision == entry.revision)
                    .values(need=entry.need.rank, urgency=entry.urgency, model=entry.basis)
                )

    def page(self, wanted: QueueFilter, now: datetime, *, limit: int, offset: int = 0) -> QueuePage:
        """Return the open incidents that a filter leaves, in their order at a moment, from `offset` on."""
        conditions, first = _conditions(wanted, now), (_pressing(now), *_ORDER)
        listed = _listed(wanted, queue_entries.c.number).where(*conditions).order_by(*first)
        numbers = listed.limit(limit).offset(offset).subquery()
        rows = _joined(incidents, *_ENTRY).join(numbers, numbers.c.number == queue_entries.c.number).order_by(*first)
        total = _listed(wanted, func.count()).where(*conditions)
        with self._database.reading() as connection:
            found = [(incident_from_row(row), _entry(row)) for row in connection.execute(rows)]
            return QueuePage(found, int(connection.execute(total).scalar_one()))

    def counts(self, wanted: QueueFilter, now: datetime) -> dict[Need, int]:
        """Return how many of the open incidents that a filter leaves need what."""
        query = _listed(wanted, queue_entries.c.need, func.count().label("incidents")).where(*_conditions(wanted, now))
        with self._database.reading() as connection:
            found = {row.need: row.incidents for row in connection.execute(query.group_by(queue_entries.c.need))}
        return {need: found[need.rank] for need in Need if need.rank in found}


_PEOPLE = (incidents.c.caller, incidents.c.assigned_to)
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
BY_URGENCY = (
    queue_entries.c.urgency,
    func.coalesce(queue_entries.c.due_at, literal(_FAR, Instant)),
    queue_entries.c.since,
    queue_entries.c.number,
)
"""Order of open incidents by urgency, then by when their next target is used up, then by age."""
_ORDER = (queue_entries.c.need, *BY_URGENCY)
_ENTRY = (
    queue_entries.c.revision.label("entry_revision"),
    queue_entries.c.need.label("entry_need"),
    queue_entries.c.urgency.label("entry_urgency"),
    queue_entries.c.model.label("entry_model"),
    queue_entries.c.since.label("entry_since"),
)


def _joined(*columns: Any) -> Select[Any]:
    return select(*columns).select_from(queue_entries).join(incidents, incidents.c.number == queue_entries.c.number)


def _listed(wanted: QueueFilter, *columns: Any) -> Select[Any]:
    """Select from the entries alone, with their incidents where the filter needs more than an entry knows."""
    if wanted.text or wanted.flag in _OF_INCIDENTS:
        return _joined(*columns)
    return select(*columns).select_from(queue_entries)


def _current(name: str) -> ScalarSelect[Any]:
    return select(incidents.c[name]).where(incidents.c.number == queue_entries.c.number).scalar_subquery()


def _entry(row: Row[Any]) -> QueueEntry:
    need = list(Need)[row.entry_need]
    return QueueEntry(row.number, row.entry_revision, need, row.entry_urgency, row.entry_model, row.entry_since)


def _conditions(wanted: QueueFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Return what holds for the rows that a filter leaves."""
    equal = {
        queue_entries.c.assignment_group: wanted.group,
        queue_entries.c.stage: wanted.stage,
        queue_entries.c.priority: wanted.priority,
        queue_entries.c.service: wanted.service,
        queue_entries.c.assigned_to: wanted.person,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.need is not None:
        conditions.append(queue_entries.c.need == wanted.need.rank)
    if wanted.flag is not None:
        conditions.append(_marked(wanted.flag, now))
    for word in (wanted.text or "").split():
        texts = (incidents.c.number, incidents.c.short_description, incidents.c.description, *_PEOPLE)
        conditions.append(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    return conditions


# Flags that follow from more than an entry knows.
_OF_INCIDENTS = frozenset({QueueFlag.BOUNCED, QueueFlag.REOPENED})


def _marked(flag: QueueFlag, now: datetime) -> ColumnElement[bool]:
    """Return what holds for the rows that are marked with a flag at a moment."""
    is_breached = queue_entries.c.breaches_at < now
    can_be_met = or_(queue_entries.c.breaches_at.is_(None), queue_entries.c.breaches_at >= now)
    flags: Mapping[QueueFlag, ColumnElement[bool]] = {
        QueueFlag.UNASSIGNED: queue_entries.c.assignment_group.is_(None),
        QueueFlag.BOUNCED: or_(incidents.c.reassignment_count >= BOUNCED_FROM, queue_entries.c.hops >= BOUNCED_FROM),
        QueueFlag.REOPENED: incidents.c.reopen_count >= 1,
        QueueFlag.WAITING: queue_entries.c.stage == Stage.WAITING,
        QueueFlag.MAJOR: queue_entries.c.number.in_(not_rejected()),
        QueueFlag.BREACHED: is_breached,
        QueueFlag.BREACHING: _is_breaching(now),
        QueueFlag.AT_RISK: and_(queue_entries.c.breach_probability >= LIKELY, can_be_met),
    }
    return flags[flag]


def _is_breaching(now: datetime) -> ColumnElement[bool]:
    return and_(queue_entries.c.warns_at <= now, queue_entries.c.breaches_at >= now)


def _pressing(now: datetime) -> ColumnElement[int]:
    """Return what comes before the need: what is urgent and nobody's, then what can still meet its target."""
    return case((queue_entries.c.need == Need.OWNER_NOW.rank, 0), (_is_breaching(now), 1), else_=2)


def _position(connection: Connection) -> int:
    return int(connection.execute(select(queue_position.c.revision)).scalar_one())


def _revision(connection: Connection) -> int:
    return int(connection.execute(select(clock.c.revision)).scalar_one())
