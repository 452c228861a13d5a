"""Clocks as views, each second with its reason in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from app.schemas.clocks import (
    BeforeAfter,
    ClockDifferenceView,
    ClocksView,
    ClockView,
    LimitRehearsalView,
    MeasureRehearsalView,
    NotificationDifferenceView,
    NotificationRehearsalView,
    RehearsalView,
    RuleRehearsalView,
    SpecialDayView,
    StretchView,
    WarningView,
)
from kb.practice.calendar import moment_of
from kb.practice.clock import Clock, IncidentClocks, Span, explain
from kb.practice.rehearsal import ClockDifference, Rehearsal
from kb.practice.wording import duration_text
from kb.records.clock_state import ClockState, Effect
from kb.service.board_rehearsal import LimitDifference
from kb.service.notification_rehearsal import NotificationRehearsal

_UNDATED = "This incident is not logged yet: its opened_at lies in the future; correct it."
_NO_FORECASTS = (
    "No forecast of a breach was tried: nothing is learnt yet. Run `triage train`; it needs at least 30 incidents that "
    "were breached and 30 that were not."
)
_NO_TARGET = "No target of practice.yaml matches this incident."
# More days with names of their own than this are counted.
_DAYS_NAMED = 3


def clocks_view(found: IncidentClocks) -> ClocksView:
    """Return the view of an incident's clocks."""
    note = None if found.clocks else _NO_TARGET if found.is_logged else _UNDATED
    return ClocksView(
        number=found.number,
        at=found.at,
        clocks=list(map(clock_view, found.clocks)),
        breach_probability=found.breach_probability,
        note=note,
    )


def clock_view(clock: Clock) -> ClockView:
    """Return the view of a clock with the explanation of every second."""
    return ClockView(
        measure=clock.measure,
        target=clock.target.name,
        group=clock.group,
        calendar=clock.target.calendar.name,
        state=clock.state,
        within_seconds=clock.target.within,
        elapsed_seconds=clock.elapsed,
        left_seconds=clock.left,
        started_at=moment_of(clock.started_at),
        due_at=_moment(clock.due_at),
        stopped_at=_moment(clock.stopped_at),
        breached=clock.is_breached,
        breached_at=_moment(clock.breached_at),
        warnings=_warnings(clock),
        summary=_summary(clock),
        explanation=list(map(_stretch_view, explain(clock))),
    )


def rehearsal_view(
    clocks: Rehearsal,
    notifications: NotificationRehearsal,
    limits: Sequence[LimitDifference],
    *,
    since: datetime,
    until: datetime,
    lacks_forecasts: bool = False,
) -> RehearsalView:
    """Return the view of what another practice would have made of the incidents of a period."""
    return RehearsalView(
        since=since,
        until=until,
        incidents=clocks.incidents,
        measures=[
            MeasureRehearsalView(
                measure=measure,
                clocks=BeforeAfter(before=tally.clocks[0], after=tally.clocks[1]),
                breaches=BeforeAfter(before=tally.breaches[0], after=tally.breaches[1]),
                warnings=BeforeAfter(before=tally.warnings[0], after=tally.warnings[1]),
            )
            for measure, tally in clocks.tallies.items()
        ],
        counts=clocks.counts,
        differences=list(map(_difference_view, clocks.differences)),
        notifications=_notifications_view(notifications, _NO_FORECASTS if lacks_forecasts else None),
        limits=list(map(_limit_view, limits)),
    )


def _notifications_view(found: NotificationRehearsal, note: str | None) -> NotificationRehearsalView:
    return NotificationRehearsalView(
        note=note,
        rules=[
            RuleRehearsalView(
                rule=name,
                event=tally.event,
                told=BeforeAfter(before=tally.told[0], after=tally.told[1]),
                escalated=BeforeAfter(before=tally.escalated[0], after=tally.escalated[1]),
            )
            for name, tally in found.tallies.items()
        ],
        counts=found.counts,
        differences=[
            NotificationDifferenceView(
                number=one.number,
                event=one.event,
                recipient=one.recipient,
                channel=one.channel,
                escalated=one.is_escalation,
                difference=one.difference,
                before=one.before,
                after=one.after,
            )
            for one in found.differences
        ],
    )


def _limit_view(one: LimitDifference) -> LimitRehearsalView:
    (kind, stage, name), (before, after) = one.place, one.most
    beyond = BeforeAfter(before=one.beyond[0], after=one.beyond[1])
    return LimitRehearsalView(kind=kind, stage=stage, name=name, limit_before=before, limit_after=after, beyond=beyond)


def _difference_view(one: ClockDifference) -> ClockDifferenceView:
    return ClockDifferenceView(
        number=one.number,
        measure=one.measure,
        group=one.group,
        difference=one.difference,
        target_before=None if one.before is None else one.before.target.name,
        target_after=None if one.after is None else one.after.target.name,
        breached_before=None if one.before is None else _moment(one.before.breached_at),
        breached_after=None if one.after is None else _moment(one.after.breached_at),
        warned_before=_warnings(one.before),
        warned_after=_warnings(one.after),
    )


def _warnings(clock: Clock | None) -> list[WarningView]:
    return [WarningView(share=one.share, at=moment_of(one.at)) for one in (clock.warned if clock else ())]


def _moment(second: int | None) -> datetime | None:
    return None if second is None else moment_of(second)


def _summary(clock: Clock) -> str:
    used = f"{duration_text(clock.elapsed)} of {duration_text(clock.target.within)}"
    if clock.state is ClockState.CANCELLED:
        return f"Cancelled after {used}."
    if clock.state is ClockState.STOPPED:
        return f"Exceeded: it took {used}." if clock.is_breached else f"Met: it took {used}."
    left = f"{duration_text(clock.left)} left" if clock.left >= 0 else f"{duration_text(-clock.left)} too long"
    standing = {
        ClockState.RUNNING: "The clock runs",
        ClockState.CLOSED: f"Outside the hours of {clock.target.calendar.name}",
        ClockState.PAUSED: "The clock is paused",
    }
    return f"{standing[clock.state]}: {used} used, {left}."


def _stretch_view(span: Span) -> StretchView:
    calendar = None if span.target is None else span.target.calendar
    is_closed = calendar is not None and span.effect is Effect.CLOSED
    days = calendar.special_days(span.start, span.end) if calendar is not None and is_closed else []
    return StretchView(
        start=moment_of(span.start),
        end=moment_of(span.end),
        effect=span.effect,
        seconds=span.seconds,
        stage=span.stage,
        target=None if span.target is None else span.target.name,
        calendar=None if calendar is None else calendar.name,
        special_days=[SpecialDayView(day=day, name=name) for day, name in days],
        reason=_reason(span, days),
    )


def _reason(span: Span, days: Sequence[tuple[date, str]]) -> str:
    stage = span.stage.value.replace("_", " ")
    if span.effect is Effect.RESOLVED:
        return f"The incident is {stage}."
    if span.target is None:
        return "No target matches the incident."
    calendar = span.target.calendar
    if span.effect is Effect.PAUSED:
        return f"The stage {stage} pauses the target {span.target.name}."
    if span.effect is Effect.CLOSED:
        return f"Outside the hours of {calendar.name}{_special_days(days)}."
    return f"Within the hours of {calendar.name}, {stage}; it counts for {span.target.name}."


def _special_days(days: Sequence[tuple[date, str]]) -> str:
    named = ", ".join(f"{name} on {day.isoformat()}" for day, name in days[:_DAYS_NAMED])
    more = f" and {len(days) - _DAYS_NAMED} more" if len(days) > _DAYS_NAMED else ""
    return f" ({named}{more})" if days else ""
