"""Security incidents as views."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.presenters.clocks import clock_view
from app.presenters.incident_life import event_view
from app.presenters.incidents import incident_view
from app.schemas.security import (
    RestrictedIncidentsView,
    RestrictedIncidentView,
    SecurityAdviceView,
    SecurityProceduresView,
    SecurityProcedureView,
)
from kb.practice.calendar import second_of
from kb.practice.clock import clocks_of
from kb.practice.life import life_of
from kb.practice.practice import Practice
from kb.practice.security import SecurityPractice
from kb.records.incident_history import in_order
from kb.records.security import RestrictedIncident, SecurityKind
from kb.storage.restricted_store import RestrictedCounts
from triage.security import SecurityAdvice


def restricted_incident_view(found: RestrictedIncident, practice: Practice, *, now: datetime) -> RestrictedIncidentView:
    """Return the view of a restricted incident, with its clocks as they stand now."""
    clocks = clocks_of(life_of(found.incident, found.events), practice, second_of(now))
    return RestrictedIncidentView(
        incident=incident_view(found.incident),
        kind=found.kind,
        severity=found.severity,
        tlp=found.restriction.tlp,
        people=list(found.restriction.people),
        groups=list(found.restriction.groups),
        by=found.by,
        at=found.at,
        procedure=procedure_view(found.kind, practice.security),
        timeline=[event_view(event) for event in in_order(list(found.events))],
        clocks=list(map(clock_view, clocks)),
    )


def restricted_incidents_view(
    found: Sequence[RestrictedIncident], counts: RestrictedCounts, practice: Practice, *, now: datetime
) -> RestrictedIncidentsView:
    """Return the view of restricted incidents, in their order."""
    listed = [restricted_incident_view(one, practice, now=now) for one in found]
    return RestrictedIncidentsView(incidents=listed, total=counts.total, still_open=counts.still_open)


def procedures_view(practice: SecurityPractice) -> SecurityProceduresView:
    """Return the view of what is done about each kind of security incident."""
    return SecurityProceduresView(procedures=[procedure_view(kind, practice) for kind in SecurityKind])


def procedure_view(kind: SecurityKind, practice: SecurityPractice) -> SecurityProcedureView:
    """Return the view of what is done about one kind of security incident."""
    procedure = practice.procedures[kind]
    return SecurityProcedureView(
        kind=kind,
        severity=procedure.severity,
        tlp=procedure.tlp,
        group=practice.group,
        do=list(procedure.do),
        do_not=list(procedure.do_not),
    )


def security_advice_view(advice: SecurityAdvice | None) -> SecurityAdviceView | None:
    """Return the view of what is done about a ticket that may be a security incident."""
    if advice is None:
        return None
    return SecurityAdviceView(
        kind=advice.sign.kind,
        severity=advice.procedure.severity,
        tlp=advice.procedure.tlp,
        group=advice.group,
        do=list(advice.procedure.do),
        do_not=list(advice.procedure.do_not),
        probability=round(advice.sign.probability, 4),
        is_labelled=advice.is_labelled,
        why=list(advice.sign.words),
        indicators=list(advice.indicators),
    )
