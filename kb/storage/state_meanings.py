"""State meanings: what the organisation said that its states mean, and which states its incidents have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from kb.records.clean_text import clean
from kb.records.incident import EXAMPLE_STATE, Incident
from kb.records.incident_changes import events_of_change
from kb.records.incident_event import EventSource, IncidentEvent, Origin
from kb.records.wording import Wording
from kb.storage.database import Database
from kb.storage.event_log import append
from kb.storage.incident_rows import KEYS_A_QUERY, incident_from_row, next_revision
from kb.storage.schema import incidents, state_meanings
from kb.vocabulary.stage import Stage
from kb.vocabulary.states import plain_state
from models.errors import InvalidError

_STATE_LIMIT = 200
# states listed: tools have tens of them, a column that was mistaken for one has one a row
_MOST_STATES = 1_000


@dataclass(frozen=True, slots=True)
class StateUse:
    """A state that incidents have: what it means, for how many of them, and whether the organisation said so."""

    state: str
    stage: Stage
    incidents: int
    told: bool


class StateMeanings:
    """The meanings that the organisation gave to states; they count for every incident, old or new."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def told(self) -> dict[str, Stage]:
        """Return what was said, by the plain name of the state."""
        with self._database.reading() as connection:
            return told_stages(connection)

    def uses(self) -> list[StateUse]:
        """Return the states that incidents have, the unknown ones first and the most frequent of them before others."""
        count = func.count().label("incidents")
        query = (
            select(incidents.c.state, incidents.c.stage, count)
            .where(incidents.c.state != EXAMPLE_STATE)
            .group_by(incidents.c.state, incidents.c.stage)
            .order_by(incidents.c.stage != Stage.UNKNOWN, count.desc(), incidents.c.state)
            .limit(_MOST_STATES)
        )
        with self._database.reading() as connection:
            told = told_stages(connection)
            rows = connection.execute(query).all()
        return [StateUse(row.state, row.stage, row.incidents, plain_state(row.state) in told) for row in rows]

    def tell(self, meanings: Mapping[str, Stage | None], *, by: str | None = None) -> int:
        """Set the meanings of states in one act, `None` to withdraw one; returns the number of incidents it changes.

        States are compared by their plain names: "On-Hold" is "on hold". Raises InvalidError for one that is too long.
        """
        plain = {plain_state(state): (clean(state), stage) for state, stage in meanings.items()}
        if any(len(key) > _STATE_LIMIT for key in plain):
            raise InvalidError(
                Wording("state: has more than {limit} characters, so it is not a state", {"limit": _STATE_LIMIT})
            )
        with self._database.writing() as connection:
            connection.execute(delete(state_meanings).where(state_meanings.c.key.in_(plain)))
            now = datetime.now(UTC)
            told = [
                {"key": key, "state": state, "stage": stage, "by": by, "at": now}
                for key, (state, stage) in plain.items()
                if stage is not None
            ]
            if told:
                connection.execute(insert(state_meanings), told)
            return _read_again(connection, set(plain), Origin(EventSource.STATE_MEANING, by))


def told_stages(connection: Connection) -> dict[str, Stage]:
    """Return what the organisation said that states mean, by their plain names."""
    return {row.key: row.stage for row in connection.execute(select(state_meanings.c.key, state_meanings.c.stage))}


def as_told(incident: Incident, told: Mapping[str, Stage]) -> Incident:
    """Return an incident in the stage that was said of its state, as it is where nothing was said."""
    if not told or incident.state == EXAMPLE_STATE:
        return incident
    stage = told.get(plain_state(incident.state))
    return incident if stage in (None, incident.stage) else replace(incident, stage=stage)


def _read_again(connection: Connection, keys: set[str], origin: Origin) -> int:
    """Set the current stage of incidents with these states; returns the number that changed."""
    told, now = told_stages(connection), datetime.now(UTC)
    changed: dict[Stage, list[str]] = {}
    events = list[IncidentEvent]()
    for incident in _with_states(connection, keys):
        stage = as_told(incident.in_state(incident.state), told).stage
        if stage is not incident.stage:
            changed.setdefault(stage, []).append(incident.number)
            dated = replace(origin, at=incident.updated_at)
            events += events_of_change(incident, replace(incident, stage=stage), dated, now)
    append(connection, events)
    if changed:
        revision = next_revision(connection)
    for stage, numbers in changed.items():
        for start in range(0, len(numbers), KEYS_A_QUERY):
            some = incidents.c.number.in_(numbers[start : start + KEYS_A_QUERY])
            connection.execute(update(incidents).where(some).values(stage=stage, revision=revision))
    return sum(map(len, changed.values()))


def _with_states(connection: Connection, keys: set[str]) -> Iterator[Incident]:
    query = select(incidents.c.state).where(incidents.c.state != EXAMPLE_STATE).distinct()
    for state in [state for state in connection.execute(query).scalars() if plain_state(state) in keys]:
        rows = connection.execute(select(incidents).where(incidents.c.state == state))
        yield from map(incident_from_row, rows.all())
