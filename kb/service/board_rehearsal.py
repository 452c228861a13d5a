"""Board rehearsal: which steps of the past would have gone beyond the limits of another board."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TypeAlias

from kb.practice.board import BoardRules
from kb.records.board import Limit, LimitKind
from kb.records.incident import Incident
from kb.records.incident_event import IncidentEvent
from kb.records.incident_history import value_changes
from kb.vocabulary.stage import Stage

_NAMES = ("stage", "assignment_group", "assigned_to", "priority", "service")
"""Values by which an incident counts against limits."""
_STAGES = frozenset(Stage)

Values: TypeAlias = tuple[str | None, ...]
Step: TypeAlias = tuple[datetime, int, str, Values]
"""When an incident came to its values, the position of the event in the log, its number, and the values."""
LimitPlace: TypeAlias = tuple[LimitKind, Stage | None, str | None]


@dataclass(frozen=True, slots=True)
class LimitDifference:
    """A place with a limit, that limit under either practice, and how many steps went beyond it."""

    place: LimitPlace
    most: tuple[int | None, int | None]
    beyond: tuple[int, int]


@dataclass
class BoardRehearsal:
    """How often the limits of two boards would have been exceeded by what happened, which both take as it was."""

    before: BoardRules
    after: BoardRules
    steps: list[Step] = field(default_factory=list)

    def add(self, incident: Incident, events: Sequence[IncidentEvent]) -> None:
        """Note the steps of one incident, whose events are in the order in which they were recorded."""
        self.steps += _steps(incident, events)

    def differences(self, since: datetime, until: datetime) -> list[LimitDifference]:
        """Return the limits that were exceeded from one moment to before another, those that differ most first."""
        known = [_Board(rules) for rules in (self.before, self.after)]
        for at, _, number, values in sorted(self.steps, key=lambda step: step[:3]):
            for board in known:
                board.step(number, values, is_counted=since <= at < until)
        old, new = known
        found = [
            LimitDifference(place, (old.most.get(place), new.most.get(place)), (old.beyond[place], new.beyond[place]))
            for place in dict.fromkeys((*old.beyond, *new.beyond))
            if old.beyond[place] or new.beyond[place]
        ]
        return sorted(found, key=lambda one: (-abs(one.beyond[1] - one.beyond[0]), -sum(one.beyond), str(one.place)))


class _Board:
    """The counts of a board while history goes by."""

    def __init__(self, rules: BoardRules) -> None:
        self._limits = cache(lambda values: tuple(_limits(rules, values)))
        self._held: dict[str, tuple[Limit, ...]] = {}
        self._counts = Counter[Limit]()
        self.most: dict[LimitPlace, int] = {}
        self.beyond = defaultdict[LimitPlace, int](int)

    def step(self, number: str, values: Values, *, is_counted: bool) -> None:
        """Let an incident come to its values, and count the limits that it goes beyond."""
        before, after = self._held.get(number, ()), self._limits(values)
        if before == after:
            return
        for limit in after:
            if limit in before:
                continue
            place = limit.kind, limit.stage, limit.name
            self.most[place] = limit.most
            self.beyond[place] += is_counted and self._counts[limit] >= limit.most
            self._counts[limit] += 1
        for limit in before:
            if limit not in after:
                self._counts[limit] -= 1
        self._held[number] = after


def _limits(rules: BoardRules, values: Values) -> list[Limit]:
    stage, group, person, priority, service = values
    if stage not in _STAGES:
        return []
    incident = Incident(
        "", stage=Stage(stage), assignment_group=group, assigned_to=person, priority=priority, service=service
    )
    return rules.limits_on(incident)


def _steps(incident: Incident, events: Sequence[IncidentEvent]) -> Iterator[Step]:
    """Yield each change of the values, in the order of time; what no event mentions holds from the beginning."""
    known: dict[str, str | None] = {}
    moments = defaultdict[datetime, dict[str, str | None]](dict)
    places: dict[datetime, int] = {}
    for name in _NAMES:
        changes = value_changes(events, name)
        known[name] = changes[0].event.before.get(name) if changes else _own(incident, name)
        for change in changes:
            moments[change.at][name] = change.value
            places[change.at] = max(places.get(change.at, 0), change.event.id)
    for at in sorted(moments):
        known |= moments[at]
        yield at, places[at], incident.number, tuple(known[name] for name in _NAMES)


def _own(incident: Incident, name: str) -> str | None:
    return incident.stage.value if name == "stage" else incident.value(name)
