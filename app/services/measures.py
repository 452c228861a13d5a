"""Measures: how far knowledge helps, as every face shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.presenters.curation import measures_view
from app.schemas.curation import CaseList, CaseView, MeasuresView
from kb.curation.demand import CaseFacts, cases_of, demand
from kb.curation.workbench import CASES, Workbench
from kb.records.excerpt import headline
from kb.records.known import Known


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are listed; what is `None` does not count. `month` is such as 2026-01."""

    team: str | None = None
    service: str | None = None
    since: date | None = None
    until: date | None = None
    known: Known | None = None
    month: str | None = None
    linked: bool | None = None
    reopened: bool | None = None
    expected: bool | None = None
    article: str | None = None

    def takes(self, one: CaseFacts) -> bool:
        """Return whether a case of the right team, service and time is listed."""
        return (
            self.known in (None, one.known)
            and (self.month is None or (one.day is not None and f"{one.day:%Y-%m}" == self.month))
            and self.linked in (None, bool(one.articles))
            and self.reopened in (None, one.reopened)
            and self.expected in (None, one.expected)
            and (self.article is None or self.article in one.articles)
        )


def case_list(workbench: Workbench, chosen: CaseFilter, *, limit: int, offset: int) -> CaseList:
    """Return a page of the cases behind a measure, the newest first."""
    facts = cases_of(
        workbench.facts(), team=chosen.team, service=chosen.service, since=chosen.since, until=chosen.until
    )
    cases = [one for one in facts if chosen.takes(one)]
    cases.sort(key=lambda one: (one.day or date.min, one.number), reverse=True)
    page = cases[offset : offset + limit]
    found = workbench.knowledge.store.incidents_of([one.number for one in page])
    incidents = {incident.number: incident for incident in found}
    views = [
        CaseView(
            number=one.number,
            title=headline(incident.short_description, incident.description) if incident else "",
            day=one.day,
            team=one.team,
            service=one.service,
            articles=list(one.articles),
            reopened=one.reopened,
            known=one.known,
            expected=one.expected,
        )
        for one in page
        for incident in [incidents.get(one.number)]
    ]
    return CaseList(cases=views, total=len(cases))


def measures(
    workbench: Workbench,
    *,
    team: str | None = None,
    service: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> MeasuresView:
    """Return the measures of the cases of a team, a service and a time, as of when curation looked last."""
    as_of = workbench.findings.found_at(CASES)
    facts = workbench.facts()
    return measures_view(
        demand(facts, team=team, service=service, since=since, until=until),
        workbench.knowledge.store.articles.titles(),
        as_of=as_of,
        team=team,
        service=service,
        since=since,
        until=until,
        teams=sorted({one.team for one in facts if one.team}),
        services=sorted({one.service for one in facts if one.service}),
    )
