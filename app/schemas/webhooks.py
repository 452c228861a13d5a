"""Webhooks: addresses that receive events, and deliveries to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kb.records.webhook import DeliveryState, Event


class WebhookBody(BaseModel):
    """An address and the events that it receives."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"url": "https://hooks.example.com/triage", "events": ["article.published"]}},
    )

    url: Annotated[str, Field(min_length=8, max_length=2000)]
    events: Annotated[list[Event], Field(min_length=1, max_length=len(Event))]


class WebhookView(BaseModel):
    """A webhook; `disabled_at` is when its address answered that it is gone."""

    id: str
    url: str
    events: list[Event]
    created_at: datetime
    disabled_at: datetime | None


class NewWebhookView(WebhookView):
    """A webhook with the secret that signs its events; the secret is shown only once."""

    secret: str


class WebhooksView(BaseModel):
    """Every webhook."""

    webhooks: list[WebhookView]


class DeliveryView(BaseModel):
    """A delivery: its payload and its result."""

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


class DeliveriesView(BaseModel):
    """The newest deliveries."""

    deliveries: list[DeliveryView]
