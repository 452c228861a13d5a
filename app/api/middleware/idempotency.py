"""Idempotency of writes: a request that is sent again under its Idempotency-Key gets the answer it got."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import FastAPI, Header, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.routing import TheServices
from kb.service.idempotency import Idempotency, KeptAnswer, RepeatableRequest

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEPT_HEADERS = ("content-type", "location", "etag")
_STATE = "idempotent"

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text of your own, such as a UUID: the same request sent again under it changes nothing.",
    ),
]


class _AnsweredBeforeError(Exception):
    """The request was answered already; carries the answer."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


async def repeatable(request: Request, services: TheServices, idempotency_key: IdempotencyKey = None) -> None:
    """Answer a request that was answered under its key; keep in mind that this one's answer is to be kept.

    Raises IdempotencyKeyReusedError and StillAnsweringError.
    """
    if idempotency_key is None:
        return
    asked = RepeatableRequest(
        hashlib.sha256(request.headers.get("authorization", "").encode()).hexdigest(),
        idempotency_key,
        await _fingerprint(request),
    )
    kept = await run_in_threadpool(services.idempotency.begin, asked)
    if kept is not None:
        raise _AnsweredBeforeError(kept)
    request.scope["state"][_STATE] = (services.idempotency, asked)


class KeptAnswers:
    """Keeps successful answers to requests that `repeatable` marked, before they are sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back once it is kept."""
        if scope["type"] != "http" or scope["method"] not in WRITES:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        start: Message = {}
        body = bytearray()

        async def kept(message: Message) -> None:
            nonlocal start
            if _STATE not in state:
                await send(message)
            elif message["type"] == "http.response.start":
                start = message
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    store, asked = state.pop(_STATE)
                    await _keep(store, asked, start, bytes(body))
                    await send(start)
                    await send({"type": "http.response.body", "body": bytes(body)})

        try:
            await self._app(scope, receive, kept)
        finally:
            if _STATE in state:
                store, asked = state.pop(_STATE)
                await run_in_threadpool(store.give_up, asked)


def install(app: FastAPI) -> None:
    """Let answers that were given before be given again."""

    @app.exception_handler(_AnsweredBeforeError)
    async def again(_: Request, error: _AnsweredBeforeError) -> Response:
        answer = error.answer
        return Response(answer.body, answer.status, {**answer.headers, "Idempotency-Replayed": "true"})


async def _fingerprint(request: Request) -> str:
    """Digest of what a request asks; of an upload that is read piece by piece, its length stands for it."""
    route = request.scope.get("route")
    whole = not isinstance(route, APIRoute) or route.body_field is not None
    body = await request.body() if whole else request.headers.get("content-length", "").encode()
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(asked + body).hexdigest()


async def _keep(store: Idempotency, asked: RepeatableRequest, start: Message, body: bytes) -> None:
    if not 200 <= start["status"] < 300:
        await run_in_threadpool(store.give_up, asked)
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    kept = {name: value for name, value in headers.items() if name in _KEPT_HEADERS}
    await run_in_threadpool(store.finish, asked, KeptAnswer(start["status"], kept, body))
