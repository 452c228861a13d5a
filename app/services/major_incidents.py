"""Major incidents at work: a person confirms, rejects, demotes, merges or parts those that were proposed."""

from __future__ import annotations

from datetime import UTC, datetime

from app.composition import Services
from app.services.major_room import demote_room, masked, merge_rooms, move_room, open_room, part_rooms
from kb.records.errors import EditConflictError, UnknownRecordError
from kb.records.major_incident import MajorDecision, MajorIncidentProposal
from kb.records.major_room import Room, RoomState, RoomStateError, check_room_move
from kb.records.notification import NotificationEvent
from kb.records.webhook import Event
from kb.records.wording import Wording

_TOLD = {
    MajorDecision.ACCEPTED: Event.MAJOR_INCIDENT_ACCEPTED,
    MajorDecision.REJECTED: Event.MAJOR_INCIDENT_REJECTED,
    MajorDecision.OPEN: Event.MAJOR_INCIDENT_UNDECIDED,
    MajorDecision.DEMOTED: Event.MAJOR_INCIDENT_DEMOTED,
}
_NAMED = {
    MajorDecision.OPEN: NotificationEvent.MAJOR_PROPOSED,
    MajorDecision.ACCEPTED: NotificationEvent.MAJOR_ACCEPTED,
    MajorDecision.REJECTED: NotificationEvent.MAJOR_REJECTED,
    MajorDecision.DEMOTED: NotificationEvent.MAJOR_DEMOTED,
}


def decide_major(
    services: Services,
    lead: str,
    decision: MajorDecision,
    *,
    by: str | None,
    note_text: str | None = None,
    seen: MajorDecision | None = None,
) -> MajorIncidentProposal:
    """Keep a decision on a proposed major incident and announce it, in one act; `OPEN` takes a decision back.

    `seen` is the decision that the person saw, if that is known. What was decided like that before is not announced
    again. Raises UnknownRecordError, UndecidableError, and EditConflictError where somebody decided otherwise since.
    """
    with services.store.database.writing():
        before = services.major_proposals.get(lead)
        if seen is not None and before.decision not in {seen, decision}:
            raise EditConflictError(f"{_standing(before)}; read it again before you decide")
        found = services.major_proposals.decide(lead, decision, by=by, at=datetime.now(UTC))
        if before.decision is not decision:
            told = {
                "lead": lead,
                "incidents": list(found.numbers),
                "subject": found.subject,
                "decided_by": by,
                "proposed_at": found.proposed_at.isoformat(),
            }
            services.webhooks.announce(_TOLD[decision], told)
            notify_of_major(services, found, by=by, now=datetime.now(UTC))
        if decision is MajorDecision.ACCEPTED:
            open_room(services, lead, by=by, note_text=note_text)
        else:
            demote_room(services, lead, by=by, note_text=note_text)
    return found


def _standing(found: MajorIncidentProposal) -> str:
    """Return what was decided on a major incident, by whom and when, as far as is known."""
    if found.decided_at is None:
        return f"the decision on {found.lead} was taken back"
    by = f" by {found.decided_by}" if found.decided_by else ""
    return f"{found.lead} was {found.decision.value}{by} at {found.decided_at:%Y-%m-%d %H:%M %Z}"


def move_major(services: Services, lead: str, to: RoomState, *, by: str | None, note_text: str | None) -> Room:
    """Take a major incident to another state in one act; demoting it and opening it again are decisions on it.

    Raises UnknownRecordError and RoomStateError.
    """
    with services.store.database.writing():
        room = services.major_rooms.get(lead)
        check_room_move(lead, room.state, to)
        merges = services.major_proposals.merged_into(lead)
        if merges and to.is_active:
            into = merges[-1][0]
            raise RoomStateError(
                Wording(
                    "{number} was merged into {into}: work on that one, or separate {number} from it first",
                    {"number": lead, "into": into},
                )
            )
        decision = _decision_on(services, lead)
        if to is RoomState.DEMOTED and decision is MajorDecision.ACCEPTED:
            decide_major(services, lead, MajorDecision.DEMOTED, by=by, note_text=masked(services, note_text))
        elif to.is_active and decision not in {MajorDecision.ACCEPTED, None}:
            decide_major(services, lead, MajorDecision.ACCEPTED, by=by)
        if services.major_rooms.get(lead).state is not to:
            return move_room(services, lead, to, by=by, note_text=note_text)
        return services.major_rooms.get(lead)


def merge_majors(services: Services, lead: str, into: str, *, by: str | None) -> MajorIncidentProposal:
    """Merge a major incident into another and announce it, in one act; returns that one.

    Raises UnknownRecordError, UndecidableError and RoomStateError.
    """
    with services.store.database.writing():
        at = datetime.now(UTC)
        found = services.major_proposals.merge(lead, into, by=by, at=at)
        told = {"lead": lead, "into": found.lead, "incidents": list(found.numbers), "merged_by": by}
        services.webhooks.announce(Event.MAJOR_INCIDENT_MERGED, told)
        merge_rooms(services, lead, found.lead, by=by, at=at)
    return found


def unmerge_major(services: Services, lead: str, *, by: str | None) -> MajorIncidentProposal:
    """Part a major incident from the one it was merged into and announce it, in one act; returns it.

    Raises UnknownRecordError and NotMergedError.
    """
    with services.store.database.writing():
        at = datetime.now(UTC)
        before = services.major_proposals.get(lead).merged_into
        merges = services.major_proposals.merged_into(lead)
        found = services.major_proposals.unmerge(lead, by=by, at=at)
        told = {"lead": lead, "parted_from": before, "incidents": list(found.numbers), "parted_by": by}
        services.webhooks.announce(Event.MAJOR_INCIDENT_PARTED, told)
        part_rooms(services, found, merges, by=by, at=at)
    return found


def _decision_on(services: Services, lead: str) -> MajorDecision | None:
    """Return the decision on a major incident, `None` where all of its reports were forgotten."""
    try:
        return services.major_proposals.get(lead).decision
    except UnknownRecordError:
        return None


def notify_of_major(services: Services, found: MajorIncidentProposal, *, by: str | None, now: datetime) -> None:
    """Tell people where a major incident stands, within the act that is under way."""
    for incident in services.store.incidents_of([found.lead]):
        details = {"incidents": str(len(found.numbers)), "at": now.isoformat()}
        cause = f"{found.lead} {found.decision} {now.isoformat()}"
        services.notices.note(_NAMED[found.decision], incident, cause, details, by=by, now=now)
