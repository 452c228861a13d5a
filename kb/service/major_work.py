"""Work on major incidents: who holds which role, what is to do, what was sent, and what a review asks for."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Row, Table, and_, delete, insert, select, update

from kb.records.act import SupersededError
from kb.records.errors import UnknownRecordError
from kb.records.major_room import ReviewAction, RoleHolding, RoomMessage, RoomTask
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.major_schema import major_actions, major_messages, major_roles, major_tasks

Kept = TypeVar("Kept", RoleHolding, RoomTask, RoomMessage, ReviewAction)


class MajorWork:
    """Roles, tasks, messages and actions of the major incidents of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def roles(self, lead: str) -> list[RoleHolding]:
        """Return who held which role when, in the order in which they took them."""
        return self._all(RoleHolding, major_roles, lead)

    def hand_over(
        self, lead: str, role: str, person: str | None, *, expected: str | None, by: str | None, note: str, at: datetime
    ) -> None:
        """Give a role to a person, to nobody where `person` is `None`, and end the time of who held it.

        Raises SupersededError where somebody other than `expected` holds it by now.
        """
        now = and_(major_roles.c.lead == lead, major_roles.c.role == role, major_roles.c.until.is_(None))
        with self._database.writing() as connection:
            holder = connection.execute(select(major_roles.c.person).where(now)).scalar_one_or_none()
            if holder != expected:
                words = "nobody holds the role {role} of {number} now: look at it again, then hand it over"
                if holder:
                    words = "{person} holds the role {role} of {number} now: look at it again, then hand it over"
                raise SupersededError(Wording(words, {"person": holder or "", "role": role, "number": lead}))
            connection.execute(update(major_roles).where(now).values(until=at))
            if person is not None:
                row = {"lead": lead, "role": role, "person": person, "since": at, "by": by, "note": note}
                connection.execute(insert(major_roles).values(row))

    def tasks(self, lead: str) -> list[RoomTask]:
        """Return the tasks of a major incident, in the order in which they were added."""
        return self._all(RoomTask, major_tasks, lead)

    def add_task(self, lead: str, task: RoomTask) -> RoomTask:
        """Add a task and return it with its id."""
        return self._add(major_tasks, lead, task)

    def change_task(self, lead: str, key: int, **values: Any) -> RoomTask:
        """Give a task other values and return it; raises UnknownRecordError."""
        return self._change(RoomTask, major_tasks, lead, key, values)

    def remove_task(self, lead: str, key: int) -> None:
        """Remove a task."""
        self._remove(major_tasks, lead, key)

    def messages(self, lead: str) -> list[RoomMessage]:
        """Return the messages that were sent, the first one first."""
        return self._all(RoomMessage, major_messages, lead)

    def add_message(self, lead: str, message: RoomMessage) -> RoomMessage:
        """Keep a message that is sent and return it with its id."""
        return self._add(major_messages, lead, message)

    def actions(self, lead: str) -> list[ReviewAction]:
        """Return the actions that a review asks for, in the order in which they were added."""
        return self._all(ReviewAction, major_actions, lead)

    def add_action(self, lead: str, action: ReviewAction) -> ReviewAction:
        """Add an action and return it with its id."""
        return self._add(major_actions, lead, action)

    def change_action(self, lead: str, key: int, **values: Any) -> ReviewAction:
        """Give an action other values and return it; raises UnknownRecordError."""
        return self._change(ReviewAction, major_actions, lead, key, values)

    def remove_action(self, lead: str, key: int) -> None:
        """Remove an action."""
        self._remove(major_actions, lead, key)

    def unchecked_actions(self) -> list[tuple[str, ReviewAction]]:
        """Return the actions that are done and of which nobody knows yet whether they helped, with their `lead`."""
        query = select(major_actions).where(major_actions.c.done_at.is_not(None), major_actions.c.checked_at.is_(None))
        with self._database.reading() as connection:
            return [(row.lead, _record(ReviewAction, row)) for row in connection.execute(query)]

    def _all(self, kind: type[Kept], table: Table, lead: str) -> list[Kept]:
        query = select(table).where(table.c.lead == lead).order_by(table.c.id)
        with self._database.reading() as connection:
            return [_record(kind, row) for row in connection.execute(query)]

    def _add(self, table: Table, lead: str, record: Kept) -> Kept:
        row = {part.name: getattr(record, part.name) for part in fields(record) if part.name != "id"}
        with self._database.writing() as connection:
            (key,) = connection.execute(insert(table).values(lead=lead, **row)).inserted_primary_key or (0,)
            return _record(type(record), connection.execute(select(table).where(table.c.id == key)).one())

    def _remove(self, table: Table, lead: str, key: int) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(table).where(table.c.lead == lead, table.c.id == key))

    def _change(self, kind: type[Kept], table: Table, lead: str, key: int, values: dict[str, Any]) -> Kept:
        here = and_(table.c.lead == lead, table.c.id == key)
        with self._database.writing() as connection:
            if values:
                connection.execute(update(table).where(here).values(values))
            row = connection.execute(select(table).where(here)).one_or_none()
        if row is None:
            name = table.name.removeprefix("major_").removesuffix("s")
            raise UnknownRecordError(
                Wording(
                    "the major incident {number} has no {name} {key}", {"number": lead, "name": name, "key": str(key)}
                )
            )
        return _record(kind, row)


def _record(kind: type[Kept], row: Row[Any]) -> Kept:
    return kind(**{name: value for name, value in row._mapping.items() if name != "lead"})
