"""Webhooks over HTTP: who is told of what, and what became of each delivery."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.background.outbound_http import checked
from kb.records.api_key import Scope
from kb.records.webhook import Delivery, DeliveryState, Event, Webhook

webhooks = scoped(Scope.ADMIN, tag="webhooks")

WEBHOOKS = (webhooks,)


class WebhookBody(BaseModel):
    """An address and what it is to be told of."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"url": "https://hooks.example.com/triage", "events": ["article.published"]}},
    )

    url: Annotated[str, Field(min_length=8, max_length=2000)]
    events: Annotated[list[Event], Field(min_length=1, max_length=len(Event))]


class WebhookView(BaseModel):
    """A webhook; `disabled_at` is when its address said that it is gone."""

    id: str
    url: str
    events: list[Event]
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, webhook: Webhook) -> WebhookView:
        """The view of a webhook, without its secret."""
        found = {name: getattr(webhook, name) for name in ("id", "url", "created_at", "disabled_at")}
        return cls(**found, events=sorted(webhook.events))


class NewWebhookView(WebhookView):
    """A webhook with the secret that signs what it is told; it is shown only now."""

    secret: str


class WebhooksView(BaseModel):
    """Every webhook."""

    webhooks: list[WebhookView]


class DeliveryView(BaseModel):
    """A delivery: its payload, and what became of it."""

    id: str
    webhook: str
    event: Event
    payload: str = Field(description="The JSON text that is sent and signed.")
    state: DeliveryState
    attempts: int
    next_at: datetime
    last_status: int | None
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryView:
        """The view of a delivery."""
        return cls(**{name: getattr(delivery, name) for name in cls.model_fields})


class DeliveriesView(BaseModel):
    """The newest deliveries."""

    deliveries: list[DeliveryView]


@webhooks.post("/webhooks", status_code=HTTPStatus.CREATED)
def post_webhook(body: WebhookBody, services: TheServices) -> NewWebhookView:
    """Tell an address of events from now on; the secret in the answer is shown only now."""
    checked(body.url, services.settings.webhook_hosts)
    made = services.webhooks.add(body.url, body.events)
    return NewWebhookView(**WebhookView.of(made).model_dump(), secret=made.secret)


@webhooks.get("/webhooks")
def list_webhooks(services: TheServices) -> WebhooksView:
    """List the webhooks."""
    return WebhooksView(webhooks=[WebhookView.of(webhook) for webhook in services.webhooks.all()])


@webhooks.get("/webhooks/deliveries")
def list_deliveries(
    services: TheServices,
    state: Annotated[DeliveryState | None, Query(description="Only those that wait, arrived or were given up.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DeliveriesView:
    """List the newest deliveries; the dead ones were given up after ten attempts."""
    found = services.webhooks.deliveries(state=state, limit=limit)
    return DeliveriesView(deliveries=[DeliveryView.of(delivery) for delivery in found])


@webhooks.post("/webhooks/deliveries/{id}/retry", responses=problems_of(404))
def retry_delivery(id: str, services: TheServices) -> DeliveryView:  # noqa: A002 (named as in the path)
    """Try a delivery anew."""
    return DeliveryView.of(services.webhooks.send_again(id))


@webhooks.delete("/webhooks/{id}", status_code=HTTPStatus.NO_CONTENT, responses=problems_of(404))
def delete_webhook(id: str, services: TheServices) -> Response:  # noqa: A002 (named as in the path)
    """Tell an address no more, and drop what is on its way to it."""
    services.webhooks.remove(id)
    return Response(status_code=HTTPStatus.NO_CONTENT)
