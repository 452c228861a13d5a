"""Delivering: every event on its way to a webhook, signed, tried again with growing pauses."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx

from app.composition import Desk
from app.outgoing import ForbiddenAddressError, post
from kb.incidents import Incident
from kb.webhooks import Delivery, Event, NoSuchWebhookError, signed
from triage.major import reports_of_the_same

KEPT = timedelta(days=30)
_AT_ONCE = 8
_LATE = 2
_GONE = 410
_log = logging.getLogger(__name__)


def deliver_due(desk: Desk) -> int:
    """Try every delivery that is due, several side by side; returns how many."""
    due = desk.webhooks.due(limit=100)
    if due:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda delivery: _deliver(desk, delivery), due))
    return len(due)


def tell_of(desk: Desk, incidents: Sequence[Incident]) -> None:
    """See what follows from incidents that were just written: suggestions that are ready, a major incident."""
    waiting = [incident for incident in incidents if not incident.is_history]
    if waiting:
        _announce_suggestions(desk, waiting)
        for incident in waiting:
            _propose_major(desk, incident)


def _propose_major(desk: Desk, incident: Incident) -> None:
    """Propose a major incident where several people report the same by now, once for all of them."""
    criteria, now = desk.settings.major_criteria(), datetime.now(UTC)
    if incident.opened_at is None or now - incident.opened_at > _LATE * criteria.within:
        return
    reports = reports_of_the_same(desk.memory, incident, criteria)
    found = desk.major_proposals.join(reports, now) if reports else None
    if found:
        told = {"lead": found.lead, "incidents": list(found.numbers), "proposed_at": found.proposed_at.isoformat()}
        desk.webhooks.announce(Event.MAJOR_INCIDENT_PROPOSED, told)
        _log.warning("a major incident is proposed: %d incidents are alike", len(found.numbers))


def _announce_suggestions(desk: Desk, waiting: Sequence[Incident]) -> None:
    """Tell who listens what is suggested for incidents that are open: values, model and evidence, no ticket text."""
    if not desk.webhooks.wanted(Event.SUGGESTION_READY):
        return
    for incident in waiting:
        found, shown = desk.suggest(incident)
        fields = {
            name: {
                "value": field.value,
                "confidence": field.confidence,
                "decision": field.decision,
                "mode": field.mode,
                "held_back": field.held_back,
            }
            for name, field in shown.items()
        }
        told = {
            "number": incident.number,
            "fields": fields,
            "model": found.model.version,
            "similar_incidents": [hit.incident.number for hit in found.similar_incidents],
            "articles": [hit.article.id for hit in found.articles],
        }
        desk.webhooks.announce(Event.SUGGESTION_READY, told)


def _deliver(desk: Desk, delivery: Delivery) -> None:
    try:
        webhook = desk.webhooks.get(delivery.webhook)
    except NoSuchWebhookError:
        return
    headers = {
        **signed(webhook, delivery, datetime.now(UTC)),
        "Content-Type": "application/json",
        "User-Agent": "triage-webhooks",
    }
    try:
        status = post(webhook.url, delivery.payload.encode(), headers, allowed=desk.settings.webhook_hosts)
    except (ForbiddenAddressError, httpx.HTTPError) as error:
        reason = str(error) if isinstance(error, ForbiddenAddressError) else type(error).__name__
        desk.webhooks.failed(delivery, reason)
        _log.warning("webhook %s could not be called: %s", webhook.id, type(error).__name__)
        return
    if 200 <= status < 300:
        desk.webhooks.arrived(delivery.id, status)
    elif status == _GONE:
        desk.webhooks.gone(delivery, status)
    else:
        desk.webhooks.failed(delivery, f"answered {status}", status=status)
