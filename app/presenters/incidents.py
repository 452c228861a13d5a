"""Incidents and major incidents as views."""

from __future__ import annotations

from collections.abc import Collection

from app.schemas.incidents import IncidentView, MajorIncidentsView, MajorIncidentView
from kb.records.incident import Incident
from kb.records.sensitive_data import MaskedKind
from kb.service.major_incident_proposals import MajorIncidentProposal


def incident_view(incident: Incident, masked: Collection[MaskedKind] = ()) -> IncidentView:
    """Return the view of an incident, with the kinds of sensitive data that were masked in it just now."""
    return IncidentView.model_validate(
        {name: getattr(incident, name) for name in IncidentView.model_fields if name != "masked"}
        | {"articles": list(incident.articles), "extra": dict(incident.extra), "masked": sorted(masked)}
    )


def major_incidents_view(proposals: Collection[MajorIncidentProposal]) -> MajorIncidentsView:
    """Return the view of proposed major incidents, in their order."""
    return MajorIncidentsView(
        proposals=[
            MajorIncidentView(lead=proposal.lead, proposed_at=proposal.proposed_at, incidents=list(proposal.numbers))
            for proposal in proposals
        ]
    )
