"""Rooms of major incidents over HTTP: roles, tasks, timeline, messages, children, review and continuity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import BackgroundTasks, Query, Response
from fastapi.responses import PlainTextResponse

from app.api.access import scoped
from app.api.etags import IfMatch, etag, version_of
from app.api.routing import TheServices, problems_of
from app.presenters.major_room import (
    children_view,
    continuity_view,
    entry_view,
    major_room_view,
    message_view,
    review_action_view,
    review_view,
    room_summary,
    room_task_view,
    timeline_view,
)
from app.reports.major_review import review_markdown, review_page
from app.schemas.field_types import Key, Value
from app.schemas.major_room import (
    ActionChangeBody,
    AddedActionView,
    AddedTaskView,
    ChildrenBody,
    ChildrenView,
    ContinuityView,
    DeclareBody,
    EntryBody,
    EntryId,
    EntryMarksBody,
    HandOverBody,
    LinkedView,
    MajorReviewView,
    MajorRoomsView,
    MajorRoomView,
    MessageBody,
    MessageDraftView,
    NewActionBody,
    NewTaskBody,
    ReportFormat,
    ResolveBody,
    ResolvedMajorView,
    ReviewActionView,
    ReviewBody,
    RoleBody,
    RoomBody,
    RoomEntryView,
    RoomMessageView,
    RoomStateBody,
    RoomTaskView,
    RoomTimelineView,
    TaskChangeBody,
)
from app.services.ingestion import read_at_once
from app.services.major_children import link_children, resolve_major, unlink_child
from app.services.major_continuity import hand_over_to_continuity
from app.services.major_declaration import declare_major
from app.services.major_incidents import move_major
from app.services.major_messages import draft_message, send_message
from app.services.major_review import add_review_action, change_review_action, write_review
from app.services.major_room import (
    add_entry,
    add_room_task,
    change_room_task,
    describe_room,
    hand_over_role,
    mark_entry,
    room_timeline,
    whole_room,
)
from kb.records.api_key import Scope
from kb.records.major_room import ReviewAction, ReviewText, RoomTask

reading = scoped(Scope.SUGGEST, tag="major incidents")
writing = scoped(Scope.WRITE, tag="major incidents")

MAJOR_ROOM = (reading, writing)

_MAJOR = "/major-incidents/{id:path}"
_FOUND = problems_of(404)


def _view(services: TheServices, lead: str) -> MajorRoomView:
    return major_room_view(whole_room(services, lead), now=datetime.now(UTC))


def _versioned(view: MajorRoomView, response: Response) -> MajorRoomView:
    response.headers["ETag"] = etag(view.version)
    return view


def _review(services: TheServices, lead: str, response: Response) -> MajorReviewView:
    view = review_view(whole_room(services, lead), room_timeline(services, lead), now=datetime.now(UTC))
    response.headers["ETag"] = etag(view.text.version)
    return view


@writing.post("/major-incidents", status_code=HTTPStatus.CREATED, responses=_FOUND)
def post_major_incident(body: DeclareBody, services: TheServices) -> MajorRoomView:
    """Declare an incident to be a major one: its proposal is accepted, after creation if needed, and its room opens."""
    return _view(services, declare_major(services, body.incident, by=body.by).lead)


@reading.get("/major-rooms")
def list_major_rooms(services: TheServices, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> MajorRoomsView:
    """List accepted major incidents, the newest first."""
    rooms, now = services.major_rooms, datetime.now(UTC)
    found = rooms.newest(limit=limit)
    return MajorRoomsView(rooms=[room_summary(one, rooms.count_children(one.lead), now=now) for one in found])


@reading.get(f"{_MAJOR}/room", responses=_FOUND)
def get_major_room(id: Key, services: TheServices, response: Response) -> MajorRoomView:  # noqa: A002 (as the path says)
    """Read the record of an accepted major incident, with the seven elements of its model."""
    return _versioned(_view(services, id), response)


@writing.patch(f"{_MAJOR}/room", responses=problems_of(404, 412))
def patch_major_room(
    id: Key,  # noqa: A002 (as above)
    body: RoomBody,
    services: TheServices,
    response: Response,
    if_match: IfMatch = None,
) -> MajorRoomView:
    """Change criteria, resources, methods of investigation, workaround or article of a major incident.

    With `If-Match` it is refused if somebody has changed any of these since they were read.
    """
    changes = body.model_dump(exclude={"by"}, exclude_unset=True)
    given = {name: value for name, value in changes.items() if value is not None or name == "article"}
    if "criteria" in given:
        given["criteria"] = tuple(given["criteria"])
    describe_room(services, id, given, by=body.by, version=version_of(if_match))
    return _versioned(_view(services, id), response)


@writing.post(f"{_MAJOR}/state", responses=_FOUND)
def post_major_state(id: Key, body: RoomStateBody, services: TheServices) -> MajorRoomView:  # noqa: A002 (as above)
    """Move a major incident to another state; `moves` lists the legal ones. `resolve` resolves its children too."""
    move_major(services, id, body.to, by=body.by, note_text=body.note)
    return _view(services, id)


@writing.post(f"{_MAJOR}/resolve", responses=_FOUND)
def post_major_resolve(id: Key, body: ResolveBody, services: TheServices, tasks: BackgroundTasks) -> ResolvedMajorView:  # noqa: A002 (as above)
    """Resolve a major incident with all of its open children in one act; none of them is closed."""
    done = resolve_major(services, id, resolution=body.resolution, article=body.article, by=body.by)
    tasks.add_task(read_at_once, services)
    state = services.major_rooms.get(id).state
    return ResolvedMajorView(id=id, state=state, resolved=[incident.number for incident in done])


@writing.put(f"{_MAJOR}/roles/{{role}}", responses=_FOUND)
def put_major_role(id: Key, role: Key, body: RoleBody, services: TheServices) -> MajorRoomView:  # noqa: A002 (as above)
    """Hand a role over; refused (409) if its holder is no longer `expected`."""
    hand_over_role(services, id, role, body.person, expected=body.expected, by=body.by, why=body.note)
    return _view(services, id)


@writing.post(f"{_MAJOR}/tasks", status_code=HTTPStatus.CREATED, responses=_FOUND)
def post_major_task(id: Key, body: NewTaskBody, services: TheServices) -> AddedTaskView:  # noqa: A002 (as above)
    """Add a task to a major incident."""
    task = RoomTask(body.title, body.role, body.owner, body.due_at)
    added, undo = add_room_task(services, id, task, by=body.by)
    view = room_task_view(added, None, now=datetime.now(UTC))
    return AddedTaskView(**view.model_dump(), undo=str(undo))


@writing.patch(f"{_MAJOR}/tasks/{{task}}", responses=_FOUND)
def patch_major_task(id: Key, task: EntryId, body: TaskChangeBody, services: TheServices) -> RoomTaskView:  # noqa: A002 (as above)
    """Change a task of a major incident, or mark it as done."""
    changes = body.model_dump(exclude={"by", "done"}, exclude_unset=True)
    if changes.get("title", "") is None:
        del changes["title"]
    changed = change_room_task(services, id, task, changes, done=body.done, by=body.by)
    return room_task_view(changed, None, now=datetime.now(UTC))


@reading.get(f"{_MAJOR}/timeline", responses=_FOUND)
def get_major_timeline(
    id: Key,  # noqa: A002 (as above)
    services: TheServices,
    *,
    hidden: Annotated[bool, Query(description="List hidden entries too.")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> RoomTimelineView:
    """List what happened to a major incident, its first incident and its children, the earliest first."""
    return timeline_view(room_timeline(services, id), hidden=hidden, limit=limit, offset=offset)


@writing.post(f"{_MAJOR}/timeline", status_code=HTTPStatus.CREATED, responses=_FOUND)
def post_major_entry(id: Key, body: EntryBody, services: TheServices) -> RoomEntryView:  # noqa: A002 (as above)
    """Add an entry to the timeline of a major incident."""
    return entry_view(add_entry(services, id, body.text, by=body.by, at=body.at, pinned=body.pinned))


@writing.patch(f"{_MAJOR}/timeline/{{entry}}", responses=_FOUND)
def patch_major_entry(id: Key, entry: Key, body: EntryMarksBody, services: TheServices) -> RoomEntryView:  # noqa: A002 (as above)
    """Pin or hide an entry of a timeline; nothing is deleted."""
    return entry_view(mark_entry(services, id, entry, pinned=body.pinned, hidden=body.hidden, by=body.by))


@reading.get(f"{_MAJOR}/messages/draft", responses=_FOUND)
def get_message_draft(
    id: Key,  # noqa: A002 (as above)
    services: TheServices,
    audience: Annotated[Value, Query(description="An audience that the practice has a message for.")] = "users",
) -> MessageDraftView:
    """Draft a message to an audience from its template; nothing is sent."""
    now = datetime.now(UTC)
    draft = draft_message(services, id, audience, now=now)
    minutes = None if draft.next_update_at is None else round((draft.next_update_at - now).total_seconds() / 60)
    return MessageDraftView(
        audience=draft.audience,
        subject=draft.subject,
        text=draft.text,
        next_update_at=draft.next_update_at,
        next_update_minutes=minutes,
    )


@writing.post(f"{_MAJOR}/messages", status_code=HTTPStatus.CREATED, responses=_FOUND)
def post_major_message(id: Key, body: MessageBody, services: TheServices) -> RoomMessageView:  # noqa: A002 (as above)
    """Send a message: it is stored word for word, and goes to the webhooks and notifications for it."""
    minutes = body.next_update_minutes
    after = None if minutes is None else timedelta(minutes=minutes)
    sent = send_message(services, id, body.audience, body.subject, body.text, next_update=after, by=body.by)
    return message_view(sent)


@reading.get(f"{_MAJOR}/children", responses=_FOUND)
def get_major_children(id: Key, services: TheServices) -> ChildrenView:  # noqa: A002 (as above)
    """List the incidents that belong to a major one."""
    whole = whole_room(services, id)
    return children_view(whole.children, whole.extent.incidents)


@writing.post(f"{_MAJOR}/children", responses=_FOUND)
def post_major_children(id: Key, body: ChildrenBody, services: TheServices) -> LinkedView:  # noqa: A002 (as above)
    """Link incidents to a major one by hand."""
    joined, undo = link_children(services, id, body.numbers, by=body.by)
    return LinkedView(joined=joined, undo=None if undo is None else str(undo))


@writing.delete(f"{_MAJOR}/children/{{number:path}}", status_code=HTTPStatus.NO_CONTENT, responses=_FOUND)
def delete_major_child(
    id: Key,  # noqa: A002 (as above)
    number: Key,
    services: TheServices,
    by: Annotated[Value | None, Query(description="Who removes it.")] = None,
) -> None:
    """Remove an incident from a major one; only a person can link it again."""
    unlink_child(services, id, number, by=by)


@reading.get(f"{_MAJOR}/review", responses=_FOUND)
def get_major_review(id: Key, services: TheServices, response: Response) -> MajorReviewView:  # noqa: A002 (as above)
    """Read the review of a major incident: times, findings, actions and timeline."""
    return _review(services, id, response)


@writing.put(f"{_MAJOR}/review", responses=problems_of(404, 412))
def put_major_review(
    id: Key,  # noqa: A002 (as above)
    body: ReviewBody,
    services: TheServices,
    response: Response,
    if_match: IfMatch = None,
) -> MajorReviewView:
    """Write the findings of a review; `done` marks the major incident as reviewed.

    With `If-Match` it is refused if somebody has changed the findings since they were read.
    """
    text = ReviewText(body.summary, body.cause, body.went_well, body.went_badly)
    write_review(services, id, text, done=body.done, by=body.by, version=version_of(if_match))
    return _review(services, id, response)


@reading.get(f"{_MAJOR}/review/report", response_class=PlainTextResponse, responses=_FOUND)
def get_major_report(
    id: Key,  # noqa: A002 (as above)
    services: TheServices,
    format: Annotated[ReportFormat, Query(description="Markdown, or a page to read.")] = ReportFormat.MARKDOWN,  # noqa: A002 (as the parameter is called)
) -> PlainTextResponse:
    """Download the review of a major incident."""
    room = _view(services, id)
    review = review_view(whole_room(services, id), room_timeline(services, id), now=datetime.now(UTC))
    if format is ReportFormat.HTML:
        return PlainTextResponse(review_page(room, review), media_type="text/html")
    return PlainTextResponse(review_markdown(room, review), media_type="text/markdown")


@writing.post(f"{_MAJOR}/actions", status_code=HTTPStatus.CREATED, responses=_FOUND)
def post_major_action(id: Key, body: NewActionBody, services: TheServices) -> AddedActionView:  # noqa: A002 (as above)
    """Add an action that prevents the major incident from recurring."""
    days = body.check_days or services.practice.practice().major_incidents.check_after_days
    action = ReviewAction(body.what, body.owner, body.due_at, check_days=days)
    added, undo = add_review_action(services, id, action, by=body.by)
    return AddedActionView(**review_action_view(added, now=datetime.now(UTC)).model_dump(), undo=str(undo))


@writing.patch(f"{_MAJOR}/actions/{{action}}", responses=_FOUND)
def patch_major_action(id: Key, action: EntryId, body: ActionChangeBody, services: TheServices) -> ReviewActionView:  # noqa: A002 (as above)
    """Change an action, or mark it as done; once its days have passed, similar incidents are counted."""
    changes = body.model_dump(exclude={"by", "done"}, exclude_unset=True)
    if changes.get("what", "") is None:
        del changes["what"]
    changed = change_review_action(services, id, action, changes, done=body.done, by=body.by)
    return review_action_view(changed, now=datetime.now(UTC))


@reading.get(f"{_MAJOR}/continuity", responses=_FOUND)
def get_major_continuity(id: Key, services: TheServices) -> ContinuityView:  # noqa: A002 (as above)
    """Read which criteria of a disaster are met, why, and who owns the continuity plan."""
    return continuity_view(whole_room(services, id))


@writing.post(f"{_MAJOR}/continuity", responses=_FOUND)
def post_major_continuity(id: Key, body: HandOverBody, services: TheServices) -> ContinuityView:  # noqa: A002 (as above)
    """Hand a major incident over to the owner of the continuity plan, with all its details."""
    hand_over_to_continuity(services, id, to=body.to, why=body.note, by=body.by)
    return continuity_view(whole_room(services, id))
