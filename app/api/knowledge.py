"""Knowledge over HTTP: search, articles and their life cycle, and acts of agents at a ticket."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import Path, Query, Response
from fastapi.responses import RedirectResponse

from app.api.access import scoped
from app.api.etags import IfMatch, etag, version_of
from app.api.routing import TheServices, problems_of
from app.composition import Services
from app.presenters.articles import (
    article_list,
    article_view,
    changed_part_view,
    coach_view,
    flag_list,
    flag_view,
    hint_view,
    merged_view,
    steps_view,
)
from app.presenters.incidents import incident_view
from app.presenters.search import search_view
from app.schemas.articles import (
    ArticleBody,
    ArticleChange,
    ArticleList,
    ArticleStepsView,
    ArticleView,
    ByBody,
    CaptureBody,
    CoachView,
    DifferenceView,
    FlagBody,
    FlagList,
    FlagView,
    HintsView,
    LinkBody,
    MergeBody,
    MergedView,
    NotFoundBody,
    OpenedBody,
    RestoreBody,
)
from app.schemas.field_types import Key
from app.schemas.incidents import IncidentView
from app.schemas.search import SearchView
from app.services.article_search import found_articles
from kb.records.api_key import Scope
from kb.records.article import Audience, State
from kb.records.article_steps import offered_steps
from kb.records.flag import Flag
from kb.records.record_kind import RecordKind
from kb.storage.article_rows import StoredArticle

SEARCH_LIMIT = 100
SearchText = Annotated[str, Query(min_length=1, max_length=10_000, description="Text to search for.")]
Version = Annotated[int, Query(ge=1, le=10**9)]
FlagNumber = Annotated[int, Path(ge=1, le=10**9)]

at_work = scoped(Scope.WRITE, tag="knowledge")
reading = scoped(Scope.SUGGEST, tag="knowledge")
curating = scoped(Scope.KNOWLEDGE, tag="knowledge")
KNOWLEDGE = (at_work, reading, curating)


@at_work.post("/incidents/{number:path}/articles", responses=problems_of(404))
def link_article(number: Key, body: LinkBody, services: TheServices) -> IncidentView:
    """Record that an article solved the incident."""
    return incident_view(services.knowledge.link(body.article, number, by=body.by))


@at_work.post(
    "/incidents/{number:path}/capture", status_code=HTTPStatus.CREATED, responses=problems_of(403, 404, 409, 412)
)
def capture(number: Key, body: CaptureBody, services: TheServices, response: Response) -> ArticleView:
    """Turn an incident into an article, Work in Progress, in the caller's words."""
    key = services.knowledge.capture(number, searched=body.searched, by=body.by)
    response.headers["Location"] = f"/v1/articles/{quote(key, safe='')}"
    return _article(services, services.store.articles.get(key), response)


@reading.get("/search")
def search(
    services: TheServices,
    q: SearchText,
    *,
    kind: Annotated[RecordKind | None, Query(description="Incidents or articles; both by default.")] = None,
    limit: Annotated[int, Query(ge=1, le=SEARCH_LIMIT)] = 10,
    service: Annotated[str | None, Query(max_length=200, description="Only of this service.")] = None,
    audience: Annotated[Audience | None, Query(description="Only articles that this audience may read.")] = None,
) -> SearchView:
    """Search incidents and articles, best first; archived articles are never shown."""
    return search_view(services.memory.search(q, kind=kind, limit=limit, service=service, audience=audience))


@at_work.post("/searches", status_code=HTTPStatus.NO_CONTENT)
def post_search(body: NotFoundBody, services: TheServices) -> None:
    """Record that a search found no article that helps, which shows demand."""
    services.knowledge.not_found(body.text, number=body.number, by=body.by)


@at_work.post("/searches/withdraw", status_code=HTTPStatus.NO_CONTENT, responses=problems_of(404))
def withdraw_search(body: NotFoundBody, services: TheServices) -> None:
    """Withdraw the newest record that says the same: the search did find an article that helps."""
    services.knowledge.withdraw_not_found(body.text, number=body.number, by=body.by)


@reading.get("/articles")
def list_articles(
    services: TheServices,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    *,
    q: Annotated[str | None, Query(min_length=1, max_length=10_000, description="Text to search for.")] = None,
    state: State | None = None,
    audience: Audience | None = None,
    category: Annotated[str | None, Query(max_length=200, description="Only of this category.")] = None,
) -> ArticleList:
    """List articles with the number of linked incidents, by title, or with `q` the best matches first."""
    articles = services.store.articles
    if q is None:
        page, total = articles.page(limit=limit, offset=offset, state=state, audience=audience, category=category)
    else:
        page = found_articles(services.memory, q, limit=limit, state=state, audience=audience, category=category)
        total = len(page)
    return article_list(page, total, services.memory.uses(), articles.categories())


@reading.post("/articles/hints")
def post_hints(body: ArticleBody, services: TheServices) -> HintsView:
    """List how to improve an unsaved text, by the content standard."""
    hints = services.workbench.hints_for(body.article(body.id or "new"))
    return HintsView(hints=[hint_view(hint) for hint in hints])


@curating.post("/articles", status_code=HTTPStatus.CREATED, responses=problems_of(403, 409, 412))
def post_article(body: ArticleBody, services: TheServices, response: Response) -> ArticleView:
    """Write a new article."""
    article = body.article(f"KB-{secrets.token_hex(5)}")
    stored = services.knowledge.create(article, by=body.by)
    response.headers["Location"] = f"/v1/articles/{quote(article.id, safe='')}"
    return _article(services, stored, response)


