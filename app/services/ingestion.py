"""Arrivals: log an incident, then let answers use it, announce suggestions and propose major incidents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy.exc import SQLAlchemyError

from app.composition import Services
from app.services.board import limits_on_decision
from app.services.field_values import check_decision
from app.services.major_arrivals import keep_majors, major_findings
from app.services.major_children import join_alike
from app.services.suggesting import suggest_ticket
from kb.records.act import ActKind
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.webhook import Event
from kb.records.written import Written, WrittenIncident
from models.errors import UnavailableError
from triage.corrections import teach, withdraw


@dataclass(frozen=True, slots=True)
class ArticleLink:
    """The article that solved an incident, and who says so."""

    article: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Logging:
    """Says that logging an incident is an act that can be undone, and who does it."""

    by: str | None


@dataclass(frozen=True, slots=True)
class LoggedIncident:
    """What became of an incident that was logged: the ids of the decisions on it, and that of the act, if it is one."""

    written: WrittenIncident
    decisions: tuple[int, ...]
    undo: int | None = None


def log_incident(
    services: Services,
    record: Incident,
    decisions: Sequence[Feedback],
    *,
    overrides: Mapping[str, str | None] = MappingProxyType({}),
    link: ArticleLink | None = None,
    logging: Logging | None = None,
    revision: int | None = None,
    check: Callable[[Incident], None] = lambda _: None,
) -> LoggedIncident:
    """Write an incident, what a person decided on its fields and the article that solved it, in one act.

    It is written as `IncidentStore.write` does; the record itself is kept as it comes, what the decisions change of it
    keeps the limits of the board, unless `overrides` says of the field why it has to go beyond. With `logging` a new
    incident can be undone; one that was logged so and is sent again, as where the answer was lost, belongs to the same
    act. Raises UnknownValueError for a value that a field does not have, UnknownRecordError for a field or
    an article that is not there, and OverLimitError where the board has no room.
    """
    store, kept, act = services.store, list[int](), None
    for decision in decisions:
        check_decision(services, decision.field, decision.chosen)

    def keep(counts: Written) -> None:
        nonlocal act
        if logging is not None:
            act = _logging_act(services, record.number, decisions, by=logging.by, is_new=bool(counts.new))
        for decision in decisions:
            limits = limits_on_decision(services, decision, overrides.get(decision.field))
            kept.append(teach(store, replace(decision, act=act), None, check=limits)[0])
        if link is not None:
            services.knowledge.link(link.article, record.number, by=link.by)
        if act is not None:
            store.acts.finish(act, None, store.incident(record.number))

    (written,) = store.write([record], revision=revision, check=check, then=keep).incidents
    if kept or link is not None:
        stored = store.version(record.number)
        written = replace(written, incident=stored.incident, revision=stored.revision)
    return LoggedIncident(written, tuple(kept), act)


def _logging_act(
    services: Services, number: str, decisions: Iterable[Feedback], *, by: str | None, is_new: bool
) -> int | None:
    """Return the act of logging an incident, `None` where it was there before.

    Decisions that were stored in the same act before are withdrawn, since they come again.
    """
    store, now = services.store, datetime.now(UTC)
    if is_new:
        return store.acts.begin(number, ActKind.LOG, by=by, at=now)
    act = store.acts.logging(number)
    if act is not None:
        again = [key for one in decisions for key in store.feedback.holding(act=act, field=one.field)]
        withdraw(store, again, by=by, at=now)
    return act


def read_at_once(services: Services) -> None:
    """Read what was just written, so that the next answer need not; why that fails, the service's own turn says."""
    with suppress(UnavailableError, OSError, SQLAlchemyError):
        services.assistant.read_written()


def follow_up(services: Services, incidents: Sequence[Incident], *, now: datetime | None = None) -> None:
    """Do what follows from incidents that were just written; `now` is the present moment unless told.

    Nothing follows from restricted ones.
    """
    read_at_once(services)
    waiting = [incident for incident in incidents if incident.is_open]
    if not waiting:
        return
    now = now or datetime.now(UTC)
    # the watch before a connection: a storm that waits for the watch would else hold every connection of the pool
    with services.major_watch.lock, services.store.database.snapshot():
        waiting = services.store.restricted.unrestricted(waiting)
        is_wanted = services.webhooks.wanted(Event.SUGGESTION_READY)
        may_join = bool(services.major_rooms.active())
        majors = [] if may_join else major_findings(services, waiting, now=now)
    if may_join:
        known = join_alike(services, waiting, now=now)
        majors = major_findings(services, [one for one in waiting if one.number not in known], now=now)
    keep_majors(services, majors, now=now)
    if is_wanted:
        _announce_suggestions(services, waiting)


def _announce_suggestions(services: Services, waiting: Sequence[Incident]) -> None:
    """Tell who listens what is suggested for incidents that are open: values, model and evidence, no ticket text."""
    for incident in waiting:
        found = suggest_ticket(services, incident, is_masked=True).suggestion
        fields = {
            name: {
                "value": field.value,
                "confidence": field.confidence,
                "decision": field.decision,
                "mode": field.mode,
                "held_back": field.held_back,
            }
            for name, field in found.fields.items()
        }
        told = {
            "number": incident.number,
            "fields": fields,
            "model": found.model.version,
            "similar_incidents": [hit.incident.number for hit in found.similar_incidents],
            "articles": [hit.article.id for hit in found.articles],
        }
        with services.store.database.writing():  # it may have been restricted meanwhile
            if services.store.restricted.unrestricted([incident]):
                services.webhooks.announce(Event.SUGGESTION_READY, told)
