"""Methods: what a path does not do is refused as 405, with a list of what it does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.problems import respond


class Methods:
    """Answers 405 where the narrowest path that fits does not take the method.

    Numbers and ids may hold slashes, so that without this another, wider path would take the request.
    """

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        allowed: dict[str, set[str]] = {}
        pattern: dict[str, re.Pattern[str]] = {}
        for route in routes:
            if isinstance(route, APIRoute):
                allowed.setdefault(route.path, set()).update(route.methods or ())
                pattern.setdefault(route.path, route.path_regex)
        self._paths = [(pattern[path], allowed[path]) for path in sorted(allowed, key=_literal, reverse=True)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on where its path takes its method, or is none of ours."""
        if scope["type"] == "http":
            allowed = next((methods for path, methods in self._paths if path.match(scope["path"])), None)
            if allowed is not None and scope["method"] not in allowed:
                names = ", ".join(sorted(allowed))
                detail = f"this path takes {names}, not {scope['method'][:20]}"
                response = respond(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": names})
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _literal(path: str) -> int:
    """How much of a path stands for itself."""
    return len(re.sub(r"\{[^}]*\}", "", path))
