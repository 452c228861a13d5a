"""The board: open incidents by lane and stage, counted by the database, and the limits that a change would exceed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Text,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from kb.practice.board import WORKED_ON, BoardRules
from kb.records.board import COLUMNS, Excess, LaneKind, Limit, LimitKind
from kb.records.clock_mark import ClockMark
from kb.records.incident import Incident
from kb.records.queue_entry import QueueFlag
from kb.service.incident_queue import BY_URGENCY
from kb.storage.database import Database
from kb.storage.incident_rows import by_key, incident_from_row
from kb.storage.schema import incidents, queue_entries
from kb.vocabulary.stage import FINISHED, Stage

Columns: TypeAlias = ReadOnlyColumnCollection[str, Column[Any]]

_NO_LANE: ColumnElement[str | None] = literal(None, Text)
_RESOLVED = literal(Stage.RESOLVED.value, incidents.c.stage.type).label("stage")
_NAMES = {LaneKind.GROUP: "assignment_group", LaneKind.SERVICE: "service"}
_OPEN, _ALL = queue_entries.c, incidents.c
_MOST_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """What a board shows: its lanes, what it is narrowed to, and since when a resolved incident counts as resolved."""

    resolved_since: datetime
    by: LaneKind = LaneKind.NONE
    group: str | None = None
    service: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of one lane: how many incidents are there, and some of them, the most urgent first."""

    stage: Stage
    count: int
    cards: Sequence[Incident]


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane with its columns; `name` is `None` where it is for those without one, and for all of them."""

    name: str | None
    is_expedite: bool
    cells: Sequence[Cell]

    @property
    def count(self) -> int:
        """Return how many incidents are in the lane."""
        return sum(cell.count for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Load:
    """How many incidents count against a limit."""

    limit: Limit
    count: int


@dataclass(frozen=True, slots=True)
class BoardPicture:
    """A board at a moment: its lanes, the expedite lane first, how many there are in all, and the limits."""

    lanes: Sequence[Lane]
    lanes_in_all: int
    loads: Sequence[Load]


@dataclass(frozen=True, slots=True)
class ShownBoard:
    """A board as it is shown: with the rules that hold, and of each incident on it the clock and the marks."""

    picture: BoardPicture
    rules: BoardRules
    clocks: Mapping[str, ClockMark]
    flags: Mapping[str, Sequence[QueueFlag]]
    at: datetime


_Place = tuple[bool, str | None, Stage]
"""Where an incident stands: whether in the expedite lane, its lane, and its column."""


class Board:
    """Checks changes of incidents against the limits of the board, counted in the queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def excesses(self, before: Incident, after: Incident, rules: BoardRules) -> list[Excess]:
        """Return the limits that a change of an incident would exceed; the queue has to be caught up with all writes.

        Inside an act (`Database.writing`) they hold until it ends, so that of many who move at once only those are let
        in for whom there is room.
        """
        known = rules.limits_on(before)
        entered = [limit for limit in rules.limits_on(after) if limit not in known]
        with self._database.reading() as connection:
            counts = [(limit, _count(connection, limit, rules, without=after.number)) for limit in entered]
        return [Excess(limit, count) for limit, count in counts if count >= limit.most]

    def picture(
        self,
        wanted: BoardFilter,
        rules: BoardRules,
        *,
        lanes: int,
        lanes_from: int = 0,
        cards: int,
        cards_from: int = 0,
    ) -> BoardPicture:
        """Return the board: `lanes` of its lanes, the fullest first, with `cards` of each column."""
        with self._database.snapshot(), self._database.reading() as connection:
            counts, expedited = _counts(connection, wanted, rules)
            totals = Counter[str | None]()
            for (is_expedite, lane, _), count in counts.items():
                totals[lane] += 0 if is_expedite else count
            named = sorted(totals, key=lambda lane: (-totals[lane], lane or ""))
            shown = named[lanes_from : lanes_from + lanes] or ([None] if wanted.by is LaneKind.NONE else [])
            found = _cards(connection, wanted, lanes=shown, expedited=expedited, most=cards, begin=cards_from)
            numbers = [number for some in found.values() for number in some]
            rows = by_key(connection, select(incidents), incidents.c.number, numbers)
            by_number = {row.number: incident_from_row(row) for row in rows}
            loads = _loads(connection, rules, shown if rules.lanes_by is wanted.by else ())

        def cell(stage: Stage, places: Iterable[_Place]) -> Cell:
            held = list(places)
            numbers = [number for place in held for number in found.get(place, ())]
            return Cell(
                stage,
                sum(counts.get(place, 0) for place in held),
                [by_number[one] for one in numbers if one in by_number],
            )

        top = Lane(None, True, [cell(stage, [(True, None, stage)]) for stage in COLUMNS])
        others = [Lane(lane, False, [cell(stage, [(False, lane, stage)]) for stage in COLUMNS]) for lane in shown]
        return BoardPicture([top, *others], len(named), loads)


