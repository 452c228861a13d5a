"""Arrivals of reports: new ones join one that is running, or are proposed as one where they are unusual."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from app.composition import Services
from app.services.major_children import join_with_proposal
from app.services.major_incidents import notify_of_major
from kb.practice.detection import DetectionSection
from kb.practice.practice_file import PracticeFileError
from kb.records.incident import Incident
from kb.records.webhook import Event
from triage.major_watch import Joins, Proposes

# what was logged longer ago is no news: an import of yesterday's tickets alarms nobody
_LATE = timedelta(hours=1)
# decisions that are taken while reports are looked at again are rare: more than one in a row does not happen
_TRIES = 3
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
    """Keep what the detection found, and announce new proposals.

    Where a person of any process has refused meanwhile what a report would have joined, it is looked at again.
    """
    for _ in range(_TRIES):
        turned_away = list[str]()
        try:
            for found in findings:
                if isinstance(found, Proposes):
                    _propose(services, found, now)
                elif not _join(services, found, now):
                    turned_away.append(found.number)
        except BaseException:
            services.major_watch.read_anew()
            raise
        if not turned_away:
            return
        services.major_watch.read_anew()
        findings = major_findings(services, services.store.incidents_of(turned_away), now=now)


def _join(services: Services, found: Joins, now: datetime) -> bool:
    """Let a report join a major incident in one act; returns whether that still takes reports."""
    with services.store.database.writing():
        lead = services.major_proposals.add(found.lead, [found.number], now)
        if lead is not None:
            join_with_proposal(services, lead, [found.number], now=now)
    return lead is not None


def _propose(services: Services, found: Proposes, now: datetime) -> None:
    """Keep a proposal, announce it and notify people in the same act."""
    with services.store.database.writing():
        proposal = services.major_proposals.join(found.numbers, now, found.reason)
        if proposal is None:
            for lead, numbers in _by_lead(services.major_proposals.spoken_for(found.numbers)).items():
                join_with_proposal(services, lead, numbers, now=now)
            return
        told = {
            "lead": proposal.lead,
            "incidents": list(proposal.numbers),
            "proposed_at": proposal.proposed_at.isoformat(),
        }
        services.webhooks.announce(Event.MAJOR_INCIDENT_PROPOSED, told)
        notify_of_major(services, proposal, by=None, now=now)
    _log.warning("a major incident is proposed: %d incidents are alike", len(proposal.numbers))


def _by_lead(spoken_for: Mapping[str, str]) -> dict[str, list[str]]:
    found = dict[str, list[str]]()
    for number, lead in spoken_for.items():
        found.setdefault(lead, []).append(number)
    return found
