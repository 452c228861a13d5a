"""Incidents and major incidents as views."""

from __future__ import annotations

from collections.abc import Collection

from app.schemas.incidents import IncidentView, MajorIncidentsView, MajorIncidentView, WrittenView
from kb.records.incident import Incident
from kb.records.written import Written, WrittenIncident
from kb.service.major_incident_proposals import MajorIncidentProposal


def incident_view(incident: Incident) -> IncidentView:
    """Return the view of an incident."""
    known = {name: getattr(incident, name) for name in IncidentView.model_fields if hasattr(incident, name)}
    return IncidentView.model_validate(known | {"articles": list(incident.articles), "extra": dict(incident.extra)})


def written_incident_view(written: WrittenIncident) -> IncidentView:
    """Return the view of an incident that was just written, with what became of the record."""
    said = {"masked": sorted(written.masked), "superseded": written.superseded, "kept": list(written.kept)}
    return incident_view(written.incident).model_copy(update=said)


def written_view(counts: Written) -> WrittenView:
    """Return the view of what a write did."""
    return WrittenView(new=counts.new, updated=counts.updated, unchanged=counts.unchanged, superseded=counts.superseded)


def major_incidents_view(proposals: Collection[MajorIncidentProposal]) -> MajorIncidentsView:
    """Return the view of proposed major incidents, in their order."""
    return MajorIncidentsView(
        proposals=[
            MajorIncidentView(lead=proposal.lead, proposed_at=proposal.proposed_at, incidents=list(proposal.numbers))
            for proposal in proposals
        ]
    )
