"""Roles: who has which role with articles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from kb.records.life_cycle import Role
from kb.storage.database import Database
from kb.storage.schema import people


@dataclass(frozen=True, slots=True)
class Person:
    """A person with a role, given when and by whom, and the named groups that they are in."""

    name: str
    role: Role
    at: datetime
    by: str | None
    groups: tuple[str, ...] = ()


class Roles:
    """Roles by name, whatever the case; who is not named has the role that the organisation gives everybody."""

    def __init__(self, database: Database, everybody: Role) -> None:
        self._database = database
        self.everybody = everybody

    def role(self, name: str | None) -> Role:
        """Return the role of a person, or of an unnamed one."""
        if name is None:
            return self.everybody
        with self._database.reading() as connection:
            found = connection.execute(select(people.c.role).where(people.c.name == _key(name))).scalar_one_or_none()
        return self.everybody if found is None else Role(found)

    def give(self, name: str, role: Role, *, by: str | None, groups: Iterable[str] | None = None) -> Person:
        """Set the role of a person, and their named groups where these are given."""
        return self._write(name, role, groups, by=by)

    def set_groups(self, name: str, groups: Iterable[str], *, by: str | None) -> Person:
        """Set the named groups of a person, who keeps the role that they have."""
        return self._write(name, None, groups, by=by)

    def _write(self, name: str, role: Role | None, groups: Iterable[str] | None, *, by: str | None) -> Person:
        with self._database.writing() as connection:
            chosen = self.role(name) if role is None else role
            listed = self.groups(name) if groups is None else dict.fromkeys(groups)
            person = Person(_key(name), chosen, datetime.now(UTC), by, tuple(listed))
            connection.execute(delete(people).where(people.c.name == person.name))
            row = {"name": person.name, "role": chosen.value, "at": person.at, "by": by, "groups": list(person.groups)}
            connection.execute(insert(people).values(row))
        return person

    def groups(self, name: str) -> tuple[str, ...]:
        """Return the named groups of a person."""
        with self._database.reading() as connection:
            found = connection.execute(select(people.c.groups).where(people.c.name == _key(name))).scalar_one_or_none()
        return tuple(found or ())

    def take(self, name: str) -> None:
        """Reset a person to the role that everybody has, in no named group."""
        with self._database.writing() as connection:
            connection.execute(delete(people).where(people.c.name == _key(name)))

    def all(self) -> list[Person]:
        """Return everybody with a role, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(people).order_by(people.c.name))
            return [Person(row.name, Role(row.role), row.at, row.by, tuple(row.groups)) for row in rows]


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
