"""Notifications: who gets which notification, why, and its delivery."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from kb.records.notification import Audience, Channel, NotificationEvent, NotificationState


class NotificationView(BaseModel):
    """One notification to one recipient."""

    id: str
    number: str
    event: NotificationEvent
    rule: str
    name: str = Field(description="The recipient.")
    audience: Audience
    address: str | None
    channel: Channel
    state: NotificationState
    reason: str = Field(description="Why it is sent, waits or failed, in a sentence.")
    urgent: bool
    step: int = Field(description="How often it has been escalated.")
    attempts: int
    created_at: datetime
    next_at: datetime | None = Field(description="Earliest time of sending; null once it is sent or dropped.")
    escalate_at: datetime | None = Field(description="When the next recipients are notified unless somebody answers.")
    sent_at: datetime | None
    last_error: str | None


class NotificationsView(BaseModel):
    """The newest notifications, and the number in each state."""

    notifications: list[NotificationView]
    counts: dict[NotificationState, int]
    is_on: bool = Field(description="Whether practice.yaml has rules for notifications.")


class NotificationTextView(BaseModel):
    """The text and recipient of a notification."""

    rule: str
    name: str
    audience: Audience
    address: str | None
    channel: Channel
    next_at: datetime
    subject: str
    text: str


class NotificationPreviewView(BaseModel):
    """The notifications that an event of an incident would cause now."""

    number: str
    event: NotificationEvent
    examples: dict[str, str] = Field(
        description="Facts in the texts that only a real event has, with the made-up values that stand there."
    )
    texts: list[NotificationTextView]