def _lane(table: Columns, by: LaneKind) -> ColumnElement[str | None]:
    return table[_NAMES[by]] if by in _NAMES else _NO_LANE


def _narrowed(query: Select[Any], table: Columns, wanted: BoardFilter) -> Select[Any]:
    equal = {"assignment_group": wanted.group, "service": wanted.service, "assigned_to": wanted.person}
    return query.where(*(table[name] == value for name, value in equal.items() if value is not None))


def _counts(connection: Connection, wanted: BoardFilter, rules: BoardRules) -> tuple[dict[_Place, int], list[str]]:
    """Return how many incidents stand where, and the priorities that are expedited."""
    counts, expedited = defaultdict[_Place, int](int), set[str]()
    for table, stage, conditions in ((_OPEN, _OPEN.stage, ()), (_ALL, _RESOLVED, _is_resolved_lately(wanted))):
        lane = _lane(table, wanted.by)
        columns = (stage, lane.label("lane"), table.priority, func.count().label("incidents"))
        grouped = (*([stage] if table is _OPEN else []), *_parts(lane), table.priority)
        query = select(*columns).where(*conditions).group_by(*grouped)
        for row in connection.execute(_narrowed(query, table, wanted)):
            is_expedite = rules.is_expedited(row.priority)
            if is_expedite:
                expedited.add(row.priority)
            counts[is_expedite, None if is_expedite else row.lane, Stage(row.stage)] += row.incidents
    return counts, sorted(expedited)


def _cards(
    connection: Connection,
    wanted: BoardFilter,
    *,
    lanes: Sequence[str | None],
    expedited: Sequence[str],
    most: int,
    begin: int,
) -> dict[_Place, list[str]]:
    """Return the numbers of the first incidents of each column of these lanes and of the expedite lane."""
    found = defaultdict[_Place, list[str]](list)
    for is_expedite in (True, False):
        for table in (_OPEN, _ALL):
            lane = _NO_LANE if is_expedite else _lane(table, wanted.by)
            listed = _open_by_urgency(lane) if table is _OPEN else _resolved_lately(lane, wanted)
            if is_expedite:
                listed = listed.where(table.priority.in_(expedited))
            else:
                listed = listed.where(or_(table.priority.is_(None), table.priority.not_in(expedited)))
                listed = listed.where(_is_among(lane, lanes))
            placed = _narrowed(listed, table, wanted).subquery()
            some = select(placed).where(placed.c.place > begin, placed.c.place <= begin + most)
            for row in connection.execute(some.order_by(placed.c.place)):
                found[is_expedite, row.lane, Stage(row.stage)].append(row.number)
    return found


def _is_among(lane: ColumnElement[str | None], lanes: Sequence[str | None]) -> ColumnElement[bool]:
    if lane is _NO_LANE:
        return true()
    is_named = lane.in_([name for name in lanes if name is not None])
    return or_(is_named, lane.is_(None)) if None in lanes else is_named


def _open_by_urgency(lane: ColumnElement[str | None]) -> Select[Any]:
    place = func.row_number().over(partition_by=[*_parts(lane), _OPEN.stage], order_by=BY_URGENCY).label("place")
    return select(_OPEN.number, lane.label("lane"), _OPEN.stage, place)


def _resolved_lately(lane: ColumnElement[str | None], wanted: BoardFilter) -> Select[Any]:
    latest = (_ALL.resolved_at.desc(), _ALL.number)
    place = func.row_number().over(partition_by=_parts(lane) or None, order_by=latest).label("place")
    return select(_ALL.number, lane.label("lane"), _RESOLVED, place).where(*_is_resolved_lately(wanted))


