"""Incidents as views."""

from __future__ import annotations

from collections.abc import Iterable

from app.schemas.incidents import IncidentView, WrittenView
from kb.records.incident import Incident
from kb.records.incident_moves import legal_moves
from kb.records.written import Written, WrittenIncident


def incident_view(incident: Incident) -> IncidentView:
    """Return the view of an incident."""
    known = {name: getattr(incident, name) for name in IncidentView.model_fields if hasattr(incident, name)}
    lists = {"articles": list(incident.articles), "moves": list(legal_moves(incident))}
    return IncidentView.model_validate(known | lists | {"extra": dict(incident.extra)})


def written_incident_view(written: WrittenIncident, decisions: Iterable[int], undo: int | None) -> IncidentView:
    """Return the view of an incident that was just written, with what became of the record.

    `decisions` are the ids of what was decided on it, `undo` is that of the act, if it is one.
    """
    said = {
        "masked": sorted(written.masked),
        "superseded": written.superseded,
        "kept": list(written.kept),
        "decisions": list(decisions),
        "undo": None if undo is None else str(undo),
    }
    return incident_view(written.incident).model_copy(update=said)


def written_view(counts: Written) -> WrittenView:
    """Return the view of what a write did."""
    return WrittenView(new=counts.new, updated=counts.updated, unchanged=counts.unchanged, superseded=counts.superseded)
