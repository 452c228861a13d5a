"""The HTTP API: routes under /v1, health and metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from app import problems
from app.access import refuse_open_routes, scoped
from app.bodies import (
    ClassifyBody,
    FeedbackBody,
    IncidentBatch,
    IncidentBody,
    Key,
    ModeBody,
    Ticket,
)
from app.composition import Desk, LiveDesk
from app.curation_api import CURATION
from app.health_views import DriftView, FieldModeView, ModelsView, ModesView
from app.keeper import Keeper
from app.knowledge_api import KNOWLEDGE
from app.limits import BodyLimit, HostNames
from app.metrics import Metrics
from app.problems import FieldProblem, Problem, ProblemError
from app.routing import TheDesk, TheMetrics, problems_of
from app.servicenow import servicenow
from app.views import (
    ClassifyResult,
    ClassifyView,
    FeedbackView,
    Health,
    IncidentView,
    ModelView,
    Readiness,
    ReviewView,
    SuggestionView,
    WrittenView,
)
from kb.feedback import Feedback
from kb.keys import Scope
from kb.masking import mask_incident
from models.artefacts import ArtefactError
from training.drift import drift
from training.retraining import due
from triage.corrections import teach
from triage.modes import is_control, noted, presented
from triage.review import review
from triage.suggestion import Mode

SEARCH_LIMIT = 100
_FOLLOW_SECONDS = 1.0
_JOURNAL_SECONDS = 1.0
_log = logging.getLogger(__name__)
suggestions = scoped(Scope.SUGGEST, tag="suggestions")
teaching = scoped(Scope.WRITE, tag="suggestions")
steering = scoped(Scope.ADMIN, tag="suggestions")
incidents = scoped(Scope.SUGGEST, tag="incidents")
incidents_written = scoped(Scope.WRITE, tag="incidents")
operation = APIRouter(tags=["operation"])
watching = scoped(Scope.ADMIN, tag="operation", prefix="")


@suggestions.post("/suggest")
def suggest(
    ticket: Ticket,
    desk: TheDesk,
    metrics: TheMetrics,
    explain: Annotated[
        bool, Query(description="Say why: words for and against, and the incidents that voted.")
    ] = False,
) -> SuggestionView:
    """Suggest fields, known workarounds and similar incidents for a ticket."""
    incident, masked = mask_incident(ticket.incident())
    found = desk.assistant.suggest(incident, explain=explain)
    control = bool(incident.number) and is_control(incident.number, desk.settings.control_share)
    shown = presented(found.fields, desk.modes, control=control)
    asked = {name: field for name, field in found.fields.items() if desk.modes.of(name).mode is not Mode.OFF}
    key = incident.number or incident.text_sha256
    desk.journal.note(noted(key, asked, shown, found.model.version, datetime.now(UTC)))
    metrics.count(found.fields)
    return SuggestionView.of(replace(found, fields=shown), masked)


@suggestions.post("/classify")
def classify(body: ClassifyBody, desk: TheDesk, metrics: TheMetrics) -> ClassifyView:
    """Suggest the fields of up to 1000 tickets, in their order."""
    results = []
    for answer in desk.assistant.classify([mask_incident(ticket.incident())[0] for ticket in body.tickets]):
        metrics.count(answer.fields)
        results.append(ClassifyResult.of(replace(answer, fields=presented(answer.fields, desk.modes))))
    return ClassifyView(results=results, model=ModelView.of(desk.assistant.info()))


@teaching.post("/feedback", status_code=HTTPStatus.CREATED, responses=problems_of(404))
def feedback(body: FeedbackBody, desk: TheDesk, metrics: TheMetrics) -> FeedbackView:
    """Keep what a person decided on a field; the next suggestion knows it."""
    entry = Feedback(
        field=body.field,
        chosen=body.chosen,
        at=datetime.now(UTC),
        number=body.number or (body.ticket.number if body.ticket else None),
        ticket=body.ticket.model_dump(exclude_none=True) if body.ticket else None,
        suggested=body.suggested,
        by=body.by,
    )
    key, number = teach(desk.store, entry, body.ticket.incident() if body.ticket else None)
    metrics.decided(accepted=body.suggested == body.chosen)
    return FeedbackView(id=key, number=number)


@suggestions.get("/modes")
def list_modes(desk: TheDesk) -> ModesView:
    """List what the desk does with suggestions on each field, and the evidence for letting it be automatic."""
    return ModesView(fields=[_mode(desk, field) for field in desk.fields()], control_share=desk.settings.control_share)


@steering.put("/modes/{field}", responses=problems_of(404, 409))
def put_mode(field: Key, body: ModeBody, desk: TheDesk) -> FieldModeView:
    """Set what the desk does with suggestions on a field; automatic only on evidence from its own tickets."""
    desk.switch(field, body.mode, by=body.by)
    return _mode(desk, field)


@suggestions.get("/models")
def list_models(desk: TheDesk) -> ModelsView:
    """List the trained models with their figures, and say whether another training is due."""
    with desk.memory.lock:
        state = due(desk.memory, desk.models, desk.settings.retrain_after)
    return ModelsView.of(desk.models.kept(), state)


@suggestions.get("/drift", responses=problems_of(409))
def get_drift(
    desk: TheDesk,
    days: Annotated[float, Query(ge=1, le=3650, description="How many of the last days to compare.")] = 30,
) -> DriftView:
    """Say whether the mix of tickets, confidence or agreement with what was right is moving, and where."""
    return DriftView.of(drift(desk.store, desk.journal, desk.fields(), days=days))


@suggestions.get("/review")
def list_review(desk: TheDesk, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> ReviewView:
    """List open tickets in the order in which they need a person: unsure first."""
    return ReviewView.of(review(desk.assistant, desk.store.open_incidents(limit=500))[:limit])


@incidents_written.put("/incidents/{number:path}")
def put_incident(number: Key, body: IncidentBody, desk: TheDesk) -> IncidentView:
    """Write one incident, in place of the one with this number."""
    if body.number not in (None, number):
        wrong = FieldProblem(field="number", message=f"is {body.number}, the path says {number}")
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"number: {wrong.message}", [wrong])
    incident, masked = mask_incident(body.incident(number))
    desk.store.put_incidents([incident])
    return IncidentView.of(desk.store.incident(number), masked)


@incidents_written.post("/incidents")
def post_incidents(body: IncidentBatch, desk: TheDesk) -> WrittenView:
    """Write up to 1000 incidents, each in place of the one with its number."""
    written = desk.store.put_incidents([incident.incident() for incident in body.incidents])
    return WrittenView(new=written.new, updated=written.updated, unchanged=written.unchanged)


@incidents.get("/incidents/{number:path}", responses=problems_of(404))
def get_incident(number: Key, desk: TheDesk) -> IncidentView:
    """Read one incident."""
    return IncidentView.of(desk.store.incident(number))


@operation.get("/healthz")
def health() -> Health:
    """Say that the process runs."""
    return Health()


@operation.get("/readyz", responses={503: {"model": Problem, "content": {problems.MEDIA_TYPE: {}}}})
def ready(desk: TheDesk) -> Readiness:
    """Say whether store, encoder and model can answer."""
    try:
        with desk.memory.lock:
            desk.memory.refresh()
            counts = len(desk.memory.incidents), len(desk.memory.articles)
        model = desk.assistant.info()
    except (SQLAlchemyError, ArtefactError) as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, f"not ready: {type(error).__name__}") from error
    return Readiness(incidents=counts[0], articles=counts[1], model=ModelView.of(model))


@watching.get("/metrics", response_class=Response)
def metrics(found: TheMetrics) -> Response:
    """Metrics for Prometheus."""
    return Response(found.text(), media_type=Metrics.MEDIA_TYPE)


def create_app(desk: Desk, *, hosts: list[str], asks_for_keys: bool = False) -> FastAPI:
    """The API over a desk, which answers requests for the named hosts only, and if it asks for keys, with one."""
    live = LiveDesk(desk)

    @asynccontextmanager
    async def warm(_: FastAPI) -> AsyncIterator[None]:
        desk.memory.refresh()
        desk.assistant.suggest(Ticket(description="warm up").incident())
        tasks = [
            asyncio.create_task(_follow(live)),
            asyncio.create_task(Keeper(live).keep()),
            asyncio.create_task(_write_journal(live)),
        ]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        live.desk.journal.flush()

    app = FastAPI(
        title="triage",
        version="1",
        summary="Suggests category, assignment group, priority and known workarounds for a ticket, with the evidence.",
        lifespan=warm,
    )
    app.state.live = live
    app.state.asks_for_keys = asks_for_keys
    app.state.metrics = Metrics()
    problems.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(HostNames, allowed=hosts)

    @app.middleware("http")
    async def timed(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        started = time.perf_counter()
        response = await call_next(request)
        route = getattr(request.scope.get("route"), "path", "unknown")
        app.state.metrics.observe(request.method, route, response.status_code, time.perf_counter() - started)
        return response

    for router in (
        suggestions,
        teaching,
        steering,
        incidents,
        incidents_written,
        *KNOWLEDGE,
        *CURATION,
        operation,
        watching,
        servicenow,
    ):
        app.include_router(router)
    refuse_open_routes(app)
    return app


async def _follow(live: LiveDesk) -> None:
    """Follow the choice of an encoder; where the chosen one cannot be used, the one at hand goes on."""
    while True:
        await asyncio.sleep(_FOLLOW_SECONDS)
        try:
            await asyncio.to_thread(live.follow)
        except (ArtefactError, OSError, SQLAlchemyError):
            _log.exception("the chosen encoder cannot be used, the one before goes on")


async def _write_journal(live: LiveDesk) -> None:
    """Write what was answered, once a second."""
    while True:
        await asyncio.sleep(_JOURNAL_SECONDS)
        try:
            await asyncio.to_thread(live.desk.journal.flush)
        except SQLAlchemyError:
            _log.exception("the journal cannot be written")


def _mode(desk: Desk, field: str) -> FieldModeView:
    return FieldModeView.of(field, desk.modes.of(field), desk.evidence(field))
