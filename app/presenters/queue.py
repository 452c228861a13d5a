"""The queue as views."""

from __future__ import annotations

from app.presenters.incidents import incident_view
from app.presenters.suggestions import field_view
from app.schemas.queue import ClockMarkView, QueuedIncidentView, QueueView
from kb.records.clock_mark import ClockMark
from kb.records.queue_entry import Need, QueueFlag
from triage.queue import Queue, QueuedIncident

_REASONS = {
    Need.OWNER_NOW: "Urgent, and nobody works on it: assign it now.",
    Need.GROUP: "No group is sure: please choose one.",
    Need.CHOICE: "A field is unclear: please choose.",
    Need.CHECK: "Check what is suggested.",
    Need.CONFIRMATION: "All suggestions are sure: accept them.",
    Need.SUGGESTIONS: "Suggestions are on their way.",
    Need.WORK: "Nothing to decide; it is being worked on.",
}


def queue_view(queue: Queue, *, offset: int, limit: int) -> QueueView:
    """Return the view of a page of the queue."""
    return QueueView(
        incidents=[_queued_view(one) for one in queue.incidents],
        total=queue.total,
        needs=dict(queue.needs),
        offset=offset,
        limit=limit,
    )


def _queued_view(one: QueuedIncident) -> QueuedIncidentView:
    incident = one.incident
    return QueuedIncidentView(
        incident=incident_view(incident),
        fields={name: field_view(field) for name, field in one.shown.items()},
        need=one.entry.need,
        reason=_reason(one),
        waiting_since=one.entry.since,
        owner=incident.assignment_group,
        flags=list(one.flags),
        clock=clock_mark_view(one.clock, is_breached=QueueFlag.BREACHED in one.flags),
    )


def clock_mark_view(mark: ClockMark, *, is_breached: bool) -> ClockMarkView:
    """Return the view of when the next target of an open incident is used up."""
    return ClockMarkView(
        measure=mark.measure,
        due_at=mark.due_at,
        breached=is_breached,
        left_seconds=mark.left,
        stage_since=mark.stage_since,
        breach_probability=mark.breach_probability,
    )


def _reason(one: QueuedIncident) -> str:
    """Return why an incident stands where it does; a target that is nearly used up comes before the other needs."""
    if one.entry.need is not Need.OWNER_NOW and QueueFlag.BREACHING in one.flags:
        return "Its target is nearly used up: work on it now."
    return _REASONS[one.entry.need]
