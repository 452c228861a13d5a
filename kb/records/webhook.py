"""Webhook: an address that is sent events, and each delivery to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """What a webhook can be sent."""

    SUGGESTION_READY = "suggestion.ready"
    MAJOR_INCIDENT_PROPOSED = "major_incident.proposed"
    MAJOR_INCIDENT_ACCEPTED = "major_incident.accepted"
    MAJOR_INCIDENT_REJECTED = "major_incident.rejected"
    MAJOR_INCIDENT_UNDECIDED = "major_incident.undecided"
    MAJOR_INCIDENT_DEMOTED = "major_incident.demoted"
    MAJOR_INCIDENT_MERGED = "major_incident.merged"
    MAJOR_INCIDENT_PARTED = "major_incident.parted"
    MAJOR_INCIDENT_ROLE = "major_incident.role"
    MAJOR_INCIDENT_JOINED = "major_incident.joined"
    MAJOR_INCIDENT_MESSAGE = "major_incident.message"
    MAJOR_INCIDENT_UPDATE_DUE = "major_incident.update_due"
    MAJOR_INCIDENT_RESTORED = "major_incident.restored"
    MAJOR_INCIDENT_RESOLVED = "major_incident.resolved"
    MAJOR_INCIDENT_CHILD_RESOLVED = "major_incident.child_resolved"
    MAJOR_INCIDENT_CLOSED = "major_incident.closed"
    MAJOR_INCIDENT_HANDED_OVER = "major_incident.handed_over"
    ARTICLE_PUBLISHED = "article.published"
    JOB_FINISHED = "job.finished"
    MODE_FELL_BACK = "mode.fell_back"
    NOTIFICATION = "notification"


class DeliveryState(StrEnum):
    """Where a delivery is: waiting for its next attempt, arrived, or given up."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told of events; its secret signs what it is told."""

    id: str
    url: str
    events: frozenset[Event]
    created_at: datetime
    disabled_at: datetime | None
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook; `payload` is the JSON text that is sent and signed."""

    id: str
    webhook: str
    event: Event
    payload: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    last_status: int | None
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None
