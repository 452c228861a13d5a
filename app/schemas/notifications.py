"""Notifications: who is told of what, why, and what became of it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from kb.records.notification import Audience, Channel, NotificationEvent, NotificationState


class NotificationView(BaseModel):
    """One thing that one recipient is told."""

    id: str
    number: str
    event: NotificationEvent
    rule: str
    name: str = Field(description="Who is told.")
    audience: Audience
    address: str | None
    channel: Channel
    state: NotificationState
    reason: str = Field(description="Why it is sent, waits or failed, in a sentence.")
    urgent: bool
    step: int = Field(description="How often it was escalated before.")
    attempts: int
    created_at: datetime
    next_at: datetime | None = Field(description="When it is sent at the earliest; null once it is over.")
    escalate_at: datetime | None = Field(description="When the next are told unless somebody answers.")
    sent_at: datetime | None
    last_error: str | None


class NotificationsView(BaseModel):
    """The newest notifications, and how many there are in each state."""

    notifications: list[NotificationView]
    counts: dict[NotificationState, int]
    is_on: bool = Field(description="Whether practice.yaml has rules for notifications.")


class NotificationTextView(BaseModel):
    """What a notification would say, and to whom."""

    rule: str
    name: str
    audience: Audience
    address: str | None
    channel: Channel
    next_at: datetime
    subject: str
    text: str


class NotificationPreviewView(BaseModel):
    """What people would be told of an event of an incident now."""

    number: str
    event: NotificationEvent
    texts: list[NotificationTextView]
