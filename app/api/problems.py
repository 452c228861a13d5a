"""Problems: every error of the API as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.background.outbound_http import ForbiddenAddressError
from app.logs import REQUEST_ID
from app.schemas.problems import FieldProblem, Problem
from app.services.draft_polishing import PolishError
from app.services.jobs import NoResultError
from kb.curation.workbench import NoActionError
from kb.records.columns import ColumnError
from kb.records.errors import EditConflictError, UnknownRecordError
from kb.records.life_cycle import IllegalMoveError, NotEntitledError
from kb.records.rejects import UnreadableFileError
from kb.service.allowed_values import UnknownValueError
from kb.service.idempotency import KeyReusedError, StillAnsweringError
from kb.service.job_queue import NoSuchJobError
from kb.service.webhooks import NoSuchWebhookError
from kb.storage.flags import NoSuchFlagError
from models.artefacts import ArtefactError
from training.drift import NotEnoughDatesError
from triage.modes import NoEvidenceError

MEDIA_TYPE = "application/problem+json"
PROBLEM = "#/components/schemas/Problem"
_log = logging.getLogger("triage.api")


_PLAIN: Mapping[type[Exception], HTTPStatus] = {
    UnknownRecordError: HTTPStatus.NOT_FOUND,
    NoEvidenceError: HTTPStatus.CONFLICT,
    NoResultError: HTTPStatus.CONFLICT,
    NoSuchJobError: HTTPStatus.NOT_FOUND,
    NoSuchWebhookError: HTTPStatus.NOT_FOUND,
    ForbiddenAddressError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnreadableFileError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ColumnError: HTTPStatus.UNPROCESSABLE_ENTITY,
    StillAnsweringError: HTTPStatus.CONFLICT,
    KeyReusedError: HTTPStatus.CONFLICT,
    IllegalMoveError: HTTPStatus.CONFLICT,
    NotEntitledError: HTTPStatus.FORBIDDEN,
    NoActionError: HTTPStatus.CONFLICT,
    PolishError: HTTPStatus.BAD_GATEWAY,
    NoSuchFlagError: HTTPStatus.NOT_FOUND,
    NotEnoughDatesError: HTTPStatus.CONFLICT,
    ArtefactError: HTTPStatus.SERVICE_UNAVAILABLE,
}


class ProblemError(Exception):
    """An error that is told to the caller."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = headers


def respond(
    status: int, detail: str, errors: Sequence[FieldProblem] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The response that tells a problem."""
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=list(errors),
        request_id=REQUEST_ID.get(),
    )
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


def example(status: int, meaning: str) -> dict[str, Any]:
    """A problem of this status, for the OpenAPI document."""
    wrong = FieldProblem(field="short_description", message="String should have at most 100000 characters")
    is_invalid = status == HTTPStatus.UNPROCESSABLE_ENTITY
    return Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=f"{wrong.field}: {wrong.message}" if is_invalid else meaning,
        errors=[wrong] if is_invalid else [],
        request_id="5f0c2a91b7d3e846",
    ).model_dump()


def _teller(status: HTTPStatus) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def told(_: Request, error: Exception) -> Response:
        return respond(status, str(error))

    return told


def install(app: FastAPI) -> None:
    """Let every error of the app leave as a problem."""

    @app.exception_handler(ProblemError)
    async def told(_: Request, error: ProblemError) -> JSONResponse:
        return respond(error.status, error.detail, error.errors, error.headers)

    for kind, status in _PLAIN.items():
        app.add_exception_handler(kind, _teller(status))

    @app.exception_handler(EditConflictError)
    async def changed(request: Request, error: EditConflictError) -> JSONResponse:
        """A precondition failed where the request made one."""
        asked = "if-match" in request.headers
        return respond(HTTPStatus.PRECONDITION_FAILED if asked else HTTPStatus.CONFLICT, str(error))

    @app.exception_handler(UnknownValueError)
    async def unknown(_: Request, error: UnknownValueError) -> JSONResponse:
        wrong = FieldProblem(field=error.field, message=str(error).removeprefix(f"{error.field}: "))
        return respond(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), [wrong])

    @app.exception_handler(SQLAlchemyError)
    async def unusable(request: Request, error: SQLAlchemyError) -> JSONResponse:
        _log.error("%s %s: the database failed: %s", request.method, request.url.path, type(error).__name__)
        return respond(HTTPStatus.SERVICE_UNAVAILABLE, "the database cannot be used at the moment; try again")

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = [
            FieldProblem(field=_name(entry["loc"]), message=entry["msg"].removeprefix("Value error, "))
            for entry in error.errors()[:50]
        ]
        detail = "; ".join(f"{entry.field}: {entry.message}" for entry in problems[:3])
        return respond(HTTPStatus.UNPROCESSABLE_ENTITY, detail, problems)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return respond(error.status_code, str(error.detail), headers=error.headers)


class Unforeseen:
    """Tells what nobody foresaw as a problem, and logs where it happened, not what it says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an answer that has begun can only be broken off."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            _log.exception("failed: %s", type(error).__name__)
            response = respond(HTTPStatus.INTERNAL_SERVER_ERROR, "the service failed on this request; its log says why")
            await response(scope, receive, send)


def _name(location: Sequence[Any]) -> str:
    """Path of a field such as tickets.3.description, without where it was sent."""
    parts = [str(part) for part in location if part not in ("body", "query", "path", "header")]
    return ".".join(parts) or "body"
