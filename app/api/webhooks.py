"""Webhooks over HTTP: addresses that receive events, and deliveries to them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Query, Response

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.background.outbound_http import checked
from app.presenters.webhooks import delivery_view, new_webhook_view, webhook_view
from app.schemas.webhooks import DeliveriesView, DeliveryView, NewWebhookView, WebhookBody, WebhooksView
from kb.records.api_key import Scope
from kb.records.webhook import DeliveryState

making = scoped(Scope.ADMIN, tag="webhooks", answers_secrets=True)
webhooks = scoped(Scope.ADMIN, tag="webhooks")

WEBHOOKS = (making, webhooks)


@making.post("/webhooks", status_code=HTTPStatus.CREATED)
def post_webhook(body: WebhookBody, services: TheServices) -> NewWebhookView:
    """Send events to an address from now on; the secret in the answer is shown only once."""
    checked(body.url, services.settings.webhook_hosts)
    return new_webhook_view(services.webhooks.add(body.url, body.events))


@webhooks.get("/webhooks")
def list_webhooks(services: TheServices) -> WebhooksView:
    """List the webhooks."""
    return WebhooksView(webhooks=[webhook_view(webhook) for webhook in services.webhooks.all()])


@webhooks.get("/webhooks/deliveries")
def list_deliveries(
    services: TheServices,
    state: Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DeliveriesView:
    """List the newest deliveries; the dead ones were given up after ten attempts."""
    found = services.webhooks.deliveries(state=state, limit=limit)
    return DeliveriesView(deliveries=[delivery_view(delivery) for delivery in found])


@webhooks.post("/webhooks/deliveries/{id}/retry", responses=problems_of(404))
def retry_delivery(id: str, services: TheServices) -> DeliveryView:  # noqa: A002 (named as in the path)
    """Retry a delivery."""
    return delivery_view(services.webhooks.send_again(id))


@webhooks.delete("/webhooks/{id}", status_code=HTTPStatus.NO_CONTENT, responses=problems_of(404))
def delete_webhook(id: str, services: TheServices) -> Response:  # noqa: A002 (named as in the path)
    """Remove a webhook and drop its pending deliveries."""
    services.webhooks.remove(id)
    return Response(status_code=HTTPStatus.NO_CONTENT)
