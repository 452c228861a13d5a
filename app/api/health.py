"""Health over HTTP: whether the service runs and can answer, and its metrics."""

from __future__ import annotations

import logging
from dataclasses import asdict

from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError

from app.api.access import scoped
from app.api.middleware.metrics import Metrics
from app.api.routing import TheLive, TheMetrics, TheServices, TheSupervisor, problems_of
from app.presenters.suggestions import model_view
from app.schemas.health import Health, PartView, ReadinessView
from kb.records.api_key import Scope
from models.errors import UnavailableError

operation = APIRouter(tags=["operation"])
watching = scoped(Scope.ADMIN, tag="operation", prefix="")

OPERATION = (operation, watching)
_log = logging.getLogger(__name__)


@operation.get("/healthz")
def health() -> Health:
    """Report that the process runs."""
    return Health()


@operation.get("/readyz", responses=problems_of(503))
def ready(services: TheServices, live: TheLive, supervisor: TheSupervisor) -> ReadinessView:
    """Report whether store, encoder and model can answer, and what is damaged even so."""
    try:
        with services.memory.lock:
            services.memory.refresh()
            counts = len(services.memory.incidents), len(services.memory.articles)
        model = services.assistant.info()
        services.weights.serving()
    except (SQLAlchemyError, UnavailableError) as error:
        _log.error("not ready: %s", error if isinstance(error, UnavailableError) else type(error).__name__)
        raise UnavailableError(f"not ready: {type(error).__name__}; the log says more") from error
    return ReadinessView(
        incidents=counts[0],
        articles=counts[1],
        model=model_view(model),
        warnings=live.warnings(),
        parts=[PartView(**asdict(state)) for state in supervisor.states.values()],
    )


@watching.get("/metrics", response_class=Response)
def metrics(services: TheServices, found: TheMetrics) -> Response:
    """Return metrics for Prometheus."""
    waiting = {"jobs": services.jobs.unfinished(), "webhooks": services.webhooks.waiting()}
    return Response(found.text(model=services.assistant.info().version, waiting=waiting), media_type=Metrics.MEDIA_TYPE)
