"""Problems: every error of the API as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.error_codes import ERROR_CODES, error_code, known_error
from app.logs import REQUEST_ID
from app.presenters.acts import refused_undo_view
from app.presenters.exceeded import exceeded_view, refused_move_view
from app.presenters.wordings import wording_view
from app.schemas.acts import RefusedUndoView
from app.schemas.exceeded import ExceededView, RefusedMoveView
from app.schemas.problems import FieldProblem, Problem
from app.schemas.wordings import WordingView
from kb.records.act import UndoError
from kb.records.board import OverLimitError
from kb.records.errors import EditConflictError
from kb.records.incident_moves import IncidentMoveError
from kb.records.wording import wording_of
from models.errors import InvalidError, TriageError, UnauthenticatedError, UnavailableError

MEDIA_TYPE = "application/problem+json"
PROBLEM = "#/components/schemas/Problem"
_ONLY_WHERE_SO = ("exceeded", "refused_move", "refused_undo", "wording")
_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")
_log = logging.getLogger("triage.api")


def respond(
    status: int,
    detail: str,
    *,
    type: str = "about:blank",  # noqa: A002 (named as in RFC 9457)
    title: str | None = None,
    errors: Sequence[FieldProblem] = (),
    exceeded: Sequence[ExceededView] | None = None,
    refused_move: RefusedMoveView | None = None,
    refused_undo: RefusedUndoView | None = None,
    wording: WordingView | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the response that tells a problem; its title is that of the status unless given."""
    body = Problem(
        type=type,
        title=title or HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=list(errors),
        exceeded=None if exceeded is None else list(exceeded),
        refused_move=refused_move,
        refused_undo=refused_undo,
        wording=wording,
        request_id=REQUEST_ID.get(),
    )
    absent = {name for name in _ONLY_WHERE_SO if getattr(body, name) is None}
    shown = body.model_dump(mode="json", exclude=absent)
    return JSONResponse(shown, status, headers, MEDIA_TYPE)


def respond_error(
    error: TriageError, *, status: HTTPStatus | None = None, errors: Sequence[FieldProblem] = ()
) -> JSONResponse:
    """Return the response that tells an error, under the status of its kind unless given."""
    code = error_code(error)
    field = error.field if isinstance(error, InvalidError) else None
    if field is not None and not errors:
        errors = [FieldProblem(field=field, message=str(error).removeprefix(f"{field}: "))]
    exceeded: list[ExceededView] | None = None
    if isinstance(error, OverLimitError):
        errors = [FieldProblem(field=one.limit.stage or one.limit.kind, message=str(one)) for one in error.excesses]
        exceeded = list(map(exceeded_view, error.excesses))
    move = error.move if isinstance(error, IncidentMoveError) else None
    return respond(
        status or code.status,
        str(error),
        type=code.type,
        title=code.title,
        errors=errors,
        exceeded=exceeded,
        refused_move=None if move is None else refused_move_view(move),
        refused_undo=refused_undo_view(error.refusal) if isinstance(error, UndoError) else None,
        wording=wording_view(wording_of(error)),
        headers={"WWW-Authenticate": "Bearer"} if isinstance(error, UnauthenticatedError) else None,
    )


def example(status: int, meaning: str) -> dict[str, Any]:
    """Return a problem of this status, for the OpenAPI document."""
    wrong = FieldProblem(field="short_description", message="String should have at most 100000 characters")
    is_invalid = status == HTTPStatus.UNPROCESSABLE_ENTITY
    code = next((code for code in ERROR_CODES if code.status == status), None)
    return Problem(
        type=code.type if code else "about:blank",
        title=code.title if code else HTTPStatus(status).phrase,
        status=status,
        detail=f"{wrong.field}: {wrong.message}" if is_invalid else meaning,
        errors=[wrong] if is_invalid else [],
        request_id="5f0c2a91b7d3e846",
    ).model_dump()


def install(app: FastAPI) -> None:
    """Let every error of the app leave as a problem."""

    @app.exception_handler(TriageError)
    async def known(request: Request, error: TriageError) -> JSONResponse:
        if error_code(error).status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("%s %s: %s", request.method, request.url.path, error)
        return respond_error(error)

    @app.exception_handler(OSError)
    async def of_the_system(request: Request, error: OSError) -> JSONResponse:
        if (disk := known_error(error)) is None:
            raise error
        return await known(request, disk)

    @app.exception_handler(EditConflictError)
    async def changed(request: Request, error: EditConflictError) -> JSONResponse:
        """A precondition failed where the request made one."""
        is_conditional = "if-match" in request.headers
        return respond_error(error, status=HTTPStatus.PRECONDITION_FAILED if is_conditional else None)

    @app.exception_handler(SQLAlchemyError)
    async def unusable(request: Request, error: SQLAlchemyError) -> JSONResponse:
        _log.error("%s %s: the database failed: %s", request.method, request.url.path, type(error).__name__)
        return respond_error(UnavailableError("the database cannot be used at the moment; try again"))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = [
            FieldProblem(field="body", message=f"is not JSON, from character {entry['loc'][-1]} on")
            if entry["type"] == "json_invalid"
            else FieldProblem(field=_name(entry["loc"]), message=_message(entry["msg"]))
            for entry in error.errors()[:50]
        ]
        detail = "; ".join(f"{entry.field}: {entry.message}" for entry in problems[:3])
        return respond_error(InvalidError(detail), errors=problems)

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
            if (known := known_error(error)) is not None:
                response = respond_error(known)
            else:
                failed = "the service failed on this request; its log says why"
                response = respond(HTTPStatus.INTERNAL_SERVER_ERROR, failed)
            await response(scope, receive, send)


def _message(text: str) -> str:
    """Return pydantic's message without its own words, and with the members of an enum by their values."""
    if "valid dictionary or object" in text:
        return "send a JSON object, with the content type application/json"
    return _MEMBER.sub(r"\1", text.removeprefix("Value error, "))


def _name(location: Sequence[Any]) -> str:
    """Path of a field such as tickets.3.description, without where it was sent."""
    parts = [str(part) for part in location if part not in ("body", "query", "path", "header")]
    return ".".join(parts) or "body"
