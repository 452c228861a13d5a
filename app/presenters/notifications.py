"""Notifications as views, each with its reason in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from app.schemas.notifications import NotificationPreviewView, NotificationsView, NotificationTextView, NotificationView
from kb.records.notification import Audience, NewNotification, Notification, NotificationEvent, NotificationState
from kb.service.notification_texts import NotificationText

_OVER = frozenset({NotificationState.SENT, NotificationState.FAILED, NotificationState.DROPPED})
_PARTS = {
    Audience.ASSIGNEE: "is the assignee",
    Audience.GROUP: "belongs to the group that has it",
    Audience.TEAM_LEAD: "leads the group that has it",
    Audience.INCIDENT_MANAGER: "is an incident manager",
    Audience.CALLER: "reported it",
    Audience.NAMED: "is named by the rule",
}


def notifications_view(
    found: Sequence[Notification], counts: Mapping[NotificationState, int], *, is_on: bool
) -> NotificationsView:
    """Return the view of some notifications."""
    return NotificationsView(notifications=[notification_view(one) for one in found], counts=dict(counts), is_on=is_on)


def notification_view(one: Notification) -> NotificationView:
    """Return the view of a notification."""
    return NotificationView(
        id=one.id,
        number=one.number,
        event=one.event,
        rule=one.rule,
        name=one.recipient.name,
        audience=one.recipient.audience,
        address=one.recipient.address,
        channel=one.channel,
        state=one.state,
        reason=reason_of(one),
        urgent=one.urgent,
        step=one.step,
        attempts=one.attempts,
        created_at=one.created_at,
        next_at=None if one.state in _OVER else one.next_at,
        escalate_at=one.escalate_at,
        sent_at=one.sent_at,
        last_error=one.last_error,
    )


def reason_of(one: Notification) -> str:
    """Return why somebody is told, and why it waits or failed."""
    said = f'{one.recipient.name} {_PARTS[one.recipient.audience]}; rule "{one.rule}"'
    if one.step:
        said += "; nobody answered before"
    return f"{said}. {_standing(one)}".strip()


def _standing(one: Notification) -> str:
    match one.state:
        case NotificationState.WAITING if one.attempts:
            return f"Attempt {one.attempts} failed: {one.last_error}."
        case NotificationState.WAITING if one.digest is not None and one.next_at > datetime.now(UTC):
            return "It is collected with others."
        case NotificationState.WAITING if one.next_at > datetime.now(UTC):
            return "It waits for the hours in which it may arrive."
        case NotificationState.FAILED | NotificationState.DROPPED:
            return f"Not sent: {one.last_error}."
        case _:
            return ""


def preview_view(
    number: str,
    event: NotificationEvent,
    found: Sequence[tuple[NewNotification, NotificationText]],
    examples: Mapping[str, str],
) -> NotificationPreviewView:
    """Return the view of what people would be told, and which facts in it are made up."""
    return NotificationPreviewView(
        number=number,
        event=event,
        examples=dict(examples),
        texts=[
            NotificationTextView(
                rule=new.rule,
                name=new.recipient.name,
                audience=new.recipient.audience,
                address=new.recipient.address,
                channel=new.channel,
                next_at=new.next_at,
                subject=text.subject,
                text=text.body,
            )
            for new, text in found
        ],
    )
