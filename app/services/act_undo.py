"""Undo of acts, each in one act: what a person did is put back, and what it taught is withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.composition import Services
from app.services.board import keep_limits
from app.services.major_children import unlink_joined
from app.services.major_room import note, work_values
from kb.records.act import Act, ActKind, RefusedUndo, UndoError, UndoObstacle
from kb.records.incident import Incident
from kb.records.incident_event import EventSource, IncidentEvent, Origin
from kb.records.incident_moves import moved
from kb.records.major_room import RoomEventKind
from kb.storage.act_store import state_of, with_state
from kb.vocabulary.stage import Stage
from triage.corrections import withdraw

_UNDONE = "undone"
_OF_ROOMS = frozenset({ActKind.TASK, ActKind.ACTION, ActKind.LINK})


def undo_act(services: Services, key: int, *, by: str | None) -> Incident:
    """Put back what an act changed and withdraw what it taught, in one act; returns the incident as it is then.

    An incident that was logged is cancelled, since nothing is deleted. Raises UnknownRecordError, UndoError where it
    was undone already or somebody has changed any of it since, by whom and when, and OverLimitError where the board has
    no room for it any more.
    """
    store, now = services.store, datetime.now(UTC)
    with store.database.writing():
        act = store.acts.get(key)
        if act.undone_at is not None:
            refusal = RefusedUndo(UndoObstacle.UNDONE_ALREADY, by=act.undone_by, at=act.undone_at)
            raise UndoError(f"this was undone already{_by(act.undone_by, act.undone_at)}", refusal)
        if act.kind in _OF_ROOMS:
            _undo_in_room(services, act, by=by, at=now)
            store.acts.undone(act.id, by=by, at=now)
            return store.incident(act.number)
        _check_untouched(services, act)
        withdraw(store, store.feedback.holding(act=act.id), by=by, at=now)
        origin = Origin(EventSource.API, by, now, note=_UNDONE)
        before = store.incident(act.number)
        store.update(act.number, lambda incident: _undone(services, act, incident, now), origin)
        store.acts.undone(act.id, by=by, at=now)
        after = store.incident(act.number)
        keep_limits(services, before, after, override=None, by=by, at=now)
        return after


def _undo_in_room(services: Services, act: Act, *, by: str | None, at: datetime) -> None:
    """Take back what was added to a major incident; its timeline keeps both."""
    lead, work = act.number, services.major_work
    if act.kind is ActKind.LINK:
        unlink_joined(services, lead, act, by=by, at=at)
        return
    is_task = act.kind is ActKind.TASK
    kept = {one.id: work_values(one) for one in (work.tasks(lead) if is_task else work.actions(lead))}
    if kept.get(act.after["id"]) != act.after:
        refusal = RefusedUndo(UndoObstacle.CHANGED_SINCE, act.kind.value)
        raise UndoError(f"the {act.kind} was changed since: look at it first", refusal)
    if is_task:
        work.remove_task(lead, act.after["id"])
        note(services, lead, RoomEventKind.TASK, f"Task taken back: {act.after['title']}", by=by, at=at)
    else:
        work.remove_action(lead, act.after["id"])
        note(services, lead, RoomEventKind.ACTION, f"Action taken back: {act.after['what']}", by=by, at=at)


def _undone(services: Services, act: Act, incident: Incident, now: datetime) -> Incident:
    """Return an incident without what an act did to it."""
    if act.kind is not ActKind.LOG:
        return with_state(incident, act.before)
    unsolved = replace(incident.in_state("new"), resolved_at=None, closed_at=None, resolution=None, articles=())
    return moved(unsolved, Stage.CANCELLED, now, services.store.states.told())


def _check_untouched(services: Services, act: Act) -> None:
    """Raise UndoError where what an act changed is not as it left it."""
    now = state_of(services.store.incident(act.number))
    newest = max(services.store.feedback.holding(act=act.id), default=None)
    for name, value in act.after.items():
        later = services.store.feedback.holding(number=act.number, field=name)
        if now.get(name) != value or (newest is not None and later and later[-1] > newest):
            last = _last_change(services, act, name)
            by, at = (None, None) if last is None else (last.by, last.happened_at)
            who = "" if at is None else _by(by, at)
            refusal = RefusedUndo(UndoObstacle.CHANGED_SINCE, name, by, at)
            raise UndoError(f"{name} was changed since{who}: look at it first", refusal)


def _last_change(services: Services, act: Act, name: str) -> IncidentEvent | None:
    """Return the event that changed a value of an incident last, where that is known."""
    events = [one for one in services.store.events.of(act.number) if name in one.after]
    return events[-1] if events else None


def _by(person: str | None, at: datetime) -> str:
    return f"{f' by {person}' if person else ''} at {at:%Y-%m-%d %H:%M} UTC"
