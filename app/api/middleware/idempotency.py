"""Idempotency of writes: a request that is sent again under its Idempotency-Key gets the answer it got.

Where the answer holds a secret, only that it was given is kept: the request sent again is refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote_plus

from fastapi import FastAPI, Header, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.routing import TheServices
from kb.service.idempotency import Idempotency, KeptAnswer, RepeatableRequest, SecretShownOnceError

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


@dataclass(frozen=True, slots=True)
class _Begun:
    """A request that is being answered, and whether the body of its answer is to be kept."""

    store: Idempotency
    asked: RepeatableRequest
    keeps_body: bool


async def repeatable(request: Request, services: TheServices, idempotency_key: IdempotencyKey = None) -> None:
    """Answer a request that was answered under its key; keep in mind that this one's answer is to be kept.

    Raises IdempotencyKeyReusedError and StillAnsweringError.
    """
    kept = await _begin(request, services.idempotency, idempotency_key, keeps_body=True)
    if kept is not None:
        raise _AnsweredBeforeError(kept)


async def answered_once(request: Request, services: TheServices, idempotency_key: IdempotencyKey = None) -> None:
    """Refuse a request that was answered with a secret under its key; keep in mind that this one's is not to be kept.

    Raises SecretShownOnceError, IdempotencyKeyReusedError and StillAnsweringError.
    """
    if await _begin(request, services.idempotency, idempotency_key, keeps_body=False) is not None:
        raise SecretShownOnceError(
            f"the request under Idempotency-Key {idempotency_key} was answered, and the secret in the answer is not "
            "kept; if the answer was lost, delete what was made and ask again under a new key"
        )


class KeptAnswers:
    """Keeps successful answers to requests that `repeatable` marked, before they are sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back once it is kept."""
        if scope["type"] != "http" or scope["method"] not in WRITES:
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
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
                    await _keep(state.pop(_STATE), start, bytes(body))
                    await send(start)
                    await send({"type": "http.response.body", "body": bytes(body)})

        try:
            await self._app(scope, receive, kept)
        finally:
            if _STATE in state:
                begun = state.pop(_STATE)
                await run_in_threadpool(begun.store.give_up, begun.asked)


def install(app: FastAPI) -> None:
    """Let answers that were given before be given again."""

    @app.exception_handler(_AnsweredBeforeError)
    async def again(_: Request, error: _AnsweredBeforeError) -> Response:
        answer = error.answer
        return Response(answer.body, answer.status, {**answer.headers, "Idempotency-Replayed": "true"})


async def _begin(
    request: Request, store: Idempotency, idempotency_key: str | None, *, keeps_body: bool
) -> KeptAnswer | None:
    """Return what was answered under a key; else remember the request, whose answer is to be kept."""
    if idempotency_key is None:
        return None
    caller = hashlib.sha256(request.headers.get("authorization", "").encode()).hexdigest()
    address = f"{request.scope['path']}?{unquote_plus(request.url.query)}"
    asked = RepeatableRequest(caller, idempotency_key, await _fingerprint(request), address)
    kept = await run_in_threadpool(store.begin, asked)
    if kept is None:
        request.scope["state"][_STATE] = _Begun(store, asked, keeps_body)
    return kept


async def _fingerprint(request: Request) -> str:
    """Digest of what a request asks; of an upload that is read piece by piece, its length stands for it."""
    route = request.scope.get("route")
    whole = not isinstance(route, APIRoute) or route.body_field is not None
    body = await request.body() if whole else request.headers.get("content-length", "").encode()
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(asked + body).hexdigest()


async def _keep(begun: _Begun, start: Message, body: bytes) -> None:
    if not 200 <= start["status"] < 300:
        await run_in_threadpool(begun.store.give_up, begun.asked)
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    kept = {name: value for name, value in headers.items() if name in _KEPT_HEADERS}
    answer = KeptAnswer(start["status"], kept, body if begun.keeps_body else b"")
    await run_in_threadpool(begun.store.finish, begun.asked, answer)
