"""Incident changes: which events a write of an incident is, by what differs before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from kb.records.incident import EXAMPLE_STATE, LABELS, Incident
from kb.records.incident_event import EventKind, EventSource, IncidentEvent, Origin
from kb.vocabulary.stage import Stage

ARTICLE = "article"
NOTE = "note"
"""Names of values that are no fields of an incident."""

_GROUP = "assignment_group"
_OWNERS = (_GROUP, "assigned_to")
# who calls and over which channel say nothing of what was done
_CLASSIFICATION = tuple(name for name in LABELS if name not in (*_OWNERS, "caller", "channel"))
_OVER = frozenset({Stage.RESOLVED, Stage.CLOSED, Stage.CANCELLED})
_ENDINGS = {*_OVER, Stage.UNKNOWN}
_KINDS = {
    Stage.NEW: EventKind.RETURNED,
    Stage.ASSIGNED: EventKind.ASSIGNED,
    Stage.IN_PROGRESS: EventKind.ACCEPTED,
    Stage.WAITING: EventKind.WAITING,
    Stage.RESOLVED: EventKind.RESOLVED,
    Stage.CLOSED: EventKind.CLOSED,
    Stage.CANCELLED: EventKind.CANCELLED,
    Stage.UNKNOWN: EventKind.CHANGED,
}

Values = dict[str, str | None]

TRACKED = ("stage", "state", *_OWNERS, *_CLASSIFICATION)
"""Fields that events tell of."""


def tracked_values(incident: Incident) -> Values:
    """Return the values of an incident that its events tell: stage, state, owner and classification."""
    labels = {name: incident.value(name) for name in (*_OWNERS, *_CLASSIFICATION)}
    return {"stage": incident.stage.value, "state": incident.state, **labels}


def events_of_new(incident: Incident, origin: Origin, now: datetime) -> list[IncidentEvent]:
    """Return what the fields of an incident that was not known before tell of its life.

    Times that no field tells are those of the last update, or now. Counts of reassignments and reopenings have no
    times, so they make no event; a group is known from the beginning only where there were no reassignments.
    """
    if incident.state == EXAMPLE_STATE:
        return []
    values = {name: value for name, value in tracked_values(incident).items() if value}
    state = {"state": values.pop("state")} if "state" in values else {}
    stage = Stage(values.pop("stage"))
    owner = {name: values.pop(name) for name in _OWNERS if name in values}
    seen = _utc(incident.updated_at) or origin.at or now
    life = _Life(incident.number, origin, now)
    life.add(EventKind.REGISTERED, _registered_at(incident, origin, now), {**values, "stage": Stage.NEW.value})
    if incident.reassignment_count:
        ended = _utc(incident.resolved_at) or _utc(incident.closed_at) or seen
        life.add(EventKind.ASSIGNED, ended, owner)
    elif incident.assigned_at is not None and stage is not Stage.NEW:
        life.add(EventKind.ASSIGNED, _utc(incident.assigned_at), {**owner, "stage": Stage.ASSIGNED.value})
    else:
        life.tell(owner)
    if stage in (Stage.NEW, life.stage):
        life.tell(state)
    elif stage in _OVER:
        _end(life, stage, incident, state, seen)
    else:
        life.add(_KINDS[stage], seen, {"stage": stage.value, **state})
    return life.done(origin.note)


def events_of_change(before: Incident, after: Incident, origin: Origin, now: datetime) -> list[IncidentEvent]:
    """Return what a change of an incident tells, at the times that its fields say, else at its last update or now."""
    if after.state == EXAMPLE_STATE:
        return []
    old, new = tracked_values(before), tracked_values(after)
    at = origin.at or (_utc(after.updated_at) if after.updated_at != before.updated_at else None) or now
    life = _Life(after.number, origin, now, old)
    if after.opened_at != before.opened_at:
        life.add(EventKind.CHANGED, at, {"opened_at": _text(after.opened_at)}, {"opened_at": _text(before.opened_at)})
    life.add(EventKind.CLASSIFIED, at, _differing(old, new, _CLASSIFICATION))
    if origin.source is EventSource.CORRECTION:
        further = {name: value for name, value in after.extra.items() if before.extra.get(name) != value}
        life.add(EventKind.CLASSIFIED, at, further, {name: before.extra.get(name) for name in further})
    owner = _differing(old, new, _OWNERS)
    kind = stage_change(before.stage, after.stage)
    state = _differing(old, new, ("stage", "state"))
    if kind is EventKind.ASSIGNED:
        owner, state = {**owner, **state}, {}
    had_owner = any(old[name] for name in _OWNERS if name in owner)
    assigned_at = _utc(after.assigned_at) if after.assigned_at != before.assigned_at and not had_owner else None
    life.add(EventKind.REASSIGNED if had_owner else EventKind.ASSIGNED, assigned_at or at, owner)
    linked = [] if set(before.articles) - set(after.articles) else set(after.articles) - set(before.articles)
    for article in sorted(linked):
        life.add(EventKind.LINKED, at, {ARTICLE: article})
    ended = after.stage in _OVER and (before.resolved_at, before.closed_at) != (after.resolved_at, after.closed_at)
    if after.stage in _OVER and ("stage" in state or ended):
        _end(life, after.stage, after, state, at, known=before)
    else:
        life.add(kind or EventKind.CHANGED, at, state)
    return life.done(origin.note)


def events_of_update(number: str, before: Values, after: Values, origin: Origin, now: datetime) -> list[IncidentEvent]:
    """Return what an entry of another system's log tells: values that changed, by name.

    Values that `before` does not have are news where they are not empty.
    """
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    life = _Life(number, origin, now, dict(before))
    life.add(EventKind.CLASSIFIED, origin.at, {name: changed[name] for name in _CLASSIFICATION if name in changed})
    owner = {name: changed[name] for name in _OWNERS if name in changed}
    state: Values = {name: changed[name] for name in ("stage", "state") if name in changed}
    kind = stage_change(_stage(before), _stage(after)) if state.get("stage") else None
    if kind is EventKind.ASSIGNED:
        owner, state = {**owner, **state}, {}
    had_owner = any(before.get(name) for name in _OWNERS if name in owner)
    life.add(EventKind.REASSIGNED if had_owner else EventKind.ASSIGNED, origin.at, owner)
    life.add(kind or EventKind.CHANGED, origin.at, state)
    known = {*_CLASSIFICATION, *_OWNERS, "stage", "state"}
    life.add(EventKind.CHANGED, origin.at, {name: value for name, value in changed.items() if name not in known})
    return life.events


def event_of_undoing(before: Incident, after: Incident | None, origin: Origin, now: datetime) -> list[IncidentEvent]:
    """Return what is told where an incident is again as it was before an import, `None` where it was not there."""
    if before.state == EXAMPLE_STATE:
        return []
    old = tracked_values(before)
    new: Values = dict.fromkeys(old) if after is None else tracked_values(after)
    life = _Life(before.number, origin, now, old)
    kind = EventKind.WITHDRAWN if after is None else EventKind.CHANGED
    life.add(kind, now, _differing(old, new, tuple(old)))
    return life.done(origin.note)


def stage_change(before: Stage, after: Stage) -> EventKind | None:
    """Return what it is called when an incident goes from one stage to another, `None` where it stays."""
    if before is after:
        return None
    if before in _OVER and after not in _ENDINGS:
        return EventKind.REOPENED
    if before is Stage.WAITING and after not in _ENDINGS:
        return EventKind.RESUMED
    if before is Stage.IN_PROGRESS and after is Stage.ASSIGNED:
        return EventKind.RETURNED
    return _KINDS[after]


@dataclass(slots=True)
class _Life:
    """Events of one incident from one write; no stage begins before the one that it follows."""

    number: str
    origin: Origin
    now: datetime
    values: Values = field(default_factory=dict)
    events: list[IncidentEvent] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        return _stage(self.values)

    def add(
        self,
        kind: EventKind,
        at: datetime | None,
        after: Mapping[str, str | None],
        before: Mapping[str, str | None] | None = None,
    ) -> None:
        """Add an event that leaves these values, where there are any."""
        if not after:
            return
        stages = [event.happened_at for event in self.events if "stage" in event.after and "stage" in after]
        known = {name: self.values[name] for name in after if self.values.get(name) is not None}
        event = IncidentEvent(
            self.number,
            kind,
            max([at or self.now, *stages]),
            self.now,
            self.origin.by,
            before=known if before is None else before,
            after=dict(after),
            source=self.origin.source,
        )
        self.events.append(event)
        self.values |= after

    def tell(self, values: Mapping[str, str | None]) -> None:
        """Let the last event leave these values too."""
        if values:
            self.events[-1] = replace(self.events[-1], after={**self.events[-1].after, **values})
            self.values |= values

    def done(self, note: str | None) -> list[IncidentEvent]:
        if note and self.events:
            self.tell({NOTE: note})
        return self.events


def _end(
    life: _Life,
    stage: Stage,
    incident: Incident,
    state: Mapping[str, str | None],
    at: datetime,
    *,
    known: Incident | None = None,
) -> None:
    """Add how an incident ended: resolved and closed at the times that it says, where those are news."""
    if known is None or known.stage is Stage.UNKNOWN:
        resolved_at, closed_at = _utc(incident.resolved_at), _utc(incident.closed_at)
    else:
        resolved_at = _utc(incident.resolved_at) if incident.resolved_at != known.resolved_at else None
        closed_at = _utc(incident.closed_at) if incident.closed_at != known.closed_at else None
    values = {**state, "stage": stage.value}
    if stage is Stage.RESOLVED:
        life.add(EventKind.RESOLVED, resolved_at or closed_at or at, values)
        return
    if stage is Stage.CLOSED and resolved_at is not None:
        life.add(EventKind.RESOLVED, resolved_at, {"stage": Stage.RESOLVED.value})
    life.add(_KINDS[stage], closed_at or at, values)


def _registered_at(incident: Incident, origin: Origin, now: datetime) -> datetime:
    """Return when an incident was logged, at the latest when anything else is known to have happened to it."""
    times = [incident.assigned_at, incident.resolved_at, incident.closed_at, incident.updated_at, origin.at]
    return _utc(incident.opened_at) or min([now, *(at for one in times if (at := _utc(one)) is not None)])


def _stage(values: Values) -> Stage:
    return Stage(values.get("stage") or Stage.UNKNOWN)


def _differing(old: Values, new: Values, names: tuple[str, ...]) -> Values:
    return {name: new[name] for name in names if old[name] != new[name]}


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
