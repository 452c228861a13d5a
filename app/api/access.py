"""Access: which key may call which route; no key is needed where only this machine can call."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Header, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from app.api.middleware.idempotency import WRITES, answered_once, repeatable
from app.api.routing import TheServices, problems_of
from kb.records.api_key import ApiKey, Scope
from kb.records.security import Viewer
from kb.records.wording import Wording
from models.errors import ForbiddenError, RateLimitError, TriageError, UnauthenticatedError

OPEN_ROUTES = frozenset({"/healthz", "/readyz", "/widget.js", "/widget/frame", "/widget/frame.js"})
_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="A key from `triage keys make`.")


class ScopedRoute(APIRoute):
    """A route whose writes can be repeated under an Idempotency-Key."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        if WRITES & set(more.get("methods") or ()):
            more["dependencies"] = [*(more.get("dependencies") or ()), Depends(repeatable)]
        super().__init__(path, endpoint, **more)


class SecretRoute(APIRoute):
    """A route whose writes answer with a secret: under an Idempotency-Key they happen once, and are not repeated."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        if WRITES & set(more.get("methods") or ()):
            more["dependencies"] = [*(more.get("dependencies") or ()), Depends(answered_once)]
        super().__init__(path, endpoint, **more)


class OpenRouteError(TriageError):
    """A route needs no scope, so that anybody could call it."""


def scoped(
    scope: Scope, *, tag: str, prefix: str = "/v1", repeatable: bool = True, answers_secrets: bool = False
) -> APIRouter:
    """Return a router whose routes need a key of this scope, where keys are required at all.

    Unless `repeatable`, its writes accept no Idempotency-Key, so that their answers are not stored. Where it
    `answers_secrets`, such a key makes a write happen once, but its answer is not stored.
    """
    is_repeatable = repeatable and scope is not Scope.SUGGEST
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        route_class=SecretRoute if answers_secrets else ScopedRoute if is_repeatable else APIRoute,
        dependencies=[Security(_entitled, scopes=[scope.value])],
        responses=problems_of(400, 401, 403, 405, 409, 413, 422, 429, 503),
    )


def refuse_open_routes(routes: Iterable[BaseRoute]) -> None:
    """Raise OpenRouteError for a route that needs no scope and is not in OPEN_ROUTES."""
    for route in routes:
        if isinstance(route, APIRoute) and route.path not in OPEN_ROUTES:
            scopes = {scope for part in route.dependencies for scope in getattr(part, "scopes", None) or ()}
            if not scopes & set(Scope):
                raise OpenRouteError(f"{route.path} asks for no scope: give it to a router made by `scoped`")


def _password(request: Request) -> str | None:
    """Return the password of HTTP Basic as a key, so that clients made for user and password work.

    Any other header except a bearer's is a key that nobody has.
    """
    stated = request.headers.get("authorization")
    if stated is None:
        return None
    kind, _, encoded = stated.partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


async def _entitled(
    needed: SecurityScopes,
    request: Request,
    services: TheServices,
    sent: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> None:
    """Refuse a request without a valid key for the scopes of its route."""
    text = sent.credentials if sent is not None else _password(request)
    if text is None:
        if request.app.state.asks_for_keys:
            raise UnauthenticatedError(
                Wording("send a key as `Authorization: Bearer KEY`; `triage keys make` makes one")
            )
        return
    key = await run_in_threadpool(services.keys.find, text)
    if key is None or not key.holds(datetime.now(UTC)):
        raise UnauthenticatedError(Wording("this key is unknown, revoked or has run out; ask for a new one"))
    request.scope["state"]["key"] = key.id
    request.scope["state"]["api_key"] = key
    allowed, request.scope["state"]["rate"] = request.app.state.rate_limit.take(key.id)
    if not allowed:
        raise RateLimitError(Wording("this key has sent too many requests; wait as many seconds as Retry-After says"))
    lacking = [scope for scope in needed.scopes if not key.opens(Scope(scope))]
    if lacking:
        raise ForbiddenError(
            Wording("this key lacks the scope {scopes}; use one that has it", {"scopes": ", ".join(lacking)})
        )


async def _viewer(
    request: Request,
    services: TheServices,
    person: Annotated[
        str | None,
        Header(
            alias="Triage-Person",
            max_length=2000,
            description="Name of the person who asks, percent-encoded. It counts only with a key of the scope "
            "admin, such as the desk's, or where no key is required.",
        ),
    ] = None,
) -> Viewer:
    """Return who asks: the groups of the key, and the person in the header if the key may act for people."""
    key: ApiKey | None = request.scope["state"].get("api_key")
    groups = frozenset() if key is None else key.groups
    name = unquote(person or "").strip()
    if not name or not (key is None or key.opens(Scope.ADMIN)):
        return Viewer(None, groups)
    return Viewer(name, frozenset(await run_in_threadpool(services.knowledge.people.groups, name)))


TheViewer = Annotated[Viewer, Depends(_viewer)]
