"""Major incidents at work: a person confirms, rejects, demotes, merges or parts those that were proposed."""

from __future__ import annotations

from datetime import UTC, datetime

from app.composition import Services
from app.services.major_room import demote_room, merge_rooms, open_room, part_rooms
from kb.records.major_incident import MajorDecision, MajorIncidentProposal
from kb.records.notification import NotificationEvent
from kb.records.webhook import Event

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


def decide_major(services: Services, lead: str, decision: MajorDecision, *, by: str | None) -> MajorIncidentProposal:
    """Keep a decision on a proposed major incident and announce it, in one act; `OPEN` takes a decision back.

    What was decided like that before is not announced again. Raises UnknownRecordError and UndecidableError.
    """
    with services.store.database.writing():
        before = services.major_proposals.get(lead)
        if before.decision is decision:
            return before
        found = services.major_proposals.decide(lead, decision, by=by, at=datetime.now(UTC))
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
            open_room(services, lead, by=by)
        else:
            demote_room(services, lead, by=by)
    return found


def merge_majors(services: Services, lead: str, into: str, *, by: str | None) -> MajorIncidentProposal:
    """Merge a major incident into another and announce it, in one act; returns that one.

    Raises UnknownRecordError and UndecidableError.
    """
    with services.store.database.writing():
        found = services.major_proposals.merge(lead, into, by=by, at=datetime.now(UTC))
        told = {"lead": lead, "into": found.lead, "incidents": list(found.numbers), "merged_by": by}
        services.webhooks.announce(Event.MAJOR_INCIDENT_MERGED, told)
        merge_rooms(services, lead, found.lead, by=by)
    return found


def unmerge_major(services: Services, lead: str, *, by: str | None) -> MajorIncidentProposal:
    """Part a major incident from the one it was merged into and announce it, in one act; returns it.

    Raises UnknownRecordError and NotMergedError.
    """
    with services.store.database.writing():
        before = services.major_proposals.get(lead).merged_into
        found = services.major_proposals.unmerge(lead, by=by, at=datetime.now(UTC))
        told = {"lead": lead, "parted_from": before, "incidents": list(found.numbers), "parted_by": by}
        services.webhooks.announce(Event.MAJOR_INCIDENT_PARTED, told)
        part_rooms(services, found, before, by=by)
    return found


def notify_of_major(services: Services, found: MajorIncidentProposal, *, by: str | None, now: datetime) -> None:
    """Tell people where a major incident stands, within the act that is under way."""
    for incident in services.store.incidents_of([found.lead]):
        details = {"incidents": str(len(found.numbers)), "at": now.isoformat()}
        cause = f"{found.lead} {found.decision} {now.isoformat()}"
        services.notices.note(_NAMED[found.decision], incident, cause, details, by=by, now=now)
