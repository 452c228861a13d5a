"""Drop-in for ServiceNow Predictive Intelligence: its prediction endpoints, in that product's own shape.

Source of paths, parameters and shapes: ServiceNow REST API reference, Predictive Intelligence API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from app.api.access import scoped
from app.api.routing import TheServices
from app.composition import Services
from app.schemas.field_types import BATCH_LIMIT
from app.schemas.servicenow import (
    FailureView,
    Output,
    Predicted,
    PredictionResult,
    PredictionsView,
    PredictionView,
    SolutionOptions,
)
from app.schemas.tickets import Ticket
from app.services.field_modes import fields_with_modes
from app.services.suggesting import suggest_fields
from kb.records.api_key import Scope
from kb.records.errors import UnknownRecordError
from kb.records.incident import LABELS, Incident
from triage.suggestion import FieldSuggestion

_FIELD_OF_WORD = {name: name for name in LABELS} | {
    "categor": "category",
    "subcategor": "subcategory",
    "assign": "assignment_group",
    "group": "assignment_group",
    "priorit": "priority",
    "urgen": "urgency",
    "configuration": "configuration_item",
    "cmdb": "configuration_item",
}
_FILTER = re.compile(r"^\s*(?:sys_id|number)\s*(?:=|IN|\s)\s*(.+?)\s*$")
_INPUTS = TypeAdapter(list[dict[str, JsonValue]])

servicenow = scoped(Scope.SUGGEST, tag="servicenow", prefix="/api/now")


class _ToldError(Exception):
    """An error that is told in that product's shape."""

    def __init__(self, status: HTTPStatus, message: str, detail: str) -> None:
        super().__init__(message)
        self.status, self.message, self.detail = status, message, detail

    def response(self) -> JSONResponse:
        content = {"error": {"message": self.message, "detail": self.detail}, "status": "failure"}
        return JSONResponse(content, self.status)


def _described(model: type[BaseModel]) -> dict[str, Any]:
    """How a route is described: its answer, and errors in that product's shape."""
    return {"response_model": model, "responses": _FAILURES}


def _failure(message: str, detail: str) -> dict[str, Any]:
    example = {"error": {"message": message, "detail": detail}, "status": "failure"}
    return {"model": FailureView, "description": message, "content": {"application/json": {"example": example}}}


_FAILURES: dict[int | str, dict[str, Any]] = {
    400: _failure("Invalid input", "give input_maps, or input_table=incident and input_filter=number=INC0010001"),
    404: _failure("No such solution", "ml_desk: say in TRIAGE_SERVICENOW_SOLUTIONS which field it predicts"),
}


@servicenow.get("/agent_intelligence/solution/prediction", **_described(PredictionsView))
@servicenow.get("/predictive_intelligence/solution/prediction", **_described(PredictionsView))
def predict_several(
    services: TheServices,
    solution_names: Annotated[str, Query(min_length=1, max_length=500)],
    *,
    input_maps: Annotated[str | None, Query(max_length=5000)] = None,
    input_table: Annotated[str | None, Query(max_length=200)] = None,
    input_filter: Annotated[str | None, Query(max_length=1000)] = None,
    options: Annotated[str, Query(max_length=500)] = "{}",
) -> PredictionsView | JSONResponse:
    """Predict with several solutions, for texts or for incidents that are stored here."""
    try:
        chosen = _options(options)
        names = [name.strip() for name in solution_names.split(",") if name.strip()]
        fields = {name: _field_of(name, services) for name in names}
        records = dict(_records(services, input_maps, input_table, input_filter))
    except _ToldError as error:
        return error.response()
    answers = dict(zip(records, _shown(services, list(records.values()), set(fields.values())), strict=True))
    return PredictionsView(
        result={
            name: {key: _predicted(answer.get(field), chosen) for key, answer in answers.items()}
            for name, field in fields.items()
        }
    )


@servicenow.get(
    "/agent_intelligence/solution/{solution_name}/prediction", response_model=PredictionView, responses=_FAILURES
)
@servicenow.get(
    "/predictive_intelligence/solution/{solution_name}/prediction", response_model=PredictionView, responses=_FAILURES
)
def predict(solution_name: str, request: Request, services: TheServices) -> PredictionView | JSONResponse:
    """Predict with one solution, from the fields of a ticket as query parameters."""
    given = services.store.masking.fields(request.query_params)
    try:
        field = _field_of(solution_name, services)
        ticket = _ticket(given)
    except _ToldError as error:
        return error.response()
    (answer,) = _shown(services, [ticket], {field})
    suggestion = answer.get(field)
    best = suggestion.best if suggestion else None
    output = Output(
        outcome=best.value if best else "",
        confidence=_percent(best.confidence if best else 0.0),
        threshold=_threshold(suggestion),
    )
    return PredictionView(result=PredictionResult(input=given, output=output))


