"""The life of an incident as its clocks see it: what held from when on, read from its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.practice.calendar import second_of
from kb.practice.target import CONDITIONS, Circumstances
from kb.records.incident import Incident
from kb.records.incident_event import EventKind, IncidentEvent
from kb.records.incident_history import is_stage_dated, value_changes
from kb.vocabulary.stage import Stage

_FIELDS = {
    "priority": ("priority",),
    "service": ("service",),
    "group": ("assignment_group",),
    "customer": ("caller", "customer", "company", "organisation", "organization", "account"),
    "category": ("category",),
    "location": ("location",),
}
"""Fields and further columns that hold what a target may depend on."""
_TRACKED = ("stage", *dict.fromkeys(name for names in _FIELDS.values() for name in names))
_STAGES = frozenset(Stage)
_RESPONSES = frozenset({EventKind.RESPONDED, EventKind.WORKED_ON})
"""Events that answer the caller or work on the incident; whether a stage is a response, the practice says."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What holds from a second on: stage, group, and the circumstances that targets depend on."""

    at: int
    stage: Stage
    group: str | None
    circumstances: Circumstances


@dataclass(frozen=True, slots=True)
class Life:
    """The situations of an incident, in their order, and when somebody first responded or accepted it by an event.

    The first situation begins when the incident was logged. An incident that has no events has none. `is_stage_dated`
    says whether somebody told since when it is in its stage; where nobody did, it counts from the import.
    """

    number: str
    situations: tuple[Situation, ...]
    responded_at: int | None = None
    accepted_at: int | None = None
    is_stage_dated: bool = True


def life_of(incident: Incident, events: Sequence[IncidentEvent]) -> Life:
    """Return the life of an incident that its events tell, which are in the order in which they were recorded.

    What no event mentions holds from the beginning.
    """
    if not events:
        return Life(incident.number, ())
    began = _began(incident, events)
    known = {name: _own(incident, name) for name in _TRACKED}
    moments: dict[int, dict[str, str | None]] = {began: {}}
    for name in {name for event in events for name in event.after}.intersection(_TRACKED):
        changes = value_changes(events, name)
        known[name] = changes[0].event.before.get(name)
        for change in changes:
            moments.setdefault(max(second_of(change.at), began), {})[name] = change.value
    situations = list[Situation]()
    circumstances = _circumstances(known)
    for at in sorted(moments):
        known |= moments[at]
        if moments[at].keys() - {"stage"}:
            circumstances = _circumstances(known)
        _append(situations, _situation(at, known, circumstances))
    is_dated = is_stage_dated(incident, events)
    responded_at = _first(events, _RESPONSES, began)
    accepted_at = _first(events, frozenset({EventKind.ACCEPTED}), began)
    return Life(incident.number, tuple(situations), responded_at, accepted_at, is_dated)


def _first(events: Sequence[IncidentEvent], kinds: frozenset[EventKind], began: int) -> int | None:
    """Return the second of the first event of some kinds, none before the incident was logged."""
    moments = [second_of(event.happened_at) for event in events if event.kind in kinds]
    return max(min(moments), began) if moments else None


def circumstances_of(incident: Incident) -> Circumstances:
    """Return what targets and rules may depend on, as an incident is now."""
    return _circumstances({name: _own(incident, name) for name in _TRACKED})


def _began(incident: Incident, events: Sequence[IncidentEvent]) -> int:
    """Return when an incident was logged: what it says, else what its events say."""
    registered = (event.happened_at for event in events if event.kind is EventKind.REGISTERED)
    return second_of(incident.opened_at or min(registered, default=min(event.happened_at for event in events)))


def _own(incident: Incident, name: str) -> str | None:
    return incident.stage if name == "stage" else incident.value(name)


def _circumstances(known: Mapping[str, str | None]) -> Circumstances:
    return tuple(tuple(value for name in _FIELDS[condition] if (value := known.get(name))) for condition in CONDITIONS)


def _situation(at: int, known: Mapping[str, str | None], circumstances: Circumstances) -> Situation:
    stage = known["stage"] or Stage.NEW
    return Situation(at, Stage(stage) if stage in _STAGES else Stage.UNKNOWN, known["assignment_group"], circumstances)


def _append(situations: list[Situation], situation: Situation) -> None:
    """Add a situation, in place of one of the same second, unless nothing changes with it."""
    if situations and situations[-1].at == situation.at:
        situations.pop()
    last = situations[-1] if situations else None
    if last is None or (last.stage, last.group, last.circumstances) != (
        situation.stage,
        situation.group,
        situation.circumstances,
    ):
        situations.append(situation)
