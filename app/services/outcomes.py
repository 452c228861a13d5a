"""Outcomes at work: what became of an incident changes it, teaches, and is counted."""

from __future__ import annotations

from dataclasses import replace

from app.composition import Services
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.outcome import Outcome, OutcomeKind
from triage.corrections import teach


def record_outcome(services: Services, outcome: Outcome, *, resolution: str | None) -> Incident:
    """Let an incident be as it came out; returns it. Raises UnknownRecordError for it or a linked article.

    Who reassigns says that the group before was wrong: that counts as a correction, at once and for good.
    """
    incident = services.store.incident(outcome.number)
    match outcome.kind:
        case OutcomeKind.CLOSED:
            resolved = incident.resolved_at or outcome.at
            told = resolution or incident.resolution
            closed = replace(incident, state="closed", resolved_at=resolved, closed_at=outcome.at, resolution=told)
            services.store.put_incidents([closed])
        case OutcomeKind.REASSIGNED:
            times = (incident.reassignment_count or 0) + 1
            services.store.put_incidents([replace(incident, reassignment_count=times)])
            entry = Feedback(
                field="assignment_group",
                chosen=outcome.value,
                at=outcome.at,
                number=outcome.number,
                suggested=incident.assignment_group,
                by=outcome.by,
            )
            teach(services.store, entry, None)
        case OutcomeKind.REOPENED:
            times = (incident.reopen_count or 0) + 1
            again = replace(incident, state="reopened", reopen_count=times, resolved_at=None, closed_at=None)
            services.store.put_incidents([again])
        case OutcomeKind.ARTICLE_LINKED:
            services.knowledge.link(outcome.value or "", outcome.number, by=outcome.by)
    services.outcomes.note(outcome)
    return services.store.incident(outcome.number)
