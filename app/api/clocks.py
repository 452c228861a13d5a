"""Clocks over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.clocks import clocks_view
from app.schemas.clocks import ClocksView
from app.schemas.field_types import Key
from app.services.clocks import incident_clocks
from kb.records.api_key import Scope

reading = scoped(Scope.SUGGEST, tag="incidents")

CLOCKS = (reading,)


@reading.get("/incidents/{number:path}/clocks", responses=problems_of(404, 503))
def get_clocks(number: Key, services: TheServices) -> ClocksView:
    """Read how much of each target of an incident is used, when it is due, and why, second by second."""
    return clocks_view(incident_clocks(services, number, now=datetime.now(UTC)))
