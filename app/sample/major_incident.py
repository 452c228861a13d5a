"""The past major incident of the sample desk, from its acceptance to its review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.composition import Services
from app.sample.issue import read_yaml
from app.services.major_room import open_room
from kb.records.incident import Incident
from kb.records.major_incident import MajorDecision
from kb.records.major_room import ReviewAction, ReviewText, RoomEventKind, RoomMessage, RoomState

_MANAGER = "Duty manager"


@dataclass(frozen=True, slots=True)
class _Teller:
    """Writes into the room of one major incident what happened so many minutes after its first report."""

    services: Services
    lead: str
    began: datetime
    now: datetime

    def at(self, minutes: float) -> datetime:
        """Return a moment of its own time."""
        return self.began + timedelta(minutes=minutes)

    def note(self, kind: RoomEventKind, text: str, at: datetime, *, by: str | None = _MANAGER) -> None:
        """Append to the timeline."""
        self.services.major_rooms.note(self.lead, kind, text, by=by, at=at, now=self.now)


def add_past_major(services: Services, incidents: Sequence[Incident], *, now: datetime) -> None:
    """Add the room of a past outage among these incidents, reviewed, unless it is there."""
    said: Mapping[str, Any] = read_yaml("major_incident")
    reports = sorted(
        (one for one in incidents if one.extra.get("major_incident", "").startswith(said["outage"]) and one.opened_at),
        key=lambda one: (one.opened_at, one.number),
    )
    if not reports or reports[0].opened_at is None or services.major_rooms.find(reports[0].number) is not None:
        return
    tell = _Teller(services, reports[0].number, reports[0].opened_at, now)
    with services.store.database.writing():
        _accept(tell, said, reports)
        _work_on(tell, said)
        _review(tell, said)


def _accept(tell: _Teller, said: Mapping[str, Any], reports: Sequence[Incident]) -> None:
    services, lead = tell.services, tell.lead
    proposed_at = reports[min(said["proposed_by_report"], len(reports)) - 1].opened_at or tell.began
    accepted_at = proposed_at + timedelta(minutes=said["accepted_after"])
    services.major_proposals.join([one.number for one in reports], proposed_at)
    services.major_proposals.decide(lead, MajorDecision.ACCEPTED, by=_MANAGER, at=accepted_at)
    open_room(services, lead, by=_MANAGER, at=accepted_at)


def _work_on(tell: _Teller, said: Mapping[str, Any]) -> None:
    services, lead = tell.services, tell.lead
    holders = dict[str, str]()
    for one in said["roles"]:
        role, person, at, why = one["role"], one["person"], tell.at(one["at"]), one.get("note", "")
        before = holders.get(role)
        services.major_work.hand_over(lead, role, person, expected=before, by=_MANAGER, note=why, at=at)
        came = f" from {before} ({why})" if before else ""
        tell.note(RoomEventKind.ROLE, f"{role.capitalize()}: {person}{came}", at)
        holders[role] = person
    for task, minutes in zip(services.major_work.tasks(lead), said["tasks_done_at"], strict=False):
        by = holders.get(task.role or "", _MANAGER)
        services.major_work.change_task(lead, task.id, done_at=tell.at(minutes), done_by=by)
        tell.note(RoomEventKind.TASK, f"Task done: {task.title}", tell.at(minutes), by=by)
    for one in said["messages"]:
        by = holders["communications"]
        sent = RoomMessage(one["audience"], one["subject"], one["text"], tell.at(one["at"]), by)
        services.major_work.add_message(lead, sent)
        tell.note(RoomEventKind.MESSAGE, f"Message to {sent.audience}: {sent.subject}", sent.sent_at, by=by)
    for one in said["entries"]:
        tell.note(RoomEventKind.ENTRY, one["text"], tell.at(one["at"]), by=one["by"])
        if one.get("pinned"):
            entry = f"r{services.major_rooms.events(lead)[-1].id}"
            services.major_rooms.mark(lead, entry, pinned=True, hidden=False, by=one["by"], at=tell.at(one["at"]))


def _review(tell: _Teller, said: Mapping[str, Any]) -> None:
    services, lead = tell.services, tell.lead
    restored_at, resolved_at = tell.at(said["restored_after"]), tell.at(said["resolved_after"])
    reviewed_at = tell.began + timedelta(days=said["reviewed_after_days"])
    tell.note(RoomEventKind.STATE, "The service is restored", restored_at)
    tell.note(RoomEventKind.STATE, f"Resolved: {said['resolution']}", resolved_at)
    tell.note(RoomEventKind.STATE, "Reviewed", reviewed_at)
    services.major_rooms.change(
        lead,
        state=RoomState.REVIEWED,
        criteria=tuple(said["criteria"]),
        workaround=said["workaround"],
        resolution=said["resolution"],
        restored_at=restored_at,
        resolved_at=resolved_at,
        reviewed_at=reviewed_at,
        review=ReviewText(**said["review"]),
    )
    for one in said["actions"]:
        done = one.get("done_days")
        action = ReviewAction(
            one["what"],
            one["owner"],
            tell.began + timedelta(days=one["due_days"]),
            None if done is None else tell.began + timedelta(days=done),
            None if done is None else one["owner"],
        )
        services.major_work.add_action(lead, action)
        tell.note(RoomEventKind.ACTION, f"New action: {action.what}", reviewed_at)
