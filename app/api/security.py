"""Security incidents over HTTP: restricting, reading and changing them, for named people and groups."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import BackgroundTasks, Query

from app.api.access import TheViewer, scoped
from app.api.routing import TheServices, problems_of
from app.composition import Services
from app.presenters.security import procedures_view, restricted_incident_view, restricted_incidents_view
from app.schemas.field_types import Key, Value
from app.schemas.incident_life import TransitionBody
from app.schemas.security import (
    RestrictedIncidentsView,
    RestrictedIncidentView,
    RestrictionBody,
    SecurityProceduresView,
)
from app.services.ingestion import read_at_once
from app.services.security import WantedRestriction, move_restricted, restrict_incident
from kb.records.api_key import Scope
from kb.records.security import RestrictedIncident

reading = scoped(Scope.SUGGEST, tag="security")
writing = scoped(Scope.WRITE, tag="security", repeatable=False)  # a kept answer would hold what few may see

SECURITY = (reading, writing)


@reading.get("/security-procedures")
def list_security_procedures(services: TheServices) -> SecurityProceduresView:
    """List the procedure for each kind of security incident."""
    return procedures_view(services.practice.practice().security)


@reading.get("/security-incidents")
def list_security_incidents(
    services: TheServices, viewer: TheViewer, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> RestrictedIncidentsView:
    """List the restricted incidents that the caller may see, open ones first, and count all."""
    store = services.store.restricted
    with services.store.database.snapshot():
        found, counts = store.seen_by(viewer, limit=limit), store.counts()
    return restricted_incidents_view(found, counts, services.practice.practice(), now=datetime.now(UTC))


@writing.post("/security-incidents/{number:path}/transitions", responses=problems_of(404))
def post_security_transition(
    number: Key, body: TransitionBody, services: TheServices, viewer: TheViewer
) -> RestrictedIncidentView:
    """Move a restricted incident to another stage; its `moves` lists the legal ones."""
    found = move_restricted(services, number, body.to, viewer, by=body.by, note=body.note)
    return _view(found, services)


@reading.get("/security-incidents/{number:path}", responses=problems_of(404))
def get_security_incident(number: Key, services: TheServices, viewer: TheViewer) -> RestrictedIncidentView:
    """Read a restricted incident that the caller may see."""
    found = services.store.restricted.get(number, viewer)
    return _view(found, services)


@writing.put("/security-incidents/{number:path}", responses=problems_of(404))
def put_security_incident(
    number: Key, body: RestrictionBody, services: TheServices, viewer: TheViewer, tasks: BackgroundTasks
) -> RestrictedIncidentView:
    """Mark an incident as a security incident: from now on only named people and groups see it, in any answer.

    It is assigned to the security group of the practice. For a restricted incident, this changes its kind and who sees
    it.
    """
    groups = None if body.groups is None else tuple(body.groups)
    wanted = WantedRestriction(body.kind, body.severity, body.tlp, tuple(body.people), groups)
    found = restrict_incident(services, number, wanted, viewer, by=body.by)
    tasks.add_task(read_at_once, services)
    return _view(found, services)


@writing.delete("/security-incidents/{number:path}", status_code=HTTPStatus.NO_CONTENT, responses=problems_of(404))
def delete_security_incident(
    number: Key,
    services: TheServices,
    viewer: TheViewer,
    tasks: BackgroundTasks,
    by: Annotated[Value | None, Query(description="Who lifts the restriction.")] = None,
) -> None:
    """Lift the restriction of an incident: everybody sees it again."""
    services.store.restricted.lift(number, viewer, by=by)
    tasks.add_task(read_at_once, services)


def _view(found: RestrictedIncident, services: Services) -> RestrictedIncidentView:
    return restricted_incident_view(found, services.practice.practice(), now=datetime.now(UTC))
