"""What a clock says, in the reader's form: how much time is left, by which target, and why it stands there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from app.desk.language import _, date_and_time, duration, exact_duration, in_sentence, number, plain_day
from app.desk.stage_words import stage_name
from app.desk.table import Mark
from app.schemas.clocks import ClockView, SpecialDayView, StretchView
from app.schemas.queue import ClockMarkView
from kb.records.clock_state import ClockState, Effect, Measure
from kb.records.queue_entry import QueueFlag

_LIKELY = 0.5
_POSSIBLE = 0.2
# More days with names of their own than this are counted.
_DAYS_NAMED = 3


def clock_title(clock: ClockView) -> str:
    """Return what a clock measures, and by which target."""
    measured = {
        Measure.RESPONSE: _("First response"),
        Measure.RESOLUTION: _("Resolution"),
        Measure.ASSIGNMENT: _("Time with {group}").format(group=clock.group),
    }[clock.measure]
    return _("{clock}, target “{target}”").format(clock=measured, target=clock.target)


def clock_words(clock: ClockView) -> str:
    """Return where a clock stands."""
    used, within = exact_duration(clock.elapsed_seconds), exact_duration(clock.within_seconds)
    if clock.state is ClockState.CANCELLED:
        return _("cancelled after {used} of {within}").format(used=used, within=within)
    if clock.state is ClockState.STOPPED:
        words = _("exceeded: it took {used} of {within}") if clock.breached else _("met: it took {used} of {within}")
        return words.format(used=used, within=within)
    over = clock.left_seconds < 0
    words = _("{used} of {within} used, {time} too long") if over else _("{used} of {within} used, {time} left")
    told = [words.format(used=used, within=within, time=exact_duration(clock.left_seconds))]
    if clock.state is ClockState.CLOSED:
        told.append(_("outside the hours of {calendar}").format(calendar=clock.calendar))
    if clock.state is ClockState.PAUSED:
        told.append(_("paused"))
    if clock.due_at is not None and not clock.breached:
        told.append(_("due {moment}").format(moment=date_and_time(clock.due_at)))
    return "; ".join(told)


def stretch_words(stretch: StretchView) -> str:
    """Return why a clock ran or stood still in a stretch of time."""
    if stretch.effect is Effect.RESOLVED:
        words = _("The incident is {stage}.")
    elif stretch.target is None:
        words = _("No target matches the incident.")
    elif stretch.effect is Effect.PAUSED:
        words = _("The stage {stage} pauses the target {target}.")
    elif stretch.effect is Effect.CLOSED:
        words = (
            _("Outside the hours of {calendar} ({days}).")
            if stretch.special_days
            else _("Outside the hours of {calendar}.")
        )
    else:
        words = _("Within the hours of {calendar}, {stage}; it counts for {target}.")
    return words.format(
        stage=in_sentence(stage_name(stretch.stage)),
        target=stretch.target,
        calendar=stretch.calendar,
        days=_days(stretch.special_days),
    )


def _days(days: Sequence[SpecialDayView]) -> str:
    named = ", ".join(_("{name} on {day}").format(name=one.name, day=plain_day(one.day)) for one in days[:_DAYS_NAMED])
    more = len(days) - _DAYS_NAMED
    return named if more <= 0 else f"{named} {_('and {count} more').format(count=number(more))}"


def time_words(clock: ClockMarkView) -> str:
    """Return when the next target is used up, nothing where there is none."""
    if clock.due_at is not None:
        left = (clock.due_at - datetime.now(UTC)).total_seconds()
        if clock.breached:
            return _("late by {time}").format(time=duration(-left))
        return _("due in {time}").format(time=duration(left)) if left > 0 else _("due now")
    if clock.left_seconds is not None:
        return _("paused, {time} left").format(time=duration(max(clock.left_seconds, 0)))
    return ""


def risk_words(clock: ClockMarkView) -> str:
    """Return how probable it is that the resolution comes late, in a word; nothing where that is not known or past."""
    if clock.breach_probability is None or clock.breached:
        return ""
    if clock.breach_probability >= _LIKELY:
        return _("late: likely")
    return _("late: possible") if clock.breach_probability >= _POSSIBLE else _("late: unlikely")


def flag_marks() -> dict[QueueFlag, Mark]:
    """Return the mark of each flag that lists show."""
    return {
        QueueFlag.MAJOR: Mark(_("major?"), "bad"),
        QueueFlag.BREACHED: Mark(_("late"), "bad"),
        QueueFlag.BREACHING: Mark(_("nearly late"), "warning"),
        QueueFlag.AT_RISK: Mark(_("at risk"), "warning"),
        QueueFlag.BOUNCED: Mark(_("bounced"), "warning"),
        QueueFlag.REOPENED: Mark(_("reopened"), "warning"),
        QueueFlag.WAITING: Mark(_("waiting"), "muted"),
    }