@reading.get("/articles/{id:path}/difference", responses=problems_of(404))
def get_difference(id: Key, before: Version, after: Version, services: TheServices) -> DifferenceView:  # noqa: A002 (the path's own name)
    """Show what changed between two versions of an article."""
    parts = [changed_part_view(part) for part in services.knowledge.changed_parts(id, before, after)]
    lines = services.knowledge.difference(id, before, after)
    return DifferenceView(before=before, after=after, lines=lines, parts=parts)


@reading.get("/articles/{id:path}/steps", responses=problems_of(404))
def list_steps(
    id: Key,  # noqa: A002 (the path's own name)
    services: TheServices,
    by: Annotated[
        str | None, Query(max_length=200, description="The person who would act; somebody unnamed by default.")
    ] = None,
) -> ArticleStepsView:
    """List the steps that an article may take from its present state, and whether a person may take them."""
    offered = offered_steps(services.store.articles.get(id).article)
    return steps_view(offered, services.knowledge.people.role(by), services.knowledge.people.all())


@curating.post("/articles/{id:path}/restore", responses=problems_of(403, 404, 409, 412))
def restore_article(
    id: Key,  # noqa: A002 (the path's own name)
    body: RestoreBody,
    services: TheServices,
    response: Response,
    if_match: IfMatch = None,
) -> ArticleView:
    """Restore the content of an earlier version; an archived article comes back, merged or not."""
    stored = services.knowledge.restore(id, body.version, by=body.by, version=version_of(if_match))
    return _article(services, stored, response)


@curating.post("/articles/{id:path}/merge", responses=problems_of(403, 404, 409, 412))
def merge_article(id: Key, body: MergeBody, services: TheServices) -> MergedView:  # noqa: A002 (the path's own name)
    """Replace this article with another: its links and counts move, and this id redirects."""
    return merged_view(services.knowledge.merge(body.into, id, by=body.by))


@at_work.post("/articles/{id:path}/uses", status_code=HTTPStatus.NO_CONTENT, responses=problems_of(404))
def post_use(id: Key, body: OpenedBody, services: TheServices) -> None:  # noqa: A002 (the path's own name)
    """Record that somebody read an article, at a ticket where one is named."""
    services.knowledge.open(id, number=body.number, by=body.by)


@reading.get("/articles/{id:path}/flags", responses=problems_of(404))
def list_flags(id: Key, services: TheServices) -> FlagList:  # noqa: A002 (the path's own name)
    """List what people found wrong with an article, oldest first."""
    services.store.articles.get(id)
    return flag_list(services.knowledge.flags.all(article=id))


@at_work.post("/articles/{id:path}/flags", status_code=HTTPStatus.CREATED, responses=problems_of(404))
def post_flag(id: Key, body: FlagBody, services: TheServices) -> FlagView:  # noqa: A002 (the path's own name)
    """Flag an article: say what is wrong with it."""
    key = services.knowledge.flag(Flag(id, body.reason, body.comment, datetime.now(UTC), body.number, body.by))
    return next(flag_view(flag) for flag in services.knowledge.flags.all() if flag.id == key)


@curating.post("/articles/{id:path}/flags/{flag}/close", responses=problems_of(404))
def close_flag(id: Key, flag: FlagNumber, body: ByBody, services: TheServices) -> FlagList:  # noqa: A002 (the path's own name)
    """Close a flag that is resolved or unfounded."""
    services.knowledge.flags.close(flag, article=id, by=body.by)
    return list_flags(id, services)


@reading.get("/articles/{id:path}/coaching", responses=problems_of(404))
def get_coaching(id: Key, services: TheServices) -> CoachView:  # noqa: A002 (the path's own name)
    """Read hints for an article from the content standard, and its use and effect."""
    return coach_view(services.workbench.hints(id), services.workbench.worth(id))


@reading.get(
    "/articles/{id:path}",
    response_model=ArticleView,
    responses={308: {"description": "Merged into another article, named in Location"}, **problems_of(404)},
)
def get_article(
    id: Key,  # noqa: A002 (the path's own name)
    services: TheServices,
    response: Response,
    follow: Annotated[bool, Query(description="Redirect from a merged article to the one that replaced it.")] = True,
) -> ArticleView | Response:
    """Read one article with its history."""
    surviving = services.store.articles.surviving(id)
    if follow and surviving != id:
        return RedirectResponse(f"/v1/articles/{quote(surviving, safe='')}", HTTPStatus.PERMANENT_REDIRECT)
    return _article(services, services.store.articles.get(id), response)


@curating.patch("/articles/{id:path}", responses=problems_of(403, 404, 409, 412))
def patch_article(
    id: Key,  # noqa: A002 (the path's own name)
    body: ArticleChange,
    services: TheServices,
    response: Response,
    if_match: IfMatch = None,
) -> ArticleView:
    """Change parts of an article; every version is kept."""
    stored = services.knowledge.edit(id, body.changes(), by=body.by, version=version_of(if_match))
    return _article(services, stored, response)


def _article(services: Services, stored: StoredArticle, response: Response) -> ArticleView:
    """An article as it is answered; what became of it since it was read is not in its history."""
    response.headers["ETag"] = etag(stored.version)
    versions = services.store.articles.history(stored.article.id)
    return article_view(stored, [entry for entry in versions if entry.version <= stored.version])
