"""Incidents over HTTP: writing, reading, and outcomes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated

from fastapi import BackgroundTasks, Query, Response

from app.api.access import scoped
from app.api.etags import IfMatch, etag, version_of
from app.api.routing import TheMetrics, TheServices, problems_of
from app.composition import Services
from app.presenters.incidents import (
    incident_view,
    written_incident_view,
    written_view,
)
from app.schemas.field_types import Key, Value
from app.schemas.incidents import (
    IncidentBatch,
    IncidentView,
    LoggedIncidentBody,
    OutcomeBody,
    OutcomesView,
    WrittenView,
)
from app.services.ingestion import ArticleLink, Logging, follow_up, log_incident, read_at_once
from app.services.outcomes import record_outcome
from kb.records.api_key import Scope
from kb.records.incident import Incident
from kb.records.written import WrittenIncidents
from kb.service.allowed_values import check_values
from models.errors import InvalidError

reading = scoped(Scope.SUGGEST, tag="incidents")
writing = scoped(Scope.WRITE, tag="incidents")

INCIDENTS = (reading, writing)


@writing.put("/incidents/{number:path}", responses=problems_of(404, 409, 412))
def put_incident(
    number: Key,
    body: LoggedIncidentBody,
    services: TheServices,
    metrics: TheMetrics,
    tasks: BackgroundTasks,
    *,
    response: Response,
    if_match: IfMatch = None,
    undoable: Annotated[
        bool, Query(description="Whether logging it, if it is new, can be undone; `undo` of the answer is the id.")
    ] = False,
    by: Annotated[Value | None, Query(description="Who logs it, for `undoable`.")] = None,
) -> IncidentView:
    """Write one incident, in place of the one with this number.

    What people added here stays even if the record lacks it: links to articles, larger counts, a closing, and every
    value that a person chose. A record with an earlier `updated_at` than the stored one changes nothing. With
    `If-Match` the record replaces the version that was read as a whole, or is refused if that has changed. The
    `decisions` are stored, and learnt from, in the same act, which also links the article of `article_link`. Limits of
    the board hold for what the decisions change of the record.
    """
    if body.number not in (None, number):
        raise InvalidError(f"number: is {body.number}, but the path says {number}; leave it out", field="number")
    revision = version_of(if_match)
    logged = log_incident(
        services,
        body.incident(number),
        [decision.record(number, datetime.now(UTC)) for decision in body.decisions],
        overrides={decision.field: decision.override for decision in body.decisions},
        link=None if body.article_link is None else ArticleLink(body.article_link.article, body.article_link.by),
        logging=Logging(by) if undoable else None,
        revision=revision,
        check=_check_of(services),
    )
    written = logged.written
    if not written.superseded:
        tasks.add_task(follow_up, services, [written.incident])
    for decision in body.decisions:
        metrics.decided(decision.field, accepted=decision.suggested == decision.chosen)
    response.headers["ETag"] = etag(written.revision)
    return written_incident_view(written, logged.decisions, logged.undo)


@writing.post("/incidents")
def post_incidents(body: IncidentBatch, services: TheServices, tasks: BackgroundTasks) -> WrittenView:
    """Write up to 1000 incidents, each like a single one in place of the one with its number."""
    written = services.store.write([one.incident() for one in body.incidents], check=_check_of(services))
    _follow_up(services, written, tasks)
    return written_view(written.counts)


@writing.post("/outcomes", responses=problems_of(404))
def post_outcome(body: OutcomeBody, services: TheServices, metrics: TheMetrics, tasks: BackgroundTasks) -> IncidentView:
    """Record the outcome of an incident: it was closed, reassigned or reopened, or an article was linked to it."""
    services.catalogue.check({"assignment_group": body.assignment_group})
    incident = record_outcome(services, body.record(), resolution=body.resolution)
    tasks.add_task(read_at_once, services)
    metrics.came_out(body.outcome)
    return incident_view(incident)


@reading.get("/outcomes")
def count_outcomes(
    services: TheServices,
    days: Annotated[float, Query(ge=1, le=3650, description="Number of last days to count.")] = 30,
) -> OutcomesView:
    """Count the outcomes of incidents."""
    return OutcomesView(counts=dict(services.outcomes.counts(since=datetime.now(UTC) - timedelta(days=days))))


@reading.get("/incidents/{number:path}", responses=problems_of(404))
def get_incident(number: Key, services: TheServices, response: Response) -> IncidentView:
    """Read one incident."""
    stored = services.store.version(number)
    response.headers["ETag"] = etag(stored.revision)
    return incident_view(stored.incident)


def _check_of(services: Services) -> Callable[[Incident], None]:
    """What raises UnknownValueError for an incident that is open and has a value that does not exist."""
    listed = cache(services.catalogue.all)

    def check(incident: Incident) -> None:
        if incident.is_open:
            check_values(incident.values, listed())

    return check


def _follow_up(services: Services, written: WrittenIncidents, tasks: BackgroundTasks) -> None:
    """Do what follows from records that were written, once they are acknowledged."""
    stored = [one.incident for one in written.incidents if not one.superseded]
    if stored:
        tasks.add_task(follow_up, services, stored)
