"""Clocks: how much of each target of an incident is used, when it is due, and why."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from kb.records.board import LimitKind
from kb.records.clock_state import ClockState, Difference, Effect, Measure
from kb.records.notification import Channel, NotificationEvent, ToldDifference
from kb.vocabulary.stage import Stage


class SpecialDayView(BaseModel):
    """A day with hours of its own, such as a public holiday."""

    day: date
    name: str


class StretchView(BaseModel):
    """A stretch of time, and whether a clock ran in it."""

    start: datetime
    end: datetime
    effect: Effect
    seconds: int = Field(description="Seconds that count.")
    stage: Stage
    target: str | None
    calendar: str | None = Field(description="The calendar of the target.")
    special_days: list[SpecialDayView] = Field(description="Days with hours of their own, while it was closed.")
    reason: str = Field(description="Why the clock ran or stood still, in a sentence.")


class WarningView(BaseModel):
    """The time at which a share of a target was used up."""

    share: float
    at: datetime


class ClockView(BaseModel):
    """One clock of an incident."""

    measure: Measure
    target: str
    group: str | None = Field(description="The group whose assignment it measures.")
    calendar: str
    state: ClockState
    within_seconds: int = Field(description="The target in seconds, within the calendar's hours.")
    elapsed_seconds: int
    left_seconds: int = Field(description="Negative if the target is exceeded.")
    started_at: datetime
    due_at: datetime | None = Field(description="When the target is used up; null while the clock is paused.")
    stopped_at: datetime | None
    breached: bool
    breached_at: datetime | None = Field(description="The first counted second beyond the target.")
    warnings: list[WarningView]
    summary: str = Field(description="The state of the clock, in a sentence.")
    explanation: list[StretchView] = Field(description="Every second of the clock's life, the earliest first.")


class ClocksView(BaseModel):
    """The clocks of an incident, from the practice of the organisation."""

    number: str
    at: datetime = Field(description="The time for which the figures hold.")
    clocks: list[ClockView]
    breach_probability: float | None = Field(
        description="For its resolution; null if it is not open, or history has too few breaches to learn from."
    )
    note: str | None = Field(description="Why there is no clock, if there is none.")


class BeforeAfter(BaseModel):
    """A count under the practice in force and under the other one."""

    before: int
    after: int


class MeasureRehearsalView(BaseModel):
    """What changes for one kind of clock."""

    measure: Measure
    clocks: BeforeAfter
    breaches: BeforeAfter
    warnings: BeforeAfter


class ClockDifferenceView(BaseModel):
    """A clock that differs between the two practices."""

    number: str
    measure: Measure
    group: str | None
    difference: Difference
    target_before: str | None
    target_after: str | None
    breached_before: datetime | None
    breached_after: datetime | None
    warned_before: list[WarningView]
    warned_after: list[WarningView]


class RuleRehearsalView(BaseModel):
    """How many notifications a rule causes."""

    rule: str
    event: NotificationEvent
    told: BeforeAfter
    escalated: BeforeAfter = Field(description="Those of them that are sent because nobody answered.")


class NotificationDifferenceView(BaseModel):
    """A notification that only one practice sends, or that would arrive at another moment."""

    number: str
    event: NotificationEvent
    recipient: str
    channel: Channel
    escalated: bool = Field(description="Sent because nobody answered.")
    difference: ToldDifference
    before: datetime | None
    after: datetime | None


class NotificationRehearsalView(BaseModel):
    """What changes about notifications.

    Each event counts as news, that of imported history too. What people did counts as their answer under both
    practices. Breaches are forecast by what is learnt now. Major incidents are left out.
    """

    note: str | None = Field(description="What could not be tried, and why.")
    rules: list[RuleRehearsalView]
    counts: dict[ToldDifference, int]
    differences: list[NotificationDifferenceView]


class LimitRehearsalView(BaseModel):
    """A limit of the board, and how many steps would have gone beyond it."""

    kind: LimitKind
    stage: Stage | None
    name: str | None
    limit_before: int | None
    limit_after: int | None
    beyond: BeforeAfter


class RehearsalView(BaseModel):
    """What another practice would have changed for the incidents of a period."""

    since: datetime
    until: datetime
    incidents: int
    measures: list[MeasureRehearsalView]
    counts: dict[Difference, int]
    differences: list[ClockDifferenceView]
    notifications: NotificationRehearsalView
    limits: list[LimitRehearsalView] = Field(
        description="Limits of the board that what happened exceeds, those that differ most first."
    )
