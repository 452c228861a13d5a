"""Arrivals: what follows from a write: answers know it, suggestions are told, a major incident is proposed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from app.composition import Services, major_incident_criteria
from app.services.suggesting import suggest_ticket
from kb.records.incident import Incident
from kb.records.webhook import Event
from models.errors import UnavailableError
from triage.major import reports_of_the_same

_LATE = 2
_log = logging.getLogger(__name__)


def read_at_once(services: Services) -> None:
    """Read what was just written, so that the next answer need not; why that fails, the service's own turn says."""
    with suppress(UnavailableError, OSError, SQLAlchemyError):
        services.assistant.read_written()


def follow_up(services: Services, incidents: Sequence[Incident]) -> None:
    """Do what follows from incidents that were just written."""
    read_at_once(services)
    waiting = [incident for incident in incidents if not incident.is_history]
    if not waiting:
        return
    now = datetime.now(UTC)
    with services.store.database.snapshot():
        is_wanted = services.webhooks.wanted(Event.SUGGESTION_READY)
        majors = list(_reports_of_majors(services, waiting, now))
    if is_wanted:
        _announce_suggestions(services, waiting)
    for reports in majors:
        _propose_major(services, reports, now)


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
        services.webhooks.announce(Event.SUGGESTION_READY, told)


def _reports_of_majors(services: Services, waiting: Sequence[Incident], now: datetime) -> Iterator[tuple[str, ...]]:
    """The incidents that speak for a major incident, by what was logged just now.

    What was logged longer ago than twice the time in which they have to is no news.
    """
    criteria = major_incident_criteria(services.settings)
    earliest = now - _LATE * criteria.within
    recent = [incident for incident in waiting if incident.opened_at is not None and incident.opened_at >= earliest]
    return reports_of_the_same(services.memory, recent, criteria)


def _propose_major(services: Services, reports: Sequence[str], now: datetime) -> None:
    """Propose a major incident, once for all that report it, and announce it in the same act."""
    with services.store.database.writing():
        found = services.major_proposals.join(reports, now)
        if found is None:
            return
        told = {"lead": found.lead, "incidents": list(found.numbers), "proposed_at": found.proposed_at.isoformat()}
        services.webhooks.announce(Event.MAJOR_INCIDENT_PROPOSED, told)
    _log.warning("a major incident is proposed: %d incidents are alike", len(found.numbers))
