"""The queue over HTTP, and acts on its incidents."""

from __future__ import annotations

from typing import Annotated

from fastapi import BackgroundTasks, Query

from app.api.access import scoped
from app.api.routing import TheMetrics, TheServices, problems_of
from app.presenters.acts import acts_view
from app.presenters.incidents import incident_view
from app.presenters.queue import queue_view
from app.schemas.acts import ActNumber, ActsBody, ActsView, UndoBody
from app.schemas.field_types import Value
from app.schemas.incidents import IncidentView
from app.schemas.queue import QueueView
from app.services.act_undo import undo_act
from app.services.ingestion import read_at_once
from app.services.queue import queue_page
from app.services.queue_acts import do_acts
from kb.records.act import ActKind, ActStatus
from kb.records.api_key import Scope
from kb.records.queue_entry import Need, QueueFilter, QueueFlag
from kb.vocabulary.stage import Stage

reading = scoped(Scope.SUGGEST, tag="queue")

writing = scoped(Scope.WRITE, tag="queue")

QUEUE = (reading, writing)


@reading.get("/queue")
def list_queue(
    services: TheServices,
    *,
    group: Annotated[Value | None, Query(description="Only incidents of this assignment group.")] = None,
    person: Annotated[Value | None, Query(description="Only incidents that this person works on.")] = None,
    state: Annotated[Stage | None, Query(description="Only incidents at this stage.")] = None,
    priority: Annotated[Value | None, Query(description="Only incidents of this priority.")] = None,
    service: Annotated[Value | None, Query(description="Only incidents of this service.")] = None,
    flag: Annotated[QueueFlag | None, Query(description="Only incidents that are marked with this.")] = None,
    need: Annotated[Need | None, Query(description="Only incidents that need this.")] = None,
    text: Annotated[
        Value | None,
        Query(description="Only incidents with all of these words in number, texts, caller or assigned_to."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> QueueView:
    """List open incidents in the order in which they need a person, each with the reason and its suggestions."""
    wanted = QueueFilter(group, state, priority, service, flag, need, text, person)
    return queue_view(queue_page(services, wanted, limit=limit, offset=offset), offset=offset, limit=limit)


@writing.post("/queue/acts")
def post_acts(body: ActsBody, services: TheServices, metrics: TheMetrics, tasks: BackgroundTasks) -> ActsView:
    """Carry out acts on up to 500 incidents, each checked and done separately, and return each result."""
    results = do_acts(services, [act.record() for act in body.acts], by=body.by)
    tasks.add_task(read_at_once, services)
    for act, result in zip(body.acts, results, strict=True):
        if result.status is ActStatus.DONE:
            for name in result.fields:
                metrics.decided(name, accepted=act.act is ActKind.ACCEPT)
    return acts_view(results)


@writing.post("/acts/{id}/undo", responses=problems_of(404))
def post_undo(
    id: ActNumber,  # noqa: A002 (as the path says)
    body: UndoBody,
    services: TheServices,
    tasks: BackgroundTasks,
) -> IncidentView:
    """Undo an act and forget what it taught; refused if somebody has changed the incident since."""
    incident = undo_act(services, id, by=body.by)
    tasks.add_task(read_at_once, services)
    return incident_view(incident)
