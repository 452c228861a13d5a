"""The widget over HTTP: its files, and which pages may use it."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.middleware.cors import CORSMiddleware

FILES = Path(__file__).parent.parent / "widget"
_SCRIPT = "text/javascript; charset=utf-8"
_LOCAL_PAGES = ("http://localhost:*", "http://127.0.0.1:*")
_LOCAL_ORIGIN = r"http://(localhost|127\.0\.0\.1)(:\d+)?"
_NO_SNIFFING = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=300"}

widget = APIRouter(include_in_schema=False)


@widget.get("/widget.js")
def script() -> Response:
    """The script that a form includes."""
    return _file("widget.js", _SCRIPT, {"Cross-Origin-Resource-Policy": "cross-origin"})


@widget.get("/widget/frame.js")
def frame_script() -> Response:
    """What the page in an iframe does beside that."""
    return _file("frame.js", _SCRIPT, {})


@widget.get("/widget/frame")
def frame(request: Request) -> Response:
    """The page for an iframe; it loads nothing from elsewhere, and only named pages may frame it."""
    ancestors = " ".join(["'self'", *request.app.state.widget_origins])
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}"
    )
    return _file("frame.html", "text/html; charset=utf-8", {"Content-Security-Policy": policy})


def let_in(app: FastAPI, origins: list[str], *, local: bool) -> None:
    """Let pages of these origins ask for suggestions, and frame the widget; no others can read an answer.

    Where no key is asked for, so that every program of this machine can ask anyway, its own pages may too (`local`).
    """
    app.state.widget_origins = [*origins, *(_LOCAL_PAGES if local else ())]
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_origin_regex=_LOCAL_ORIGIN if local else None,
        allow_methods=["POST"],
        allow_headers=["authorization", "content-type"],
        max_age=600,
    )


def _file(name: str, media_type: str, headers: dict[str, str]) -> Response:
    return Response((FILES / name).read_bytes(), media_type=media_type, headers={**_NO_SNIFFING, **headers})
