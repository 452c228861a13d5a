"""The life of an incident over HTTP: what happened to it, and its moves from stage to stage."""

from __future__ import annotations

from fastapi import BackgroundTasks

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.incident_life import event_view, moved_view, timeline_view
from app.schemas.field_types import Key
from app.schemas.incident_life import EventBody, EventView, MovedView, TimelineView, TransitionBody
from app.services.incident_life import move_incident, note_event, timeline
from app.services.ingestion import read_at_once
from kb.records.api_key import Scope

reading = scoped(Scope.SUGGEST, tag="incidents")
writing = scoped(Scope.WRITE, tag="incidents")

INCIDENT_LIFE = (reading, writing)


@reading.get("/incidents/{number:path}/timeline", responses=problems_of(404))
def get_timeline(number: Key, services: TheServices) -> TimelineView:
    """List what happened to an incident, the earliest first, with its owner."""
    return timeline_view(timeline(services, number))


@writing.post("/incidents/{number:path}/events", status_code=201, responses=problems_of(404))
def post_event(number: Key, body: EventBody, services: TheServices) -> EventView:
    """Add to the timeline what changes no field: an answer to the caller, work, an escalation, a note.

    An answer or work counts as the first response. An escalation tells those whom the practice names.
    """
    return event_view(note_event(services, number, body.kind, by=body.by, note=body.note, at=body.at))


@writing.post("/incidents/{number:path}/transitions", responses=problems_of(404))
def post_transition(number: Key, body: TransitionBody, services: TheServices, tasks: BackgroundTasks) -> MovedView:
    """Move an incident to another stage; `moves` of an incident lists the legal ones.

    A state that means a stage names it too: by `/v1/states`, or by the words of the ticket tools. An illegal move is
    refused with its reason (409). The state gets the usual name of the stage. Closing or reopening an incident counts
    as an outcome. A move beyond a limit of the board gets a warning or is refused (409, `over-limit`) with the column,
    its limit and its count, as the practice says.
    """
    done = move_incident(services, number, body.to, by=body.by, note=body.note, override=body.override)
    tasks.add_task(read_at_once, services)
    return moved_view(done.incident, done.excesses, done.undo)
