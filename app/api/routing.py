"""Routing: what the routes of every part of the API share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.api import problems
from app.api.middleware.metrics import Metrics
from app.api.problems import PROBLEM
from app.background.supervision import Supervisor
from app.composition import LiveServices, Services

_MEANINGS = {
    400: "Cannot be read",
    401: "No key, or an invalid one",
    404: "No such record",
    403: "Not allowed by the key's scope or the person's role",
    405: "Not a method of this path",
    409: "Not possible in the present state",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Not in a supported format",
    422: "Invalid",
    429: "Too many requests by this key",
    502: "The configured language model returned nothing usable",
    503: "Store or model cannot be used",
}
_PROBLEMS: dict[int, dict[str, object]] = {
    status: {
        "description": text,
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": PROBLEM}, "example": problems.example(status, text)}},
    }
    for status, text in _MEANINGS.items()
}


def problems_of(*codes: int) -> dict[int | str, dict[str, object]]:
    """How these problems are described in the OpenAPI document."""
    return {code: _PROBLEMS[code] for code in codes}


async def _live(request: Request) -> LiveServices:
    live = request.app.state.live
    assert isinstance(live, LiveServices)  # noqa: S101 (set by create_app, nothing a caller could change)
    return live


async def _desk(request: Request) -> Services:
    return (await _live(request)).services


async def _metrics(request: Request) -> Metrics:
    metrics = request.app.state.metrics
    assert isinstance(metrics, Metrics)  # noqa: S101 (as above)
    return metrics


async def _supervisor(request: Request) -> Supervisor:
    supervisor = request.app.state.supervisor
    assert isinstance(supervisor, Supervisor)  # noqa: S101 (as above)
    return supervisor


TheLive = Annotated[LiveServices, Depends(_live)]
TheServices = Annotated[Services, Depends(_desk)]
TheMetrics = Annotated[Metrics, Depends(_metrics)]
TheSupervisor = Annotated[Supervisor, Depends(_supervisor)]
