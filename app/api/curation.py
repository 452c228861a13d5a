"""Curation over HTTP: the worklist, measures, taxonomy, and people's roles."""

from __future__ import annotations

import re
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BeforeValidator

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.curation import contributions_view, done_view, item_view, people_view, person_view, worklist_view
from app.schemas.curation import (
    CaseList,
    ContributionsView,
    DecisionBody,
    DoBody,
    DoneView,
    ItemView,
    MeasuresView,
    PeopleView,
    PersonView,
    RoleBody,
    TaxonomyView,
    WorklistView,
)
from app.schemas.field_types import Key
from app.services.case_table import case_table
from app.services.measures import CaseFilter, case_list, measures
from app.services.worklist_actions import do_item
from kb.curation.contributions import contributions
from kb.curation.workbench import TAXONOMY
from kb.records.api_key import Scope
from kb.records.known import Known
from kb.records.worklist_item import ItemKind

Wait = Annotated[bool, Query(description="Run curation first if it has never run; may take minutes.")]


def _as_day(value: Any) -> Any:
    """Refuse a day that is not in ISO 8601; a bare number could be seconds since 1970."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("use YYYY-MM-DD, for example 2026-01-31")
    return value


Named = Annotated[str | None, Query(max_length=200)]
Day = Annotated[date, BeforeValidator(_as_day)]

curation = scoped(Scope.KNOWLEDGE, tag="curation")
appointing = scoped(Scope.ADMIN, tag="curation")
CURATION = (curation, appointing)


@curation.get("/worklist")
def get_worklist(
    services: TheServices,
    kind: Annotated[ItemKind | None, Query(description="Only items of this kind.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    *,
    decided: Annotated[bool, Query(description="Also decided items.")] = False,
    wait: Wait = True,
) -> WorklistView:
    """List the tasks of a knowledge manager, the most worthwhile first."""
    if wait:
        services.workbench.ensure()
    found = services.workbench.worklist(decided=decided)
    return worklist_view(found, kind=kind, limit=limit, polishes=services.settings.polish_url is not None)


@curation.post("/worklist/{item:path}/decision", responses=problems_of(404))
def decide(item: Key, body: DecisionBody, services: TheServices) -> ItemView:
    """Decide on an item, or name it; later runs keep both."""
    return item_view(services.workbench.decide(item, body.verdict, name=body.name, note=body.note, by=body.by))


@curation.post("/worklist/{item:path}/do", responses=problems_of(403, 404, 409, 412, 502))
def do(item: Key, body: DoBody, services: TheServices) -> DoneView:
    """Carry out the action of an item."""
    return done_view(do_item(services, item, by=body.by, polished=body.polish, keep=body.keep))


@curation.get("/worklist/{item:path}", responses=problems_of(404))
def get_item(item: Key, services: TheServices) -> ItemView:
    """Read one item with its evidence."""
    return item_view(services.workbench.entry(item))


@curation.get("/measures")
def get_measures(
    services: TheServices,
    team: Named = None,
    service: Named = None,
    since: Day | None = None,
    until: Day | None = None,
    *,
    wait: Wait = True,
) -> MeasuresView:
    """Measure how well the knowledge base covers the work: known against new, links, their accuracy, reuse."""
    if wait:
        services.workbench.ensure()
    return measures(services.workbench, team=team, service=service, since=since, until=until)


@curation.get("/measures/cases", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def get_cases(services: TheServices) -> Response:
    """Export every case that the measures count, as CSV."""
    services.workbench.ensure()
    return Response(case_table(services.workbench.facts()), media_type="text/csv; charset=utf-8")


@curation.get("/cases")
def list_cases(
    services: TheServices,
    *,
    team: Named = None,
    service: Named = None,
    since: Day | None = None,
    until: Day | None = None,
    known: Annotated[Known | None, Query(description="Only cases that the knowledge base covered this much.")] = None,
    month: Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}$", description="Only cases of this month.")] = None,
    linked: Annotated[bool | None, Query(description="Only cases with a linked article, or without one.")] = None,
    reopened: Annotated[bool | None, Query(description="Only reopened cases, or only others.")] = None,
    expected: Annotated[
        bool | None, Query(description="Only cases whose text finds the linked article, or only others.")
    ] = None,
    article: Annotated[str | None, Query(max_length=200, description="Only cases that this article solved.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> CaseList:
    """List the cases behind a measure, the newest first."""
    chosen = CaseFilter(team, service, since, until, known, month, linked, reopened, expected, article)
    return case_list(services.workbench, chosen, limit=limit, offset=offset)


@curation.get("/contributions")
def get_contributions(services: TheServices) -> ContributionsView:
    """List who wrote, edited, flagged and linked articles, so that a coach sees whom to help; by name, never ranked."""
    return contributions_view(contributions(services.knowledge))


@curation.get("/taxonomy")
def get_taxonomy(services: TheServices, *, wait: Wait = True) -> TaxonomyView:
    """List categories that are unused or cannot be told apart, and issues that deserve a separate category."""
    if wait:
        services.workbench.ensure()
    kept = services.workbench.findings.kept(TAXONOMY)
    return TaxonomyView(as_of=kept.at, **kept.content) if kept else TaxonomyView(as_of=None)


@curation.get("/people")
def list_people(services: TheServices) -> PeopleView:
    """List the roles of people."""
    return people_view(services.knowledge.people)


@appointing.put("/people/{name}")
def put_person(name: Key, body: RoleBody, services: TheServices) -> PersonView:
    """Give a person a role, and with `groups` the named groups that they are in."""
    return person_view(services.knowledge.people.give(name, body.role, by=body.by, groups=body.groups))


@appointing.delete("/people/{name}", status_code=HTTPStatus.NO_CONTENT)
def delete_person(name: Key, services: TheServices) -> Response:
    """Remove a person's role, so that they have the role of everybody else."""
    services.knowledge.people.take(name)
    return Response(status_code=HTTPStatus.NO_CONTENT)
