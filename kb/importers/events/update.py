"""Logged updates: one entry of an audit log, whatever its shape, and the events that it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kb.records.incident_changes import Values, events_of_update
from kb.records.incident_event import EventKind, EventSource, IncidentEvent, Origin
from kb.vocabulary.stage import Stage
from kb.vocabulary.states import plain_state, stage_of

_SOURCE = EventSource.AUDIT_LOG


@dataclass(frozen=True, slots=True)
class LoggedUpdate:
    """What changed in one incident at one moment: values `before`, where the log has them, and `after`.

    `opened_at` is when the incident was registered, where the entry says so. `kinds` are further events, such as an
    answer to the caller.
    """

    number: str
    at: datetime
    by: str | None = None
    before: Mapping[str, str | None] = field(default_factory=dict)
    after: Mapping[str, str | None] = field(default_factory=dict)
    opened_at: datetime | None = None
    kinds: tuple[EventKind, ...] = ()


@dataclass(frozen=True, slots=True)
class StateReader:
    """Reads the meaning of a tool's state: as the organisation defined it, else by the tool's words."""

    tool: str | None
    meanings: Mapping[str, Stage]

    def stage(self, state: str | None) -> str | None:
        """Return the name of the stage of a state, `None` where there is no state."""
        if not state:
            return None
        return (self.meanings.get(plain_state(state)) or stage_of(state, self.tool)).value

    def with_stage(self, values: Mapping[str, str | None]) -> Values:
        """Return values with the stage that their state means."""
        return {**values, "stage": self.stage(values["state"])} if "state" in values else dict(values)


def logged_events(updates: Iterable[LoggedUpdate], states: StateReader, now: datetime) -> Iterator[IncidentEvent]:
    """Yield the events of updates, incident by incident in the order of time.

    The first update that says when its incident was registered becomes that event, with the initial values. Repeated
    values are no events.
    """
    number, values = "", Values()
    for update in sorted(updates, key=lambda one: (one.number, one.at)):
        if update.number != number:
            number, values = update.number, Values()
            if update.opened_at is not None:
                registered = _registered(update, states, now)
                values |= registered.after
                yield registered
        before = {**values, **states.with_stage(update.before)}
        after = states.with_stage(update.after)
        yield from events_of_update(number, before, after, Origin(_SOURCE, update.by, update.at), now)
        for kind in update.kinds:
            yield IncidentEvent(number, kind, update.at, now, update.by, source=_SOURCE)
        values = {**before, **after}


def _registered(update: LoggedUpdate, states: StateReader, now: datetime) -> IncidentEvent:
    """Return the registration of an incident, with the values in its first update."""
    began = {**update.after, **update.before}
    state = began.pop("state", None)
    known = {name: value for name, value in began.items() if value and name in update.before}
    if not update.before:
        known = {name: value for name, value in began.items() if value}
    is_new = states.stage(state) == Stage.NEW
    after: Values = {**known, "stage": Stage.NEW.value, **({"state": state} if is_new else {})}
    return IncidentEvent(
        update.number, EventKind.REGISTERED, update.opened_at or update.at, now, after=after, source=_SOURCE
    )
