"""Declaring a major incident: a person says that an incident is one, whether or not it was proposed."""

from __future__ import annotations

from datetime import UTC, datetime

from app.composition import Services
from app.services.major_incidents import decide_major
from kb.records.major_incident import MajorDecision
from kb.records.major_room import Room


def declare_major(services: Services, number: str, *, by: str | None) -> Room:
    """Accept an incident as a major one in one act and return its room; raises UnknownRecordError.

    Where it speaks for a proposal, that one is accepted.
    """
    with services.store.database.writing():
        services.store.incident(number)
        services.major_proposals.join([number], datetime.now(UTC))
        lead = services.major_rooms.proposal_of(number) or number
        lead = services.major_proposals.get(lead).merged_into or lead
        decide_major(services, lead, MajorDecision.ACCEPTED, by=by)
        return services.major_rooms.get(lead)
