"""Delivering: every event on its way to a webhook, signed, tried again with growing pauses."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx

from app.background.outbound_http import UnusableAddressError, post
from app.composition import Services
from kb.records.webhook import Delivery
from kb.service.webhooks import NoSuchWebhookError, signed

KEPT = timedelta(days=30)
_AT_ONCE = 8
_GONE = 410
_log = logging.getLogger(__name__)


def deliver_due(services: Services) -> int:
    """Try every delivery that is due, several side by side; returns how many."""
    due = services.webhooks.due(limit=100)
    if due:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda delivery: _deliver(services, delivery), due))
    return len(due)


def _deliver(services: Services, delivery: Delivery) -> None:
    try:
        webhook = services.webhooks.get(delivery.webhook)
    except NoSuchWebhookError:
        return
    headers = {
        **signed(webhook, delivery, datetime.now(UTC)),
        "Content-Type": "application/json",
        "User-Agent": "triage-webhooks",
    }
    try:
        status = post(webhook.url, delivery.payload.encode(), headers, allowed=services.settings.webhook_hosts)
    except (UnusableAddressError, httpx.HTTPError) as error:
        reason = str(error) if isinstance(error, UnusableAddressError) else type(error).__name__
        services.webhooks.failed(delivery, reason)
        _log.warning("webhook %s could not be called: %s", webhook.id, type(error).__name__)
        return
    if 200 <= status < 300:
        services.webhooks.arrived(delivery.id, status)
    elif status == _GONE:
        services.webhooks.gone(delivery, status)
    else:
        services.webhooks.failed(delivery, f"answered {status}", status=status)
