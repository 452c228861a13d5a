"""Notification: what a person or group is told of an incident, over which channel, when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NotificationEvent(StrEnum):
    """What people can be notified of."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    REASSIGNED = "reassigned"
    WAITING = "waiting"
    WAITING_LONG = "waiting_long"
    RESUMED = "resumed"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    CLOCK_WARNING = "clock_warning"
    BREACHED = "breached"
    BREACH_LIKELY = "breach_likely"
    MAJOR_PROPOSED = "major_proposed"
    MAJOR_ACCEPTED = "major_accepted"
    MAJOR_REJECTED = "major_rejected"
    MAJOR_DEMOTED = "major_demoted"


class ToldDifference(StrEnum):
    """What another practice changes for a notification."""

    TOLD = "told"
    NOT_TOLD = "not_told"
    TOLD_ANOTHER_TIME = "told_another_time"


OF_TIME = frozenset(
    {
        NotificationEvent.WAITING_LONG,
        NotificationEvent.CLOCK_WARNING,
        NotificationEvent.BREACHED,
        NotificationEvent.BREACH_LIKELY,
    }
)
"""Events that passing time causes, not an act; they are news only while the incident is open."""
FOR_CALLERS = frozenset({NotificationEvent.REGISTERED, NotificationEvent.WAITING, NotificationEvent.RESOLVED})
"""Events of which callers can be told."""


class Audience(StrEnum):
    """For whom a notification is, by their part in the incident; `NAMED` is a person whom a rule names."""

    ASSIGNEE = "assignee"
    GROUP = "group"
    TEAM_LEAD = "team_lead"
    INCIDENT_MANAGER = "incident_manager"
    CALLER = "caller"
    NAMED = "named"


ROLES = tuple(one.value for one in Audience if one is not Audience.NAMED)
"""Parts in an incident that a rule can name."""


class Channel(StrEnum):
    """How a notification travels."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class NotificationState(StrEnum):
    """Where a notification is.

    `SENDING` is claimed by a process, `HANDED_OVER` is told to the mail server to the last line but one, which alone
    makes it responsible; `FAILED` is given up until somebody sends it again, `DROPPED` was no news any more.
    """

    WAITING = "waiting"
    SENDING = "sending"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: the name, the part in the incident, and the address where one is known."""

    name: str
    audience: Audience
    address: str | None
    language: str


@dataclass(frozen=True, slots=True)
class NewNotification:
    """What somebody is to be told.

    `cause` names what happened: of one rule, cause, step and recipient there is one notification. `details` holds what
    the text needs, as it was at the event. `calendar` names the hours in which it may arrive. `digest` are the seconds
    for which it is collected with others. `step` counts escalations.
    """

    rule: str
    event: NotificationEvent
    cause: str
    number: str
    recipient: Recipient
    channel: Channel
    template: str
    details: Mapping[str, str]
    created_at: datetime
    next_at: datetime
    urgent: bool = False
    calendar: str | None = None
    digest: int | None = None
    escalate_at: datetime | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing that one recipient is told, and how far it got.

    `message` names the mail that carries it, the same at every attempt; those of one digest share it. `claim` is the
    right of one process to send it.
    """

    id: str
    rule: str
    event: NotificationEvent
    cause: str
    number: str
    recipient: Recipient
    channel: Channel
    template: str
    details: Mapping[str, str]
    state: NotificationState
    urgent: bool
    step: int
    attempts: int
    created_at: datetime
    next_at: datetime
    calendar: str | None = None
    digest: str | None = None
    message: str | None = None
    escalate_at: datetime | None = None
    last_error: str | None = None
    sent_at: datetime | None = None
    claim: str | None = None
