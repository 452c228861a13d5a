"""RequestLog: every request has an id, is counted, and is logged without what it says."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.middleware.metrics import Metrics
from app.logs import REQUEST_ID

_HEADER = "X-Request-ID"
_ACCEPTED = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_log = logging.getLogger("triage.requests")


class RequestLog:
    """Gives each request an id (its own, where it brings a plain one), times it, counts it and logs it."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and observe its answer, not what is done after it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        state = scope.setdefault("state", {})
        brought = dict(scope["headers"]).get(_HEADER.lower().encode(), b"")
        request = brought.decode() if _ACCEPTED.fullmatch(brought) else secrets.token_hex(8)
        token = REQUEST_ID.set(request)
        status = 500
        answered: float | None = None

        async def named(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[_HEADER] = request
                for name, value in state.get("rate", {}).items():
                    headers[name] = value
            await send(message)
            answered = time.perf_counter()

        try:
            await self._app(scope, receive, named)
        finally:
            seconds = (time.perf_counter() if answered is None else answered) - started
            route = getattr(scope.get("route"), "path_format", "unknown")
            self._metrics.observe(scope["method"], route, status, seconds)
            _log.info(
                "answered",
                extra={
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "ms": round(1000 * seconds, 1),
                    "key": state.get("key"),
                },
            )
            REQUEST_ID.reset(token)
