"""Outcomes at work: what became of an incident changes it, teaches, and is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.composition import Services
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.incident_event import EventSource, Origin
from kb.records.outcome import Outcome, OutcomeKind
from triage.corrections import teach


def record_outcome(services: Services, outcome: Outcome, *, resolution: str | None) -> Incident:
    """Let an incident be as it came out, in one act, and return it.

    Who reassigns says that the group before was wrong: that counts as a correction, at once and for good. Raises
    UnknownRecordError for the incident or a linked article.
    """
    store = services.store
    origin = Origin(EventSource.OUTCOME, outcome.by, outcome.at)
    with store.database.writing():
        match outcome.kind:
            case OutcomeKind.CLOSED:
                incident = store.update(outcome.number, lambda one: _closed(one, outcome.at, resolution), origin)
                outcome = replace(outcome, value=incident.resolution if resolution else None)
            case OutcomeKind.REASSIGNED:
                incident = _reassign(services, outcome)
            case OutcomeKind.REOPENED:
                incident = store.update(outcome.number, _reopened, origin)
            case OutcomeKind.ARTICLE_LINKED:
                incident = services.knowledge.link(outcome.value or "", outcome.number, by=outcome.by)
        services.outcomes.note(outcome)
        return incident


def _closed(incident: Incident, at: datetime, resolution: str | None) -> Incident:
    resolved = incident.resolved_at or at
    told = resolution or incident.resolution
    return replace(incident, state="closed", resolved_at=resolved, closed_at=at, resolution=told)


def _reopened(incident: Incident) -> Incident:
    times = (incident.reopen_count or 0) + 1
    return replace(incident, state="reopened", reopen_count=times, resolved_at=None, closed_at=None)


def _reassign(services: Services, outcome: Outcome) -> Incident:
    """Count a reassignment, and correct the group that was suggested before, in an act."""
    before = services.store.update(
        outcome.number, lambda one: replace(one, reassignment_count=(one.reassignment_count or 0) + 1)
    )
    decision = Feedback(
        field="assignment_group",
        chosen=outcome.value,
        at=outcome.at,
        number=outcome.number,
        suggested=before.assignment_group,
        by=outcome.by,
    )
    teach(services.store, decision, None, EventSource.OUTCOME)
    return services.store.incident(outcome.number)
