"""Due: which target of an open incident is used up next, and when that changes what people do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from kb.practice.calendar import moment_of
from kb.practice.clock import Clock
from kb.practice.life import Life, Situation
from kb.records.clock_mark import ClockMark
from kb.records.clock_state import ClockState, Measure


def mark_of(life: Life, clocks: Iterable[Clock], now: int) -> ClockMark:
    """Return the mark of an incident with these clocks at a second; the probability of a breach is left out."""
    mark = ClockMark(life.number, _stage_since(life.situations, now) if life.is_stage_dated else None)
    open_ones = [one for one in clocks if one.stopped_at is None and one.measure is not Measure.ASSIGNMENT]
    if not open_ones:
        return mark
    running = [one for one in open_ones if one.due_at is not None]
    if not running:
        paused = min(open_ones, key=lambda one: one.left)
        return replace(mark, measure=paused.measure, left=paused.left)
    first = min(running, key=lambda one: one.due_at or 0)
    is_paused = first.state is ClockState.PAUSED
    breaches = first.breached_at if first.is_breached else first.target.calendar.after(first.due_at or now, 0)
    return replace(
        mark,
        measure=first.measure,
        warns_at=None if is_paused else _moment(_warns_at(first, now)),
        due_at=_moment(first.due_at),
        breaches_at=_moment(breaches),
        left=first.left if is_paused else None,
    )


def _stage_since(situations: Sequence[Situation], now: int) -> datetime | None:
    past = [one for one in situations if one.at <= now]
    if not past:
        return None
    entered = [later.at for earlier, later in pairwise(past) if later.stage is not earlier.stage]
    return moment_of(entered[-1] if entered else past[0].at)


def _warns_at(clock: Clock, now: int) -> int | None:
    share = max(clock.target.warn_at, default=None)
    if share is None:
        return None
    warned = next((one.at for one in clock.warned if one.share == share), None)
    needed = round(share * clock.target.within)
    return warned if warned is not None else clock.target.calendar.after(now, max(needed - clock.elapsed, 0))


def _moment(second: int | None) -> datetime | None:
    return None if second is None else moment_of(second)
