"""Rooms of major incidents: their records, states, children and what happened in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, or_, select, update

from kb.records.errors import UnknownRecordError
from kb.records.major_room import Child, JoinedHow, ReviewText, Room, RoomEvent, RoomEventKind, RoomState
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.incident_rows import by_key
from kb.storage.major_schema import major_children, major_events, major_marks, major_rooms
from kb.storage.restricted_numbers import not_restricted
from kb.storage.schema import major_proposals

_ACTIVE = [state.value for state in RoomState if state.is_active]


class MajorRooms:
    """The rooms of a database, each by the number of its first incident (`lead`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, room: Room) -> None:
        """Add a room."""
        with self._database.writing() as connection:
            connection.execute(insert(major_rooms).values(_room_row(room)))

    def find(self, lead: str) -> Room | None:
        """Return the room of a major incident, `None` where there is none."""
        with self._database.reading() as connection:
            row = connection.execute(select(major_rooms).where(major_rooms.c.lead == lead)).one_or_none()
        return None if row is None else _room(row)

    def get(self, lead: str) -> Room:
        """Return the room of a major incident; raises UnknownRecordError."""
        room = self.find(lead)
        if room is None:
            raise UnknownRecordError(Wording("no major incident '{number}' was accepted", {"number": lead}))
        return room

    def newest(self, *, limit: int, states: Collection[RoomState] = tuple(RoomState)) -> list[Room]:
        """Return the rooms that are in some states, the newest first."""
        query = select(major_rooms).where(major_rooms.c.state.in_([state.value for state in states]))
        newest = query.order_by(major_rooms.c.opened_at.desc(), major_rooms.c.lead).limit(limit)
        with self._database.reading() as connection:
            return [_room(row) for row in connection.execute(newest)]

    def active(self) -> list[Room]:
        """Return the rooms in which work goes on, the oldest first."""
        query = select(major_rooms).where(major_rooms.c.state.in_(_ACTIVE))
        with self._database.reading() as connection:
            return [_room(row) for row in connection.execute(query.order_by(major_rooms.c.opened_at))]

    def change(self, lead: str, **values: Any) -> Room:
        """Give fields of a room other values and return it; raises UnknownRecordError."""
        stored = {name: _stored(value) for name, value in values.items()}
        with self._database.writing() as connection:
            if stored:
                connection.execute(update(major_rooms).where(major_rooms.c.lead == lead).values(stored))
            return self.get(lead)

    def overdue(self, now: datetime) -> list[Room]:
        """Return the active rooms whose next update is overdue and of which nobody was reminded yet."""
        due = major_rooms.c.next_update_at
        query = select(major_rooms).where(
            major_rooms.c.state.in_(_ACTIVE),
            due <= now,
            or_(major_rooms.c.reminded_of.is_(None), major_rooms.c.reminded_of != due),
        )
        with self._database.reading() as connection:
            return [_room(row) for row in connection.execute(query)]

    def proposal_of(self, number: str) -> str | None:
        """Return the lead of the proposal that an incident speaks for, `None` where there is none."""
        query = select(major_proposals.c.lead).where(major_proposals.c.number == number)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def children(self, lead: str, *, left_too: bool = False) -> list[Child]:
        """Return the children of a major incident, those that joined first before the others."""
        query = select(major_children).where(major_children.c.lead == lead)
        if not left_too:
            query = query.where(major_children.c.left_at.is_(None))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(major_children.c.joined_at, major_children.c.number))
            return [_child(row) for row in rows]

    def count_children(self, lead: str) -> int:
        """Return the number of children of a major incident."""
        query = select(func.count()).where(major_children.c.lead == lead, major_children.c.left_at.is_(None))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def parents(self, numbers: Collection[str]) -> dict[str, str]:
        """Return the active major incident of each of some incidents that are children of one."""
        query = (
            select(major_children.c.number, major_children.c.lead)
            .join_from(major_children, major_rooms, major_rooms.c.lead == major_children.c.lead)
            .where(major_children.c.left_at.is_(None), major_rooms.c.state.in_(_ACTIVE))
        )
        with self._database.reading() as connection:
            return {row.number: row.lead for row in by_key(connection, query, major_children.c.number, numbers)}

    def ever_children(self, numbers: Collection[str]) -> set[str]:
        """Return which of some incidents are children of a major one, active or not."""
        query = select(major_children.c.number).where(major_children.c.left_at.is_(None))
        with self._database.reading() as connection:
            return {row.number for row in by_key(connection, query, major_children.c.number, numbers)}

    def join(
        self,
        lead: str,
        numbers: Sequence[str],
        how: JoinedHow,
        *,
        by: str | None,
        at: datetime,
        left_at: Collection[datetime] = (),
    ) -> list[str]:
        """Make incidents children of a major one and return those that were none yet.

        Who was taken out joins again by hand only, or if it left at one of the moments `left_at`. A child of another
        active major incident stays there.
        """
        with self._database.writing() as connection:
            wanted = [number for number in not_restricted(connection, numbers) if number != lead]
            elsewhere = self.parents(wanted)
            query = select(major_children).where(major_children.c.lead == lead)
            known = {row.number: row for row in by_key(connection, query, major_children.c.number, wanted)}
            fresh = [
                number
                for number in wanted
                if number not in elsewhere
                and (number not in known or how is JoinedHow.HAND or known[number].left_at in left_at)
            ]
            values = {"how": how.value, "joined_at": at, "joined_by": by, "left_at": None, "left_by": None}
            for number in fresh:
                if number in known:
                    connection.execute(update(major_children).where(_is(lead, number)).values(values))
            added = [{"lead": lead, "number": number, **values} for number in fresh if number not in known]
            if added:
                connection.execute(insert(major_children), added)
            return fresh

    def forget(self, lead: str, numbers: Collection[str]) -> None:
        """Let incidents be as if they had never been children of a major one."""
        with self._database.writing() as connection:
            for number in numbers:
                connection.execute(delete(major_children).where(_is(lead, number)))

    def leave(self, lead: str, number: str, *, by: str | None, at: datetime) -> None:
        """Take an incident out of a major one, which is remembered; raises UnknownRecordError where it is no child."""
        there = and_(_is(lead, number), major_children.c.left_at.is_(None))
        with self._database.writing() as connection:
            done = connection.execute(update(major_children).where(there).values(left_at=at, left_by=by))
            if not done.rowcount:
                raise UnknownRecordError(
                    Wording("{number} is not a child of the major incident {into}", {"number": number, "into": lead})
                )

    def note(self, lead: str, kind: RoomEventKind, text: str, *, by: str | None, at: datetime, now: datetime) -> None:
        """Append what happened in a room at a moment, of which the service came to know `now`."""
        row = {"lead": lead, "kind": kind.value, "text": text, "at": at, "recorded_at": now, "by": by}
        with self._database.writing() as connection:
            connection.execute(insert(major_events).values(row))

    def events(self, lead: str) -> list[RoomEvent]:
        """Return what happened in a room, in the order in which it was recorded."""
        query = select(major_events).where(major_events.c.lead == lead).order_by(major_events.c.id)
        with self._database.reading() as connection:
            return [
                RoomEvent(RoomEventKind(row.kind), row.text, row.at, row.recorded_at, row.by, row.id)
                for row in connection.execute(query)
            ]

    def marks(self, lead: str) -> dict[str, tuple[bool, bool]]:
        """Return which entries of a timeline are pinned and which hidden, by id."""
        query = select(major_marks).where(major_marks.c.lead == lead)
        with self._database.reading() as connection:
            return {row.entry: (row.pinned, row.hidden) for row in connection.execute(query)}

    def mark(self, lead: str, entry: str, *, pinned: bool, hidden: bool, by: str | None, at: datetime) -> None:
        """Pin or hide an entry of a timeline, or take that back."""
        key = and_(major_marks.c.lead == lead, major_marks.c.entry == entry)
        values = {"pinned": pinned, "hidden": hidden, "by": by, "at": at}
        with self._database.writing() as connection:
            if not connection.execute(update(major_marks).where(key).values(values)).rowcount:
                connection.execute(insert(major_marks).values(lead=lead, entry=entry, **values))


def _is(lead: str, number: str) -> Any:
    return and_(major_children.c.lead == lead, major_children.c.number == number)


def _stored(value: Any) -> Any:
    if isinstance(value, RoomState):
        return value.value
    if isinstance(value, ReviewText):
        return asdict(value)
    return list(value) if isinstance(value, tuple) else value


def _room_row(room: Room) -> dict[str, Any]:
    names: Iterable[str] = (column.name for column in major_rooms.columns)
    return {name: _stored(getattr(room, name)) for name in names}


def _room(row: Row[Any]) -> Room:
    values = dict(row._mapping)
    values |= {"state": RoomState(row.state), "criteria": tuple(row.criteria), "review": ReviewText(**row.review)}
    return Room(**values)


def _child(row: Row[Any]) -> Child:
    return Child(row.number, JoinedHow(row.how), row.joined_at, row.joined_by, row.left_at, row.left_by)
