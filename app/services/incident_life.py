"""The life of an incident: it is moved from stage to stage, and everything that happened to it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.composition import Services
from app.services.board import keep_limits
from kb.records.act import ActKind
from kb.records.board import Excess
from kb.records.feedback import Feedback
from kb.records.incident import PEOPLE, Incident
from kb.records.incident_changes import NOTE
from kb.records.incident_event import EventKind, EventSource, IncidentEvent, Origin, Said, Saying
from kb.records.incident_history import Timeline, hops, in_order, owner_at
from kb.records.incident_moves import moved
from kb.records.outcome import Outcome, OutcomeKind
from kb.records.wording import Wording
from kb.storage.article_uses import ArticleUse, UseKind
from kb.vocabulary.stage import Stage
from models.errors import InvalidError

# Clocks of two machines differ by less.
_CLOCKS_DIFFER = timedelta(minutes=5)
# As for logs of other tools, whose empty dates lie before it.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_USED = {UseKind.OPENED: Saying.READ, UseKind.CAPTURED: Saying.CAPTURED}
_SENTENCES = {
    Saying.CONFIRMED: "confirmed {value} as {field}",
    Saying.REFUSED: "refused {value} as {field}",
    Saying.READ: "read article {value}",
    Saying.CAPTURED: "captured as article {value}",
}


@dataclass(frozen=True, slots=True)
class Move:
    """A move that was done.

    `excesses` are the limits of the board that it goes beyond, `undo` is the id of its act, `None` where it closed or
    reopened the incident.
    """

    incident: Incident
    excesses: tuple[Excess, ...]
    undo: int | None


def move_incident(
    services: Services, number: str, to: str, *, by: str | None, note: str | None, override: str | None = None
) -> Move:
    """Take an incident to another stage in one act; `to` is a stage, or a state that means one.

    What closes or reopens it counts as an outcome, so that a record that does not know of it yet takes nothing back.
    Raises UnknownRecordError, UnknownStateError, IllegalMoveError with the reason, and OverLimitError where the board
    has no room.
    """
    store, at, undo = services.store, datetime.now(UTC), None
    with store.database.writing():
        before = store.incident(number)
        masked = store.masking.text(note, people=filter(None, map(before.value, PEOPLE))).text if note else None
        told = store.states.told()
        incident = store.update(number, lambda one: moved(one, to, at, told), Origin(EventSource.MOVE, by, at, masked))
        excesses = keep_limits(services, before, incident, override=override, by=by, at=at)
        if incident.stage is Stage.CLOSED:
            services.outcomes.note(Outcome(number, OutcomeKind.CLOSED, at, by=by))
        elif before.is_history and incident.is_open:
            services.outcomes.note(Outcome(number, OutcomeKind.REOPENED, at, by=by))
        else:
            undo = store.acts.begin(number, ActKind.MOVE, by=by, at=at)
            store.acts.finish(undo, before, incident)
        return Move(incident, excesses, undo)


def note_event(
    services: Services, number: str, kind: EventKind, *, by: str | None, note: str | None, at: datetime | None
) -> IncidentEvent:
    """Append something that changes no field of an incident, such as an answer to the caller, and tell of it.

    Raises UnknownRecordError, and InvalidError for a moment that lies in the future, before 1970, or before the
    incident was registered, where nothing can have happened but that it was detected.
    """
    store, now = services.store, datetime.now(UTC)
    if at is not None and at > now + _CLOCKS_DIFFER:
        raise InvalidError(Wording("at: lies in the future"), field="at")
    if at is not None and at < _EARLIEST:
        raise InvalidError(Wording("at: lies before 1970"), field="at")
    with store.database.writing():
        incident = store.incident(number)
        registered = incident.opened_at
        if at is not None and registered is not None and at < registered and kind is not EventKind.DETECTED:
            raise InvalidError(
                Wording(
                    "at: lies before {number} was registered, {moment} UTC",
                    {"number": number, "moment": f"{registered:%Y-%m-%d %H:%M}"},
                ),
                field="at",
            )
        masked = store.masking.text(note, people=filter(None, map(incident.value, PEOPLE))).text if note else None
        after = {NOTE: masked} if masked else {}
        event = IncidentEvent(number, kind, at or now, now, by, after=after, source=EventSource.API)
        store.events.add(event)
        services.notices.note_changes([(incident, [event])])
        return event


def timeline(services: Services, number: str) -> Timeline:
    """Return what happened to an incident; raises UnknownRecordError where nothing is known of it."""
    store = services.store
    with store.database.snapshot():
        events = store.events.of(number)
        if not events:
            store.incident(number)
        decided = [_of_decision(number, one) for one in store.feedback.all(number=number) if not _changed(one)]
        used = [_of_use(number, one) for one in services.knowledge.uses.all(number=number, kinds=list(_USED))]
    now = datetime.now(UTC)
    return Timeline(number, in_order([*events, *decided, *used]), owner_at(events, now), hops(events))


def _changed(decision: Feedback) -> bool:
    """Return whether a decision changed the incident, so that its own event tells of it."""
    return decision.chosen is not None and decision.chosen != decision.suggested


def _of_decision(number: str, decision: Feedback) -> IncidentEvent:
    what = Saying.REFUSED if decision.chosen is None else Saying.CONFIRMED
    said = Said(what, str(decision.suggested), decision.field)
    return _noted(number, decision.at, decision.by, said, EventSource.CORRECTION)


def _of_use(number: str, use: ArticleUse) -> IncidentEvent:
    return _noted(number, use.at, use.by, Said(_USED[use.kind], str(use.article)), EventSource.LINK)


def _noted(number: str, at: datetime, by: str | None, said: Said, source: EventSource) -> IncidentEvent:
    note = _SENTENCES[said.what].format(value=said.value, field=(said.field or "").replace("_", " "))
    return IncidentEvent(number, EventKind.NOTED, at, at, by, after={NOTE: note}, source=source, said=said)
