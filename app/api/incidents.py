"""Incidents: written by ticket systems, read by everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import BackgroundTasks, Query

from app.api.access import scoped
from app.api.routing import TheMetrics, TheServices, problems_of
from app.composition import Services
from app.presenters.incidents import incident_view, major_incidents_view
from app.schemas.field_types import Key
from app.schemas.incidents import (
    IncidentBatch,
    IncidentBody,
    IncidentView,
    MajorIncidentsView,
    OutcomeBody,
    OutcomesView,
    WrittenView,
)
from app.services.ingestion import follow_up, read_at_once
from app.services.outcomes import record_outcome
from kb.records.api_key import Scope
from kb.records.incident import Incident
from models.errors import InvalidError

reading = scoped(Scope.SUGGEST, tag="incidents")
writing = scoped(Scope.WRITE, tag="incidents")

INCIDENTS = (reading, writing)


@writing.put("/incidents/{number:path}")
def put_incident(number: Key, body: IncidentBody, services: TheServices, tasks: BackgroundTasks) -> IncidentView:
    """Write one incident, in place of the one with this number."""
    if body.number not in (None, number):
        raise InvalidError(f"number: is {body.number}, but the path says {number}; leave it out", field="number")
    incident, masked = services.store.masking.incident(body.incident(number))
    _check_values(services, [incident])
    services.store.put_incidents([incident])
    tasks.add_task(follow_up, services, [incident])
    return incident_view(services.store.incident(number), masked)


@writing.post("/incidents")
def post_incidents(body: IncidentBatch, services: TheServices, tasks: BackgroundTasks) -> WrittenView:
    """Write up to 1000 incidents, each in place of the one with its number."""
    records = [services.store.masking.incident(incident.incident())[0] for incident in body.incidents]
    _check_values(services, records)
    written = services.store.put_incidents(records)
    tasks.add_task(follow_up, services, records)
    return WrittenView(new=written.new, updated=written.updated, unchanged=written.unchanged)


@writing.post("/outcomes", responses=problems_of(404))
def post_outcome(body: OutcomeBody, services: TheServices, metrics: TheMetrics, tasks: BackgroundTasks) -> IncidentView:
    """Say what became of an incident: it was closed, reassigned or reopened, or an article was linked to it."""
    services.catalogue.check({"assignment_group": body.assignment_group})
    incident = record_outcome(services, body.record(), resolution=body.resolution)
    tasks.add_task(read_at_once, services)
    metrics.came_out(body.outcome)
    return incident_view(incident)


@reading.get("/outcomes")
def count_outcomes(
    services: TheServices,
    days: Annotated[float, Query(ge=1, le=3650, description="Of how many of the last days.")] = 30,
) -> OutcomesView:
    """Count what became of incidents."""
    return OutcomesView(counts=dict(services.outcomes.counts(since=datetime.now(UTC) - timedelta(days=days))))


@reading.get("/major-incidents")
def list_major_incidents(services: TheServices, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> MajorIncidentsView:
    """List the major incidents that were proposed, the newest first."""
    return major_incidents_view(services.major_proposals.newest(limit=limit))


@reading.get("/incidents/{number:path}", responses=problems_of(404))
def get_incident(number: Key, services: TheServices) -> IncidentView:
    """Read one incident."""
    return incident_view(services.store.incident(number))


def _check_values(services: Services, records: list[Incident]) -> None:
    """Raise UnknownValueError where an incident that is not history yet has a value that does not exist."""
    for record in records:
        if not record.is_history:
            services.catalogue.check(record.values)
