"""Webhooks: subscriptions, and every delivery until it arrives or is given up.

Signature and headers follow the Standard Webhooks specification: HMAC-SHA256 over id, time and body.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from standardwebhooks import Webhook as Signer

from kb.records.webhook import Delivery, DeliveryState, Event, Webhook
from kb.storage.database import Database
from kb.storage.schema import deliveries, webhooks
from models.errors import NotFoundError

_SECRET_BYTES = 32
_PREFIX = "whsec_"
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
_RANDOM = secrets.SystemRandom()


class NoSuchWebhookError(NotFoundError):
    """There is no such webhook or delivery."""


class Webhooks:
    """The webhooks of a data folder, and an outbox of deliveries that survives a restart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, url: str, events: Collection[Event]) -> Webhook:
        """Tell an address of these events from now on; its secret is made here."""
        secret = _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
        key = f"wh_{secrets.token_hex(8)}"
        names = sorted(event.value for event in events)
        row = {"id": key, "url": url, "events": names, "secret": secret, "created_at": datetime.now(UTC)}
        with self._database.writing() as connection:
            connection.execute(insert(webhooks).values(row))
            return self.get(key)

    def get(self, key: str) -> Webhook:
        """Return the webhook with this id; raises NoSuchWebhookError."""
        with self._database.reading() as connection:
            row = connection.execute(select(webhooks).where(webhooks.c.id == key)).one_or_none()
        if row is None:
            raise NoSuchWebhookError(f"no webhook {key}")
        return _webhook(row)

    def all(self) -> list[Webhook]:
        """Return every webhook, the oldest first."""
        with self._database.reading() as connection:
            return [_webhook(row) for row in connection.execute(select(webhooks).order_by(webhooks.c.created_at))]

    def remove(self, key: str) -> None:
        """Tell an address no more, and drop what is on its way to it; raises NoSuchWebhookError."""
        with self._database.writing() as connection:
            self.get(key)
            connection.execute(delete(deliveries).where(deliveries.c.webhook == key))
            connection.execute(delete(webhooks).where(webhooks.c.id == key))

    def wanted(self, event: Event) -> bool:
        """Return whether any webhook subscribes to such events."""
        return bool(self._listeners(event))

    def announce(self, event: Event, data: Mapping[str, Any]) -> int:
        """Put an event on its way to everybody who listens, within the act that is under way; returns to how many."""
        return self.announce_all(event, [data])

    def announce_all(self, event: Event, data: Sequence[Mapping[str, Any]]) -> int:
        """Put several events of one kind on their way, as `announce` does one; returns the number of deliveries."""
        if not self._listeners(event):
            return 0  # without waiting for other writers
        now = datetime.now(UTC)
        stamp = {"type": event.value, "timestamp": now.isoformat()}
        payloads = [json.dumps({**stamp, "data": one}, ensure_ascii=False) for one in data]
        with self._database.writing() as connection:
            rows = [
                {
                    "id": f"msg_{secrets.token_hex(12)}",
                    "webhook": webhook.id,
                    "event": event.value,
                    "payload": payload,
                    "state": DeliveryState.WAITING.value,
                    "attempts": 0,
                    "next_at": now,
                    "created_at": now,
                }
                for webhook in self._listeners(event)
                for payload in payloads
            ]
            if rows:
                connection.execute(insert(deliveries), rows)
            return len(rows)

    def due(self, *, limit: int) -> list[Delivery]:
        """Return deliveries whose next attempt is due; each counts as failed until its result is recorded."""
        now = datetime.now(UTC)
        waiting = (deliveries.c.state == DeliveryState.WAITING.value, deliveries.c.next_at <= now)
        query = select(deliveries).where(*waiting).order_by(deliveries.c.next_at).limit(limit)
        with self._database.reading() as connection:
            if connection.execute(query).first() is None:
                return []
        with self._database.writing() as connection:
            found = list(connection.execute(query))
            for row in found:
                pause = _PAUSES[min(row.attempts, len(_PAUSES) - 1)] * _RANDOM.uniform(0.9, 1.1)
                values = {"attempts": row.attempts + 1, "next_at": now + pause}
                connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
        return [replace(_delivery(row), attempts=row.attempts + 1) for row in found]

    def arrived(self, key: str, status: int) -> None:
        """Note that a delivery arrived."""
        self._note(key, state=DeliveryState.DELIVERED, last_status=status, last_error=None)

    def failed(self, delivery: Delivery, error: str, *, status: int | None = None) -> None:
        """Note that an attempt failed; after the last one the delivery is dead."""
        last = delivery.attempts > len(_PAUSES)
        state = DeliveryState.DEAD if last else DeliveryState.WAITING
        self._note(delivery.id, state=state, last_status=status, last_error=error)

    def gone(self, delivery: Delivery, status: int) -> None:
        """Disable a webhook whose address no longer wants events."""
        with self._database.writing() as connection:
            self._note(delivery.id, state=DeliveryState.DEAD, last_status=status, last_error="the address is gone")
            connection.execute(
                update(webhooks).where(webhooks.c.id == delivery.webhook).values(disabled_at=datetime.now(UTC))
            )

    def deliveries(self, *, state: DeliveryState | None = None, limit: int) -> list[Delivery]:
        """Return the newest deliveries, in one state where it is named."""
        query = select(deliveries).order_by(deliveries.c.created_at.desc(), deliveries.c.id).limit(limit)
        if state is not None:
            query = query.where(deliveries.c.state == state.value)
        with self._database.reading() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def waiting(self) -> int:
        """Return how many deliveries have not arrived yet."""
        query = select(func.count()).select_from(deliveries).where(deliveries.c.state == DeliveryState.WAITING.value)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def send_again(self, key: str) -> Delivery:
        """Let a delivery be tried anew from now on; raises NoSuchWebhookError."""
        values = {"state": DeliveryState.WAITING.value, "attempts": 0, "next_at": datetime.now(UTC)}
        with self._database.writing() as connection:
            if connection.execute(update(deliveries).where(deliveries.c.id == key).values(values)).rowcount == 0:
                raise NoSuchWebhookError(f"no delivery {key}")
            return _delivery(connection.execute(select(deliveries).where(deliveries.c.id == key)).one())

    def clear_old(self, age: timedelta) -> None:
        """Forget deliveries that arrived longer ago than this."""
        with self._database.writing() as connection:
            connection.execute(delete(deliveries).where(deliveries.c.delivered_at < datetime.now(UTC) - age))

    def _note(self, key: str, *, state: DeliveryState, last_status: int | None, last_error: str | None) -> None:
        values: dict[str, Any] = {"state": state.value, "last_status": last_status, "last_error": last_error}
        if state is DeliveryState.DELIVERED:
            values["delivered_at"] = datetime.now(UTC)
        with self._database.writing() as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == key).values(values))

    def _listeners(self, event: Event) -> list[Webhook]:
        return [webhook for webhook in self.all() if webhook.disabled_at is None and event in webhook.events]


def signed(webhook: Webhook, delivery: Delivery, at: datetime) -> dict[str, str]:
    """Return the headers that name and sign a delivery, sent at a time that knows its zone."""
    return {
        "webhook-id": delivery.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(webhook.secret).sign(delivery.id, at.astimezone(UTC), delivery.payload),
    }


def _webhook(row: Row[tuple[object, ...]]) -> Webhook:
    events = frozenset(Event(name) for name in row.events)
    return Webhook(row.id, row.url, events, row.created_at, row.disabled_at, row.secret)


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(**{**row._mapping, "event": Event(row.event), "state": DeliveryState(row.state)})
