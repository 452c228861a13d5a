"""Roles: who has which role with articles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from kb.records.life_cycle import Role
from kb.storage.database import Database
from kb.storage.schema import people


@dataclass(frozen=True, slots=True)
class Person:
    """A person with a role, given when and by whom."""

    name: str
    role: Role
    at: datetime
    by: str | None


class Roles:
    """Roles by name, whatever the case; who is not named has the role that the organisation gives everybody."""

    def __init__(self, database: Database, everybody: Role) -> None:
        self._database = database
        self.everybody = everybody

    def role(self, name: str | None) -> Role:
        """The role of a person, or of somebody who gives no name."""
        if name is None:
            return self.everybody
        with self._database.reading() as connection:
            found = connection.execute(select(people.c.role).where(people.c.name == _key(name))).scalar_one_or_none()
        return self.everybody if found is None else Role(found)

    def give(self, name: str, role: Role, *, by: str | None) -> Person:
        """Give a person a role, in place of the one before."""
        person = Person(_key(name), role, datetime.now(UTC), by)
        with self._database.writing() as connection:
            connection.execute(delete(people).where(people.c.name == person.name))
            connection.execute(insert(people).values(name=person.name, role=role.value, at=person.at, by=by))
        return person

    def all(self) -> list[Person]:
        """Everybody who was given a role, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(people).order_by(people.c.name))
            return [Person(row.name, Role(row.role), row.at, row.by) for row in rows]


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
