"""Measuring: the measures of a desk's knowledge as every face shows them."""

from __future__ import annotations

from datetime import date

from app.presenters.curation import measures_view
from app.schemas.curation import MeasuresView
from kb.curation.demand import demand
from kb.curation.workbench import CASES, Workbench


def measures(
    workbench: Workbench,
    *,
    team: str | None = None,
    service: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> MeasuresView:
    """The measures of the cases of a team, a service and a time, as of when curation looked last."""
    kept = workbench.findings.kept(CASES)
    facts = workbench.facts()
    titles = {key: state.title for key, state in workbench.knowledge.store.articles.states().items()}
    return measures_view(
        demand(facts, team=team, service=service, since=since, until=until),
        titles,
        as_of=kept.at if kept else None,
        team=team,
        service=service,
        since=since,
        until=until,
        teams=sorted({one.team for one in facts if one.team}),
        services=sorted({one.service for one in facts if one.service}),
    )
