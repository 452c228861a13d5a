"""Numbers of restricted incidents, by which whatever writes is kept from writing of one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from kb.records.errors import no_incident
from kb.records.incident import EXAMPLE_PREFIX
from kb.storage.incident_rows import by_key
from kb.storage.schema import restricted_incidents

_NUMBER = restricted_incidents.c.number


def restricted_numbers(connection: Connection, numbers: Iterable[str]) -> set[str]:
    """Return which of these numbers are those of restricted incidents."""
    return {row.number for row in by_key(connection, select(_NUMBER), _NUMBER, numbers)}


def not_restricted(connection: Connection, numbers: Iterable[str]) -> list[str]:
    """Return those of these numbers, each once, that are not those of restricted incidents."""
    wanted = list(dict.fromkeys(numbers))
    hidden = restricted_numbers(connection, wanted)
    return [number for number in wanted if number not in hidden]


def refuse_restricted(connection: Connection, numbers: Iterable[str]) -> None:
    """Raise UnknownRecordError where one of these numbers is that of a restricted incident, or of its example."""
    whole = {number.removeprefix(EXAMPLE_PREFIX) for number in numbers}
    for number in sorted(restricted_numbers(connection, whole)):
        raise no_incident(number)
