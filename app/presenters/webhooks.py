"""Webhooks and deliveries as views."""

from __future__ import annotations

from app.schemas.webhooks import DeliveryView, NewWebhookView, WebhookView
from kb.records.webhook import Delivery, Webhook

_SHOWN = ("id", "url", "created_at", "disabled_at")


def webhook_view(webhook: Webhook) -> WebhookView:
    """Return the view of a webhook, without its secret."""
    return WebhookView(**{name: getattr(webhook, name) for name in _SHOWN}, events=sorted(webhook.events))


def new_webhook_view(webhook: Webhook) -> NewWebhookView:
    """Return the view of a webhook that was just added, with its secret."""
    return NewWebhookView(**webhook_view(webhook).model_dump(), secret=webhook.secret)


def delivery_view(delivery: Delivery) -> DeliveryView:
    """Return the view of a delivery."""
    return DeliveryView(**{name: getattr(delivery, name) for name in DeliveryView.model_fields})
