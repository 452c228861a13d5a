"""Incidents: written by ticket systems, read by everybody."""

from __future__ import annotations

from http import HTTPStatus

from app.api.access import scoped
from app.api.bodies import (
    IncidentBatch,
    IncidentBody,
    Key,
)
from app.api.problems import FieldProblem, ProblemError
from app.api.routing import TheDesk, problems_of
from app.api.views import (
    IncidentView,
    WrittenView,
)
from kb.keys import Scope
from kb.masking import mask_incident

reading = scoped(Scope.SUGGEST, tag="incidents")
writing = scoped(Scope.WRITE, tag="incidents")

INCIDENTS = (reading, writing)


@writing.put("/incidents/{number:path}")
def put_incident(number: Key, body: IncidentBody, desk: TheDesk) -> IncidentView:
    """Write one incident, in place of the one with this number."""
    if body.number not in (None, number):
        wrong = FieldProblem(field="number", message=f"is {body.number}, the path says {number}")
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"number: {wrong.message}", [wrong])
    incident, masked = mask_incident(body.incident(number))
    desk.store.put_incidents([incident])
    return IncidentView.of(desk.store.incident(number), masked)


@writing.post("/incidents")
def post_incidents(body: IncidentBatch, desk: TheDesk) -> WrittenView:
    """Write up to 1000 incidents, each in place of the one with its number."""
    written = desk.store.put_incidents([incident.incident() for incident in body.incidents])
    return WrittenView(new=written.new, updated=written.updated, unchanged=written.unchanged)


@reading.get("/incidents/{number:path}", responses=problems_of(404))
def get_incident(number: Key, desk: TheDesk) -> IncidentView:
    """Read one incident."""
    return IncidentView.of(desk.store.incident(number))
