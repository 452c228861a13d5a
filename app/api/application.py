"""Application: joins all routers and the background work of the service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from app.api import problems
from app.api.access import refuse_open_routes
from app.api.administration import STEERING
from app.api.board import BOARD
from app.api.clocks import CLOCKS
from app.api.curation import CURATION
from app.api.fields import FIELD_VALUES
from app.api.health import OPERATION
from app.api.imports import IMPORTS
from app.api.incident_life import INCIDENT_LIFE
from app.api.incidents import INCIDENTS
from app.api.jobs import JOBS
from app.api.keys import KEYS
from app.api.knowledge import KNOWLEDGE
from app.api.label_changes import LABEL_CHANGES
from app.api.major_incidents import MAJOR_INCIDENTS
from app.api.major_room import MAJOR_ROOM
from app.api.middleware import idempotency
from app.api.middleware.idempotency import KeptAnswers
from app.api.middleware.limits import BodyLimit, HostNames
from app.api.middleware.methods import Methods
from app.api.middleware.metrics import Metrics
from app.api.middleware.rate_limits import RateLimit
from app.api.middleware.request_log import RequestLog
from app.api.notifications import NOTIFICATIONS
from app.api.openapi import document
from app.api.problems import Unforeseen
from app.api.queue import QUEUE
from app.api.security import SECURITY
from app.api.servicenow import servicenow
from app.api.suggestions import SUGGESTIONS
from app.api.webhooks import WEBHOOKS
from app.api.widget import let_in, widget
from app.background.maintenance import background_parts
from app.background.supervision import Supervisor
from app.composition import LiveServices, Services
from models.errors import UnavailableError

ROUTERS = (
    *SUGGESTIONS,
    *QUEUE,
    *BOARD,
    *FIELD_VALUES,
    *STEERING,
    *CLOCKS,
    *LABEL_CHANGES,
    *KEYS,
    *INCIDENT_LIFE,
    *SECURITY,
    *MAJOR_ROOM,
    *INCIDENTS,
    *MAJOR_INCIDENTS,
    *KNOWLEDGE,
    *CURATION,
    *IMPORTS,
    *JOBS,
    *WEBHOOKS,
    *NOTIFICATIONS,
    *OPERATION,
    servicenow,
    widget,
)
_log = logging.getLogger(__name__)


def create_app(
    services: Services,
    *,
    hosts: list[str],
    asks_for_keys: bool = False,
    before_answering: Callable[[], None] = lambda: None,
) -> FastAPI:
    """Return the API over the services; it answers requests for the named hosts only, with a key where it asks for one.

    Once it could answer, it calls `before_answering` and waits for it to return.
    """
    live, metrics = LiveServices(services), Metrics()
    supervisor = Supervisor(watch=metrics.observe_part)

    @asynccontextmanager
    async def warm(_: FastAPI) -> AsyncIterator[None]:
        services.warm_up()
        await asyncio.to_thread(before_answering)
        running = asyncio.create_task(supervisor.run(background_parts(live, supervisor)))
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        try:
            live.flush(last=True)
        except (SQLAlchemyError, UnavailableError):
            _log.exception("the last answers could not be noted in the prediction log")

    app = FastAPI(
        title="triage",
        version="1",
        summary="Suggests category, assignment group, priority and known workarounds for a ticket, with the evidence.",
        lifespan=warm,
    )
    app.state.live = live
    app.state.asks_for_keys = asks_for_keys
    app.state.metrics = metrics
    app.state.supervisor = supervisor
    app.state.rate_limit = RateLimit(services.settings.rate_limit)
    routes = [*app.routes, *(route for router in ROUTERS for route in router.routes)]
    refuse_open_routes(routes)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = partial(document, app, asks_for_keys=asks_for_keys)  # type: ignore[method-assign]  # as FastAPI tells one to
    problems.install(app)
    idempotency.install(app)
    app.add_middleware(Methods, routes=routes)
    app.add_middleware(Unforeseen)
    app.add_middleware(KeptAnswers)
    app.add_middleware(BodyLimit)
    app.add_middleware(HostNames, allowed=hosts)
    let_in(app, services.settings.widget_origins, local=not asks_for_keys)
    app.add_middleware(RequestLog, metrics=metrics)

    return app
