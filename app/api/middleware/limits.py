"""Limits: how large a request body may be, and by which host names the service may be called."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import respond, respond_error
from kb.records.limits import REQUEST_LIMIT
from models.errors import TooLargeError


class HostNames:
    """Answers 400 where a request is for another host name.

    So a page elsewhere cannot reach a local service under a name of its own.
    """

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on where its host is one of those allowed, or all are."""
        if scope["type"] == "http" and "*" not in self._allowed:
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            name = host if host.endswith("]") else host.rpartition(":")[0] or host
            if name.lower() not in self._allowed:
                response = respond(HTTPStatus.BAD_REQUEST, f"this service is not called {name[:100]}")
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


class BodyLimit:
    """Answers 413 as soon as a request body is larger than 64 MB, stated or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while its body stays within the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = 0
        refused = False

        async def counted() -> Message:
            nonlocal taken, refused
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > REQUEST_LIMIT:
                refused = True
                return {"type": "http.request", "body": b"", "more_body": False}
            return message

        async def answer(message: Message) -> None:
            if not refused:
                await send(message)

        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > REQUEST_LIMIT:
            refused = True
        else:
            await self._app(scope, counted, answer)
        if refused:
            told = f"the request is too large: at most {REQUEST_LIMIT // 2**20} MB; send it in parts"
            response = respond_error(TooLargeError(f"{told}, or import the file with `triage import`"))
            await response(scope, receive, send)