def _is_resolved_lately(wanted: BoardFilter) -> tuple[ColumnElement[bool], ...]:
    # coalesce keeps SQLite from going through all that was ever resolved by the index of stages
    return func.coalesce(_ALL.stage, Stage.UNKNOWN.value).in_(FINISHED), _ALL.resolved_at >= wanted.resolved_since


def _parts(lane: ColumnElement[str | None]) -> list[ColumnElement[str | None]]:
    """Return what the cards of a lane are counted by; a database may refuse to divide by what is always the same."""
    return [] if lane is _NO_LANE else [lane]


def _count(connection: Connection, limit: Limit, rules: BoardRules, *, without: str | None = None) -> int:
    """Return how many incidents count against a limit."""
    priority = _OPEN.priority
    query = select(priority, func.count().label("incidents")).where(*_held_by(limit, rules)).group_by(priority)
    if without is not None:
        query = query.where(_OPEN.number != without)
    return sum(row.incidents for row in connection.execute(query) if _counts_for(limit, rules, row.priority))


def _held_by(limit: Limit, rules: BoardRules) -> list[ColumnElement[bool]]:
    stage = _OPEN.stage
    match limit.kind:
        case LimitKind.COLUMN:
            return [stage == limit.stage]
        case LimitKind.LANE:
            return [stage == limit.stage, _lane(_OPEN, rules.lanes_by) == limit.name]
        case LimitKind.PERSON:
            return [stage.in_(WORKED_ON), _OPEN.assigned_to == limit.name]
        case LimitKind.EXPEDITE:
            return []


def _counts_for(limit: Limit, rules: BoardRules, priority: str | None) -> bool:
    if limit.kind is LimitKind.EXPEDITE:
        return rules.is_expedited(priority)
    return rules.expedite_counts or not rules.is_expedited(priority)


def _loads(connection: Connection, rules: BoardRules, lanes: Iterable[str | None]) -> list[Load]:
    """Return how full each column, each of these lanes and the expedite lane is, and people who are at their limit."""
    limits = [Limit(LimitKind.COLUMN, most, stage) for stage, most in rules.columns.items()]
    if rules.expedite_limit is not None:
        limits.append(Limit(LimitKind.EXPEDITE, rules.expedite_limit))
    loads = [Load(limit, _count(connection, limit, rules)) for limit in limits]
    named = [lane for lane in lanes if lane is not None]
    return [*loads, *_lane_loads(connection, rules, named), *_person_loads(connection, rules)]


def _lane_loads(connection: Connection, rules: BoardRules, lanes: Sequence[str]) -> list[Load]:
    if not rules.lane_columns or not lanes:
        return []
    lane, stage, priority = _lane(_OPEN, rules.lanes_by), _OPEN.stage, _OPEN.priority
    query = select(lane.label("lane"), stage, priority, func.count().label("incidents"))
    query = query.where(stage.in_(rules.lane_columns), lane.in_(lanes)).group_by(lane, stage, priority)
    counts = Counter[tuple[str, Stage]]()
    for row in connection.execute(query):
        if rules.expedite_counts or not rules.is_expedited(row.priority):
            counts[row.lane, row.stage] += row.incidents
    return [
        Load(Limit(LimitKind.LANE, most, stage, name), counts[name, stage])
        for name in lanes
        for stage, most in rules.lane_columns.items()
    ]


def _person_loads(connection: Connection, rules: BoardRules) -> list[Load]:
    if rules.person is None:
        return []
    person, priority = _OPEN.assigned_to, _OPEN.priority
    query = select(person, priority, func.count().label("incidents")).where(_OPEN.stage.in_(WORKED_ON))
    counts = Counter[str]()
    for row in connection.execute(query.where(person.is_not(None)).group_by(person, priority)):
        if rules.expedite_counts or not rules.is_expedited(row.priority):
            counts[row.assigned_to] += row.incidents
    full = [(name, count) for name, count in counts.most_common(_MOST_PEOPLE) if count >= rules.person]
    return [Load(Limit(LimitKind.PERSON, rules.person, name=name), count) for name, count in full]
