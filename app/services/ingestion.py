"""Arrivals: log an incident, then let answers use it, announce suggestions and propose major incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy.exc import SQLAlchemyError

from app.composition import Services
from app.services.board import limits_on_decision
from app.services.field_values import check_decision
from app.services.major_children import join_alike
from app.services.major_detection import keep_majors, major_findings
from app.services.suggesting import suggest_ticket
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.webhook import Event
from kb.records.written import WrittenIncident
from models.errors import UnavailableError
from triage.corrections import teach


@dataclass(frozen=True, slots=True)
class ArticleLink:
    """The article that solved an incident, and who says so."""

    article: str
    by: str | None


def log_incident(
    services: Services,
    record: Incident,
    decisions: Sequence[Feedback],
    *,
    overrides: Mapping[str, str | None] = MappingProxyType({}),
    link: ArticleLink | None = None,
    revision: int | None = None,
    check: Callable[[Incident], None] = lambda _: None,
) -> tuple[WrittenIncident, list[int]]:
    """Write an incident, what a person decided on its fields and the article that solved it, in one act.

    Returns it and the decisions' ids. It is written as `IncidentStore.write` does; the record itself is kept as it
    comes, what the decisions change of it keeps the limits of the board, unless `overrides` says of the field why it
    has to go beyond. Raises UnknownValueError for a value that a field does not have, UnknownRecordError for a field or
    an article that is not there, and OverLimitError where the board has no room.
    """
    store, kept = services.store, list[int]()
    for decision in decisions:
        check_decision(services, decision.field, decision.chosen)

    def keep() -> None:
        for decision in decisions:
            limits = limits_on_decision(services, decision, overrides.get(decision.field))
            kept.append(teach(store, decision, None, check=limits)[0])
        if link is not None:
            services.knowledge.link(link.article, record.number, by=link.by)

    (written,) = store.write([record], revision=revision, check=check, then=keep).incidents
    if not kept and link is None:
        return written, kept
    stored = store.version(record.number)
    return replace(written, incident=stored.incident, revision=stored.revision), kept


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
