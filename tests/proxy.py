"""A reverse proxy that serves a web application below a path, as nginx does, and takes the path off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Thread

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect

from tests.conftest import free_port, wait_for

_OF_ONE_CONNECTION = {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding", "upgrade"}
_LARGEST = 1 << 26


@contextmanager
def proxied(address: str, path: str) -> Iterator[str]:
    """Serve what answers at an address below a path of another port; gives the address of the path."""
    port = free_port()
    config = uvicorn.Config(
        _proxy(address, path), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        wait_for(f"http://127.0.0.1:{port}{path}/_stcore/health")
        yield f"http://127.0.0.1:{port}{path}"
    finally:
        server.should_exit = True
        thread.join()


def _proxy(address: str, path: str) -> Starlette:
    @asynccontextmanager
    async def opened(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            app.state.client = client
            yield

    async def pass_on(request: Request) -> Response:
        behind = httpx.URL(f"{address}/{request.path_params['rest']}", query=request.url.query.encode())
        sent = await request.app.state.client.request(
            request.method, behind, headers=request.headers.raw, content=await request.body()
        )
        answer = Response(sent.content, sent.status_code)
        kept = [(name, value) for name, value in sent.headers.raw if name.decode().lower() not in _OF_ONE_CONNECTION]
        answer.raw_headers = [*((name.lower(), value) for name, value in kept), *answer.raw_headers[:1]]
        return answer

    async def pass_on_line(browser: WebSocket) -> None:
        behind = httpx.URL(address)
        more = {name: browser.headers[name] for name in ("cookie", "origin") if name in browser.headers}
        async with connect(
            f"ws://{browser.headers['host']}/{browser.path_params['rest']}",
            host=behind.host,
            port=behind.port,
            additional_headers=more,
            subprotocols=browser.scope["subprotocols"],
            max_size=_LARGEST,
        ) as desk:
            await browser.accept(desk.subprotocol)
            await asyncio.wait(
                [asyncio.ensure_future(_to_desk(browser, desk)), asyncio.ensure_future(_to_browser(browser, desk))],
                return_when=asyncio.FIRST_COMPLETED,
            )

    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
    routes = [
        WebSocketRoute(f"{path}/{{rest:path}}", pass_on_line),
        Route(f"{path}/{{rest:path}}", pass_on, methods=methods),
    ]
    return Starlette(routes=routes, lifespan=opened)


async def _to_desk(browser: WebSocket, desk: ClientConnection) -> None:
    while (message := await browser.receive())["type"] == "websocket.receive":
        await desk.send(message.get("bytes") or message.get("text") or b"")


async def _to_browser(browser: WebSocket, desk: ClientConnection) -> None:
    async for message in desk:
        await (browser.send_bytes(message) if isinstance(message, bytes) else browser.send_text(message))
