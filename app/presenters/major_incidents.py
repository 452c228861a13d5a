"""Major incidents as views, and why they were proposed in plain words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from app.schemas.major_incidents import (
    AffectedView,
    BacktestProposalView,
    BacktestView,
    CountedView,
    MajorIncidentDetailView,
    MajorIncidentsView,
    MajorIncidentView,
    MajorReasonView,
    PastMajorView,
    RelatedArticleView,
    ReportView,
    SeriesPointView,
)
from kb.records.excerpt import headline
from kb.records.major_incident import MajorIncidentFacts, MajorIncidentProposal, MajorReason, ReasonKind
from triage.major_backtest import Backtest


def major_incidents_view(proposals: Collection[MajorIncidentProposal]) -> MajorIncidentsView:
    """Return the view of proposed major incidents, in their order."""
    return MajorIncidentsView(proposals=[major_incident_view(proposal) for proposal in proposals])


def major_incident_view(proposal: MajorIncidentProposal) -> MajorIncidentView:
    """Return the view of a proposed major incident."""
    return MajorIncidentView(
        id=proposal.lead,
        lead=proposal.lead,
        subject=proposal.subject,
        since=proposal.since,
        proposed_at=proposal.proposed_at,
        incidents=list(proposal.numbers),
        still_open=proposal.still_open,
        decision=proposal.decision,
        decided_by=proposal.decided_by,
        decided_at=proposal.decided_at,
        reason=None if proposal.reason is None else _reason_view(proposal.reason),
        merged_into=proposal.merged_into,
    )


def major_incident_detail_view(facts: MajorIncidentFacts) -> MajorIncidentDetailView:
    """Return the view of a major incident with all that is known of it."""
    affected = AffectedView(
        callers=facts.callers,
        **{
            name: [CountedView(value=value, reports=count) for value, count in facts.values[field]]
            for name, field in (
                ("locations", "location"),
                ("services", "service"),
                ("configuration_items", "configuration_item"),
            )
        },
    )
    return MajorIncidentDetailView(
        **major_incident_view(facts.proposal).model_dump(),
        words=list(facts.words),
        service=facts.service,
        configuration_item=facts.configuration_item,
        affected=affected,
        reports=[
            ReportView(
                number=one.number,
                title=headline(one.short_description, one.description),
                opened_at=one.opened_at,
                is_open=one.is_open,
                service=one.service,
                location=one.location,
            )
            for one in facts.reports
        ],
        articles=[RelatedArticleView(id=key, title=title) for key, title in facts.articles],
        past=[PastMajorView(name=one.name, id=one.lead, incident=one.incident, at=one.at) for one in facts.past],
        merged=list(facts.proposal.merged),
        series=[
            SeriesPointView(at=point.at, observed=point.observed, expected=point.expected) for point in facts.series
        ],
    )


def backtest_view(found: Backtest) -> BacktestView:
    """Return the view of a back-test."""
    rate, low, high = found.false_alarms_a_week()
    return BacktestView(
        since=datetime.fromtimestamp(found.since, UTC),
        until=datetime.fromtimestamp(found.until, UTC),
        reports=found.reports,
        proposals=[
            BacktestProposalView(
                at=one.reason.at,
                minute=one.minute,
                reports=one.proposed_with,
                incidents=list(one.numbers),
                known_as=one.name,
                reason=_reason_view(one.reason),
            )
            for one in found.proposals
        ],
        false_alarms=found.false_alarms,
        false_alarms_per_week=rate,
        low=low,
        high=high,
    )


def reason_sentence(reason: MajorReason) -> str:
    """Return why a major incident was proposed, in one sentence."""
    if reason.kind is ReasonKind.CRITERION:
        return f"It matches the criterion “{reason.criterion}”."
    group = "that say the same" if reason.field is None else f"with {reason.field.replace('_', ' ')} “{reason.value}”"
    reports = "1 report" if reason.observed == 1 else f"{reason.observed:,} reports"
    minutes = max(1, round(reason.minutes))
    return f"{reports} {group} within {minutes:,} min, where {_usual(reason.expected)} usual."


def _usual(expected: float) -> str:
    if expected < 0.1:
        return "fewer than 0.1 are"
    return f"{expected:,.1f} are"


def _reason_view(reason: MajorReason) -> MajorReasonView:
    return MajorReasonView(
        kind=reason.kind,
        at=reason.at,
        observed=reason.observed,
        expected=reason.expected,
        minutes=reason.minutes,
        field=reason.field,
        value=reason.value,
        criterion=reason.criterion,
        sentence=reason_sentence(reason),
    )
