"""Rooms of major incidents as views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from app.schemas.major_room import (
    ChildrenView,
    ChildView,
    ContinuityView,
    KnownMajorView,
    MajorReviewView,
    MajorRoomSummary,
    MajorRoomView,
    MetCriterionView,
    NamedCount,
    ReviewActionView,
    ReviewTextView,
    RoleHoldingView,
    RoleView,
    RoomEntryView,
    RoomMessageView,
    RoomTaskView,
    RoomTimelineView,
    RoomTimesView,
)
from kb.records.excerpt import headline
from kb.records.incident import Incident
from kb.records.major_room import (
    Child,
    KnownMajor,
    ReviewAction,
    RoleHolding,
    Room,
    RoomMessage,
    RoomTask,
    TimelineEntry,
    room_times,
)
from kb.service.whole_room import WholeRoom


def room_summary(room: Room, children: int, *, now: datetime) -> MajorRoomSummary:
    """Return the view of a room in short."""
    return MajorRoomSummary(
        id=room.lead,
        subject=room.subject,
        state=room.state,
        opened_at=room.opened_at,
        children=children,
        next_update_at=room.next_update_at,
        overdue=room.update_is_overdue(now),
    )


def major_room_view(whole: WholeRoom, *, now: datetime) -> MajorRoomView:
    """Return the view of a room with everything that belongs to it."""
    room, model = whole.room, whole.model
    return MajorRoomView(
        id=room.lead,
        version=room.version,
        subject=room.subject,
        state=room.state,
        moves=list(whole.moves),
        since=room.since,
        proposed_at=room.proposed_at,
        opened_at=room.opened_at,
        opened_by=room.opened_by,
        restored_at=room.restored_at,
        resolved_at=room.resolved_at,
        reviewed_at=room.reviewed_at,
        closed_at=room.closed_at,
        criteria=list(room.criteria),
        usual_criteria=list(model.criteria),
        roles=_role_views(whole),
        resources=room.resources,
        investigation=room.investigation,
        workaround=room.workaround,
        article=room.article,
        resolution=room.resolution,
        tasks=[room_task_view(task, whole.holder(task.role) if task.role else None, now=now) for task in whole.tasks],
        audiences=list(model.messages),
        messages=[message_view(one) for one in whole.messages],
        next_update_at=room.next_update_at,
        overdue=room.update_is_overdue(now),
        reports=whole.extent.reports,
        children=len(whole.children),
        still_open=sum(one.is_open for one in whole.extent.incidents),
        services=[NamedCount(name=name, count=count) for name, count in whole.extent.services],
        locations=[NamedCount(name=name, count=count) for name, count in whole.extent.locations],
        times=_times_view(room),
        review=_review_text_view(room),
        actions=[review_action_view(one, now=now) for one in whole.actions],
        continuity=continuity_view(whole),
    )


def room_task_view(task: RoomTask, holder: str | None, *, now: datetime) -> RoomTaskView:
    """Return the view of a task, done by whoever holds its role where it has no owner."""
    return RoomTaskView(
        id=task.id,
        title=task.title,
        role=task.role,
        owner=task.owner or holder,
        due_at=task.due_at,
        overdue=task.done_at is None and task.due_at is not None and task.due_at < now,
        done_at=task.done_at,
        done_by=task.done_by,
    )


def message_view(message: RoomMessage) -> RoomMessageView:
    """Return the view of a message that was sent."""
    return RoomMessageView(
        id=message.id,
        audience=message.audience,
        subject=message.subject,
        text=message.text,
        sent_at=message.sent_at,
        by=message.by,
        next_update_at=message.next_update_at,
    )


def review_action_view(action: ReviewAction, *, now: datetime) -> ReviewActionView:
    """Return the view of an action, with whether it helped as far as that is known."""
    return ReviewActionView(
        id=action.id,
        what=action.what,
        owner=action.owner,
        due_at=action.due_at,
        overdue=action.done_at is None and action.due_at is not None and action.due_at < now,
        done_at=action.done_at,
        done_by=action.done_by,
        check_days=action.check_days,
        check_due_at=action.check_due_at,
        before=action.before,
        after=action.after,
        helped=action.helped,
    )


def timeline_view(entries: Sequence[TimelineEntry], *, hidden: bool, limit: int, offset: int) -> RoomTimelineView:
    """Return the view of a page of a timeline, with hidden entries where they are asked for."""
    shown = [one for one in entries if hidden or not one.hidden]
    return RoomTimelineView(
        entries=[entry_view(one) for one in shown[offset : offset + limit]],
        total=len(shown),
        hidden=sum(one.hidden for one in entries),
    )


def entry_view(entry: TimelineEntry) -> RoomEntryView:
    """Return the view of a line of a timeline."""
    return RoomEntryView(
        id=entry.id,
        at=entry.at,
        text=entry.text,
        kind=entry.kind,
        by=entry.by,
        number=entry.number,
        pinned=entry.pinned,
        hidden=entry.hidden,
    )


def children_view(children: Sequence[Child], incidents: Iterable[Incident]) -> ChildrenView:
    """Return the view of the children of a major incident."""
    known = {incident.number: incident for incident in incidents}
    return ChildrenView(
        children=[_child_view(child, known.get(child.number)) for child in children],
        total=len(children),
        open=sum(child.number in known and known[child.number].is_open for child in children),
    )


def review_view(whole: WholeRoom, entries: Iterable[TimelineEntry], *, now: datetime) -> MajorReviewView:
    """Return the view of a review: times, findings, actions, and the timeline without what is hidden."""
    return MajorReviewView(
        id=whole.room.lead,
        subject=whole.room.subject,
        state=whole.room.state,
        times=_times_view(whole.room),
        text=_review_text_view(whole.room),
        actions=[review_action_view(one, now=now) for one in whole.actions],
        timeline=[entry_view(one) for one in entries if not one.hidden],
    )


def continuity_view(whole: WholeRoom) -> ContinuityView:
    """Return the view of what tells whether it is a disaster."""
    return ContinuityView(
        owner=whole.continuity.owner,
        plan=whole.continuity.plan,
        criteria=[one.name for one in whole.continuity.criteria],
        met=[MetCriterionView(name=one.name, why=one.why) for one in whole.met],
        handed_over_at=whole.room.handed_over_at,
        handed_over_by=whole.room.handed_over_by,
        handed_over_to=whole.room.handed_over_to,
    )


def known_major_view(known: KnownMajor) -> KnownMajorView:
    """Return the view of the major incident that a ticket reports."""
    room = known.room
    return KnownMajorView(
        id=room.lead,
        subject=room.subject,
        is_child=known.is_child,
        workaround=room.workaround,
        article=room.article,
        next_update_at=room.next_update_at,
    )


def _child_view(child: Child, incident: Incident | None) -> ChildView:
    return ChildView(
        number=child.number,
        short_description=headline(incident.short_description, incident.description) if incident else "",
        stage=incident.stage.value if incident else None,
        how=child.how,
        joined_at=child.joined_at,
        joined_by=child.joined_by,
    )


def _role_views(whole: WholeRoom) -> list[RoleView]:
    duties = {one.name: one.duty for one in whole.model.roles}
    names = dict.fromkeys((*duties, *(one.role for one in whole.roles)))
    return [
        RoleView(
            role=name,
            duty=duties.get(name, ""),
            person=whole.holder(name),
            history=[_holding_view(one) for one in whole.roles if one.role == name],
        )
        for name in names
    ]


def _holding_view(one: RoleHolding) -> RoleHoldingView:
    return RoleHoldingView(person=one.person, since=one.since, until=one.until, by=one.by, note=one.note)


def _times_view(room: Room) -> RoomTimesView:
    times = room_times(room)
    return RoomTimesView(
        to_detect_seconds=_seconds(times.to_detect),
        to_accept_seconds=times.to_accept.total_seconds(),
        to_restore_seconds=_seconds(times.to_restore),
    )


def _review_text_view(room: Room) -> ReviewTextView:
    text = room.review
    return ReviewTextView(
        summary=text.summary,
        cause=text.cause,
        went_well=text.went_well,
        went_badly=text.went_badly,
        version=text.version,
    )


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()
