"""Limits: how large a request body may be."""

from __future__ import annotations

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import respond

BODY_LIMIT = 64 * 1024 * 1024


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
            if taken > BODY_LIMIT:
                refused = True
                return {"type": "http.request", "body": b"", "more_body": False}
            return message

        async def answer(message: Message) -> None:
            if not refused:
                await send(message)

        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > BODY_LIMIT:
            refused = True
        else:
            await self._app(scope, counted, answer)
        if refused:
            response = respond(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {BODY_LIMIT // 2**20} MB")
            await response(scope, receive, send)
