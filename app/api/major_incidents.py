"""Major incidents over HTTP: proposals, their reasons, and decisions on them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.major_incidents import major_incident_detail_view, major_incident_view, major_incidents_view
from app.schemas.field_types import Key
from app.schemas.major_incidents import (
    MajorDecisionBody,
    MajorIncidentDetailView,
    MajorIncidentsView,
    MajorIncidentView,
    MajorMergeBody,
    MajorUnmergeBody,
)
from app.services.major_incident_facts import major_incident_facts
from app.services.major_incidents import decide_major, merge_majors, unmerge_major
from kb.records.api_key import Scope

reading = scoped(Scope.SUGGEST, tag="incidents")
writing = scoped(Scope.WRITE, tag="incidents")

MAJOR_INCIDENTS = (reading, writing)


@reading.get("/major-incidents")
def list_major_incidents(services: TheServices, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> MajorIncidentsView:
    """List proposed major incidents, the newest first."""
    return major_incidents_view(services.major_proposals.newest(limit=limit))


@writing.post("/major-incidents/{id:path}/decision", responses=problems_of(404, 409))
def post_major_decision(id: Key, body: MajorDecisionBody, services: TheServices) -> MajorIncidentView:  # noqa: A002 (as the path says)
    """Accept or reject a proposed major incident, withdraw that decision, or demote an accepted one."""
    return major_incident_view(decide_major(services, id, body.decision, by=body.by, seen=body.seen))


@writing.post("/major-incidents/{id:path}/merge", responses=problems_of(404, 409))
def post_major_merge(id: Key, body: MajorMergeBody, services: TheServices) -> MajorIncidentView:  # noqa: A002 (as above)
    """Merge a proposed major incident into another one, which is returned."""
    return major_incident_view(merge_majors(services, id, body.into, by=body.by))


@writing.post("/major-incidents/{id:path}/unmerge", responses=problems_of(404, 409))
def post_major_unmerge(id: Key, body: MajorUnmergeBody, services: TheServices) -> MajorIncidentView:  # noqa: A002 (as above)
    """Separate a major incident from the one it was merged into; only a person can merge these two again."""
    return major_incident_view(unmerge_major(services, id, by=body.by))


@reading.get("/major-incidents/{id:path}", responses=problems_of(404))
def get_major_incident(id: Key, services: TheServices) -> MajorIncidentDetailView:  # noqa: A002 (as above)
    """Read a major incident: why it was proposed, its reports, who is affected, and similar ones."""
    return major_incident_detail_view(major_incident_facts(services, id))
