"""Detection of major incidents: new reports join one that is running, or are proposed as one where they are unusual."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.composition import Services
from app.services.major_incidents import notify_of_major
from kb.practice.detection import DetectionSection
from kb.practice.practice_file import PracticeFileError
from kb.records.incident import Incident
from kb.records.webhook import Event
from triage.major_watch import Joins, Proposes

# what was logged longer ago is no news: an import of yesterday's tickets alarms nobody
_LATE = timedelta(hours=1)
_log = logging.getLogger(__name__)


def detection_in_force(services: Services) -> DetectionSection:
    """Return how major incidents are detected; as usual where practice.yaml cannot be used."""
    try:
        return services.practice.practice().major_incidents.detection
    except PracticeFileError:
        return DetectionSection()


def major_findings(services: Services, incidents: Sequence[Incident], *, now: datetime) -> list[Joins | Proposes]:
    """Return what incidents that were just logged join or bring about, to be kept with `keep_majors`."""
    recent = [one for one in incidents if one.opened_at is not None and one.opened_at >= now - _LATE]
    return services.major_watch.look_at(
        recent, detection_in_force(services), least_callers=services.settings.major_reports
    )


def keep_majors(services: Services, findings: Sequence[Joins | Proposes], *, now: datetime) -> None:
    """Keep what the detection found, and announce new proposals."""
    try:
        for found in findings:
            if isinstance(found, Joins):
                services.major_proposals.add(found.lead, [found.number], now)
            else:
                _propose(services, found, now)
    except BaseException:
        services.major_watch.read_anew()
        raise


def _propose(services: Services, found: Proposes, now: datetime) -> None:
    """Keep a proposal, announce it and notify people in the same act."""
    with services.store.database.writing():
        proposal = services.major_proposals.join(found.numbers, now, found.reason)
        if proposal is None:
            return
        told = {
            "lead": proposal.lead,
            "incidents": list(proposal.numbers),
            "proposed_at": proposal.proposed_at.isoformat(),
        }
        services.webhooks.announce(Event.MAJOR_INCIDENT_PROPOSED, told)
        notify_of_major(services, proposal, by=None, now=now)
    _log.warning("a major incident is proposed: %d incidents are alike", len(proposal.numbers))
