"""Suggestions over HTTP: suggestions for tickets, and people's decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import BackgroundTasks, Query

from app.api.access import scoped
from app.api.routing import TheMetrics, TheServices, problems_of
from app.presenters.security import security_advice_view
from app.presenters.suggestions import classify_result, model_view, review_view, suggestion_view
from app.schemas.acts import ActNumber
from app.schemas.field_types import Value
from app.schemas.suggestions import (
    ClassifyBody,
    ClassifyView,
    FeedbackBody,
    FeedbackView,
    ReviewView,
    SuggestionView,
)
from app.schemas.tickets import Ticket
from app.services.board import limits_on_decision
from app.services.field_values import check_decision
from app.services.ingestion import read_at_once
from app.services.suggesting import open_tickets_to_review, suggest_fields, suggest_ticket
from kb.records.api_key import Scope
from kb.records.errors import UnknownRecordError
from kb.records.feedback import Feedback
from kb.records.wording import Wording
from triage.corrections import teach, withdraw

suggestions = scoped(Scope.SUGGEST, tag="suggestions")
teaching = scoped(Scope.WRITE, tag="suggestions")

SUGGESTIONS = (suggestions, teaching)


@suggestions.post("/suggest")
def suggest(
    ticket: Ticket,
    services: TheServices,
    metrics: TheMetrics,
    explain: Annotated[
        bool, Query(description="Explain each value: words for and against, and the incidents that voted.")
    ] = False,
) -> SuggestionView:
    """Suggest fields, known workarounds and similar incidents for a ticket."""
    found = suggest_ticket(services, ticket.incident(), explain=explain)
    metrics.count(found.fields.predicted)
    return suggestion_view(found.suggestion, found.fields.masked, found.major, security_advice_view(found.security))


@suggestions.post("/classify")
def classify(body: ClassifyBody, services: TheServices, metrics: TheMetrics) -> ClassifyView:
    """Suggest the fields of up to 1000 tickets, in their order."""
    results = []
    for found in suggest_fields(services, [ticket.incident() for ticket in body.tickets]):
        metrics.count(found.predicted)
        results.append(classify_result(found.answer))
    return ClassifyView(results=results, model=model_view(services.assistant.info()))


@teaching.post("/feedback", status_code=HTTPStatus.CREATED, responses=problems_of(404, 409))
def feedback(body: FeedbackBody, services: TheServices, metrics: TheMetrics, tasks: BackgroundTasks) -> FeedbackView:
    """Store a person's decision on a field; the next suggestion takes it into account."""
    check_decision(services, body.field, body.chosen)
    entry = Feedback(
        field=body.field,
        chosen=body.chosen,
        at=datetime.now(UTC),
        number=body.number or (body.ticket.number if body.ticket else None),
        ticket=body.ticket.model_dump(exclude_none=True) if body.ticket else None,
        suggested=body.suggested,
        by=body.by,
    )
    limits = limits_on_decision(services, entry, body.override)
    key, number = teach(services.store, entry, body.ticket.incident() if body.ticket else None, check=limits)
    tasks.add_task(read_at_once, services)
    metrics.decided(body.field, accepted=body.suggested == body.chosen)
    return FeedbackView(id=key, number=number)


@teaching.delete("/feedback/{id}", status_code=HTTPStatus.NO_CONTENT, responses=problems_of(404))
def delete_feedback(
    id: ActNumber,  # noqa: A002 (as the path says)
    services: TheServices,
    tasks: BackgroundTasks,
    by: Annotated[Value | None, Query(description="Who withdraws it.")] = None,
) -> None:
    """Withdraw a decision: what it taught is forgotten, and its incident gets its previous value back.

    A value that somebody has changed since stays.
    """
    if not services.store.feedback.is_known(id):
        raise UnknownRecordError(Wording("no feedback {key}", {"key": str(id)}))
    withdraw(services.store, [id], by=by, at=datetime.now(UTC))
    tasks.add_task(read_at_once, services)


@suggestions.get("/review")
def list_review(services: TheServices, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> ReviewView:
    """List open tickets in the order in which they need a person: unsure first."""
    return review_view(open_tickets_to_review(services, limit=limit))