def _shown(
    services: Services, tickets: Sequence[Incident], fields: Collection[str]
) -> Iterator[Mapping[str, FieldSuggestion]]:
    """What is shown of these fields of tickets, which are masked already."""
    found = suggest_fields(services, tickets, only=lambda _, name: name in fields, is_masked=True)
    return (one.shown for one in found)


def _field_of(solution: str, services: Services) -> str:
    """The field that a solution predicts: set by name, called like it, or told by a word in it."""
    field = services.settings.servicenow_solutions.get(solution) or (
        solution if solution in fields_with_modes(services) else None
    )
    if field is None:
        words = (word for word in sorted(_FIELD_OF_WORD, key=len, reverse=True) if word in solution.casefold())
        field = _FIELD_OF_WORD.get(next(words, ""))
    if field is None or field not in fields_with_modes(services):
        known = ", ".join(fields_with_modes(services)) or "none yet"
        detail = f"{solution[:200]}: say in TRIAGE_SERVICENOW_SOLUTIONS which field it predicts; learnt are {known}"
        raise _ToldError(HTTPStatus.NOT_FOUND, "No such solution", detail)
    return field


def _ticket(given: Mapping[str, Any]) -> Incident:
    try:
        return Ticket.model_validate({**given, "number": given.get("number") or None}).incident()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _ToldError(HTTPStatus.BAD_REQUEST, "Invalid input", f"{where}: {first['msg']}") from None


def _options(text: str) -> SolutionOptions:
    try:
        return SolutionOptions.model_validate_json(text)
    except ValidationError as error:
        raise _ToldError(HTTPStatus.BAD_REQUEST, "Invalid options", f"options: {error.errors()[0]['msg']}") from None


def _records(
    services: Services, maps: str | None, table: str | None, where: str | None
) -> Iterator[tuple[str, Incident]]:
    """Tickets by sys_id or number; texts without either are numbered from 1."""
    if maps is not None:
        try:
            inputs = _INPUTS.validate_json(maps)
        except ValidationError:
            detail = 'input_maps: is not a JSON list such as [{"short_description": "no mail"}]'
            raise _ToldError(HTTPStatus.BAD_REQUEST, "Invalid input", detail) from None
        if len(inputs) > BATCH_LIMIT:
            raise _ToldError(HTTPStatus.BAD_REQUEST, "Invalid input", f"input_maps: holds more than {BATCH_LIMIT}")
        for place, given in enumerate(inputs, start=1):
            plain = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
            masked = services.store.masking.fields(plain)
            yield str(masked.get("sys_id") or masked.get("number") or place), _ticket(masked)
        return
    found = _FILTER.match(where or "")
    if table != "incident" or found is None:
        detail = "give input_maps, or input_table=incident and input_filter=number=INC0010001"
        raise _ToldError(HTTPStatus.BAD_REQUEST, "Invalid input", detail)
    for number in found[1].split(",")[:BATCH_LIMIT]:
        try:
            yield number.strip(), services.store.incident(number.strip())
        except UnknownRecordError as error:
            raise _ToldError(HTTPStatus.NOT_FOUND, "No Record found", str(error)) from None


def _predicted(field: FieldSuggestion | None, options: SolutionOptions) -> list[Predicted]:
    if field is None:
        return []
    first = [(field.value, field.confidence)] if field.value is not None else []
    ranked = [*first, *((entry.value, entry.confidence) for entry in field.alternatives)]
    threshold = _threshold(field)
    return [
        Predicted(confidence=_percent(confidence), threshold=threshold, predictedValue=value)
        for value, confidence in ranked[: options.top_n]
        if not options.apply_threshold or _percent(confidence) >= threshold
    ]


def _threshold(field: FieldSuggestion | None) -> float:
    """The confidence from which a value is automatic, 100 where none is or the ticket is held back."""
    if field is None or field.automatic_from is None or field.held_back:
        return 100.0
    return _percent(field.automatic_from)


def _percent(share: float) -> float:
    return round(100 * share, 4)
