"""Acts in the queue: what a person does to many incidents at once, each checked and done apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from app.composition import Services
from app.services.board import keep_limits
from app.services.field_modes import fields_with_modes
from app.services.field_values import known_fields
from app.services.suggesting import suggest_stored
from kb.records.act import (
    ActKind,
    ActObstacle,
    ActResult,
    ActStatus,
    RefusedAct,
    SupersededError,
    WantedAct,
)
from kb.records.board import Excess, OverLimitError
from kb.records.errors import UnknownRecordError
from kb.records.feedback import Feedback
from kb.records.incident import FIELDS, Incident
from kb.records.incident_event import EventSource, Origin
from kb.records.wording import Wording, wording_of
from kb.service.allowed_values import UnknownValueError
from kb.storage.act_store import with_state
from models.errors import ConflictError, InvalidError, TriageError
from triage.corrections import teach, withdraw
from triage.suggestion import FieldSuggestion

_LEARNT = frozenset(field.name for field in FIELDS if field.learnt)
# Incidents that are suggested for at once: a quarter of a second, so that other answers need not wait for longer.
_A_TURN = 50

Shown = Mapping[str, FieldSuggestion]


def do_acts(services: Services, wanted: Sequence[WantedAct], *, by: str | None) -> list[ActResult]:
    """Do what a person wants, one incident after the other, each in an act of its own; returns what became of each."""
    shown = _shown(services, wanted)
    known = frozenset(known_fields(services))
    return [_result(services, one, shown.get(one.number, {}), known, by=by) for one in wanted]


def _shown(services: Services, wanted: Iterable[WantedAct]) -> dict[str, Shown]:
    """Return what is suggested now for the open incidents whose suggestions somebody accepts or decides against."""
    numbers = {one.number for one in wanted if one.kind is ActKind.ACCEPT or one.fields}
    incidents = [one for one in services.store.incidents_of(numbers) if one.is_open]
    found = dict[str, Shown]()
    for start in range(0, len(incidents), _A_TURN):
        turn = incidents[start : start + _A_TURN]
        found |= {one.ticket.number: one.shown for one in suggest_stored(services, turn, is_shown=False)}
    return found


def _result(services: Services, wanted: WantedAct, shown: Shown, known: frozenset[str], *, by: str | None) -> ActResult:
    try:
        fields, key, excesses = _do(services, wanted, shown, known, by=by)
    except UnknownRecordError as error:
        is_there = bool(services.store.incidents_of([wanted.number]))
        status = ActStatus.REFUSED if is_there else ActStatus.UNKNOWN
        article = RefusedAct(ActObstacle.UNKNOWN_ARTICLE, value=wanted.article)
        refusal = article if is_there else RefusedAct(ActObstacle.UNKNOWN_INCIDENT)
        return ActResult(wanted.number, status, wording_of(error), refusal=refusal)
    except UnknownValueError as error:
        unknown = RefusedAct(ActObstacle.UNKNOWN_VALUE, error.field, error.value)
        return ActResult(wanted.number, ActStatus.REFUSED, wording_of(error), refusal=unknown)
    except SupersededError as error:
        return ActResult(wanted.number, ActStatus.SUPERSEDED, wording_of(error), refusal=error.refusal)
    except TriageError as error:
        excesses = error.excesses if isinstance(error, OverLimitError) else ()
        return ActResult(wanted.number, ActStatus.REFUSED, wording_of(error), excesses=excesses)
    return ActResult(wanted.number, ActStatus.DONE, fields=fields, undo=key, excesses=excesses)


def _do(
    services: Services, wanted: WantedAct, shown: Shown, known: frozenset[str], *, by: str | None
) -> tuple[dict[str, str | None], int, tuple[Excess, ...]]:
    """Do one act; returns the values that it gave, its id, and the limits of the board that it goes beyond."""
    store, now = services.store, datetime.now(UTC)
    with store.database.writing():
        before = store.incident(wanted.number)
        values = _accepted(before, wanted, shown) if wanted.kind is ActKind.ACCEPT else dict(wanted.fields)
        _check(services, before, wanted, values, known)
        key = store.acts.begin(wanted.number, wanted.kind, by=by, at=now)
        for name, value in values.items():
            _give(services, before, name, value, seen=_seen(before, wanted, shown, name), act=key, by=by, at=now)
        if wanted.kind is ActKind.RESOLVE:
            _resolve(services, wanted, by=by, at=now)
        after = store.incident(wanted.number)
        excesses = keep_limits(services, before, after, override=wanted.override, by=by, at=now)
        store.acts.finish(key, before, after)
    return values, key, excesses


def _accepted(before: Incident, wanted: WantedAct, shown: Shown) -> dict[str, str | None]:
    """Return the suggested values that a person accepts; raises SupersededError where they saw others."""
    seen = {**wanted.fields, **wanted.expected}
    values: dict[str, str | None] = {}
    for name in seen or shown:
        expected, current = seen.get(name), before.value(name)
        if current is not None:
            if current == expected:
                continue
            raise _changed(name, current)
        best = shown[name].value if name in shown else None
        if best is None and name not in seen:
            continue
        if best is None:
            refusal = RefusedAct(ActObstacle.NO_SUGGESTION, name)
            raise SupersededError(f"nothing is suggested for {name} any more: choose a value", refusal)
        if expected is not None and best != expected:
            refusal = RefusedAct(ActObstacle.OTHER_SUGGESTION, name, best)
            raise SupersededError(f"{best!r} is suggested for {name} by now, not {expected!r}", refusal)
        values[name] = best
    if not values and not seen:
        raise ConflictError(Wording("nothing is suggested: choose the values"))
    return values


def _check(
    services: Services,
    before: Incident,
    wanted: WantedAct,
    values: Mapping[str, str | None],
    known: frozenset[str],
) -> None:
    """Raise an error for an act that cannot be done as it is wanted."""
    for name in values:
        if name not in known:
            raise InvalidError(f"{name}: is not a field", field=name)
    services.catalogue.check(values)
    if wanted.kind is ActKind.SET and not values:
        raise InvalidError("fields: name at least one value to set", field="fields")
    if wanted.kind is ActKind.RESOLVE and not before.is_open:
        raise SupersededError(
            f"the incident is {before.state} already", RefusedAct(ActObstacle.NOT_OPEN, value=before.stage.value)
        )
    _check_seen(before, wanted, values)


def _check_seen(before: Incident, wanted: WantedAct, values: Mapping[str, str | None]) -> None:
    """Raise SupersededError where a value is another one than the person saw."""
    for name, expected in wanted.expected.items():
        current = before.value(name)
        is_other = current != (expected or None)
        if wanted.kind is ActKind.SET and name in values and current is not None and is_other:
            raise _changed(name, current)
        if wanted.kind is ActKind.RESOLVE and is_other:
            raise _changed(name, current)


def _changed(name: str, current: str | None) -> SupersededError:
    words = f"{name} is {current!r} by now" if current else f"{name} is empty by now"
    return SupersededError(words, RefusedAct(ActObstacle.VALUE_CHANGED, name, current))


def _seen(before: Incident, wanted: WantedAct, shown: Shown, name: str) -> str | None:
    """Return the value that a person had before them: that of the incident, else what was suggested."""
    best = shown[name].value if name in shown else None
    return before.value(name) or wanted.expected.get(name) or best


def _give(
    services: Services,
    before: Incident,
    name: str,
    value: str | None,
    *,
    seen: str | None,
    act: int,
    by: str | None,
    at: datetime,
) -> None:
    """Give a field of an incident a value; of a field that is learnt it teaches, until it is taken away."""
    store = services.store
    teaches = name in _LEARNT or name in fields_with_modes(services)
    if value and teaches:
        decision = Feedback(name, value, at, number=before.number, suggested=seen, by=by, act=act)
        teach(store, decision, None)
        return
    if teaches:
        withdraw(store, store.feedback.holding(number=before.number, field=name), by=by, at=at)
    origin = Origin(EventSource.API, by, at)
    store.update(before.number, lambda incident: with_state(incident, {name: value or None}), origin)


def _resolve(services: Services, wanted: WantedAct, *, by: str | None, at: datetime) -> None:
    """Resolve an incident, with the article that solved it where one is named."""

    def resolved(incident: Incident) -> Incident:
        resolution = wanted.resolution or incident.resolution
        return replace(incident.in_state("resolved"), resolved_at=at, resolution=resolution)

    if wanted.article:
        services.knowledge.link(wanted.article, wanted.number, by=by)
    services.store.update(wanted.number, resolved, Origin(EventSource.API, by, at))
