"""Clocks: how much of a target is used, when it is due, whether it is breached, and why, second by second.

The rules: A clock runs within the hours of its target's calendar. It stops in the stages that pause, and while the
incident is resolved. What has passed and every pause stay counted when another target takes over; the target in force
decides. Nothing breaches while the clock stands still. Before the first target applies, that target counts. A target is
met to the second: it is breached once more than its time has passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kb.practice.calendar import Calendar
from kb.practice.life import Life, Situation
from kb.practice.practice import Practice
from kb.practice.target import Target, TargetList
from kb.records.clock_state import ClockState, Effect, Measure
from kb.vocabulary.stage import Stage


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time with one effect, stage and target; `seconds` are those that count.

    Time that runs may have hours and closed times in it.
    """

    start: int
    end: int
    effect: Effect
    stage: Stage
    target: Target | None
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Warned:
    """The second at which a share of the target was used up."""

    share: float
    at: int


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of an incident, at a second.

    `due_at` is when the target is or was used up while the clock runs on as it does, `None` while it stands still in a
    stage or where the calendar does not open again. `breached_at` is the first second that counts beyond it. `group` is
    whose assignment it measures.
    """

    measure: Measure
    target: Target
    state: ClockState
    started_at: int
    stopped_at: int | None
    elapsed: int
    due_at: int | None
    breached_at: int | None
    warned: tuple[Warned, ...]
    spans: tuple[Span, ...]
    group: str | None = None

    @property
    def left(self) -> int:
        """Return the seconds of the target that are left; negative ones are over it."""
        return self.target.within - self.elapsed

    @property
    def is_breached(self) -> bool:
        """Return whether more time has passed than the target allows."""
        return self.breached_at is not None

    def used_at(self, share: float) -> int | None:
        """Return the second at which a share of the target in force was used, `None` before."""
        needed, before = round(share * self.target.within), 0
        for span in self.spans:
            if span.target is not None and span.seconds and before + span.seconds >= needed:
                at = span.target.calendar.after(span.start, max(needed - before, 0))
                return span.end if at is None else at
            before += span.seconds
        return None


@dataclass(frozen=True, slots=True)
class IncidentClocks:
    """The clocks of an incident at a moment; there are none unless it is known to be logged by then.

    `breach_probability` is that of its resolution, `None` where it is not open or nothing was learnt yet.
    """

    number: str
    at: datetime
    clocks: tuple[Clock, ...]
    is_logged: bool
    breach_probability: float | None = None


def clocks_of(life: Life, practice: Practice, now: int) -> list[Clock]:
    """Return the clocks of an incident at a second: response, resolution, and one for each assignment."""
    situations = [situation for situation in life.situations if situation.at <= now]
    if not situations:
        return []
    found = [
        _clock(Measure.RESPONSE, practice, situations, _responded_at(life, practice, situations), now),
        _clock(Measure.RESOLUTION, practice, situations, None, now),
    ]
    found += (
        _clock(Measure.ASSIGNMENT, practice, held, until, now, group=held[0].group)
        for held, until in _assignments(situations)
    )
    return [clock for clock in found if clock is not None]


def resolution_clock(life: Life, practice: Practice, now: int) -> Clock | None:
    """Return the clock of an incident's resolution at a second, `None` where no target matches or it is not logged."""
    situations = [situation for situation in life.situations if situation.at <= now]
    return _clock(Measure.RESOLUTION, practice, situations, None, now) if situations else None


def explain(clock: Clock) -> Iterator[Span]:
    """Yield every second of a clock's life, in stretches that run, are closed or stand still for one reason."""
    for span in clock.spans:
        if span.effect is not Effect.RUNS or span.target is None:
            yield span
            continue
        at = span.start
        for start, end in span.target.calendar.openings(span.start, span.end):
            if at < start:
                yield Span(at, start, Effect.CLOSED, span.stage, span.target)
            yield Span(start, end, Effect.RUNS, span.stage, span.target, end - start)
            at = end
        if at < span.end:
            yield Span(at, span.end, Effect.CLOSED, span.stage, span.target)


def _clock(
    measure: Measure,
    practice: Practice,
    situations: Sequence[Situation],
    stopped_at: int | None,
    now: int,
    *,
    group: str | None = None,
) -> Clock | None:
    targets = practice.targets[measure]
    end = now if stopped_at is None else min(now, stopped_at)
    if measure is not Measure.ASSIGNMENT:
        stopped_at = _end_of(situations) if stopped_at is None else stopped_at
        end = end if stopped_at is None else min(end, stopped_at)
    spans = _spans(targets, situations, end)
    target = spans[-1].target
    if target is None:
        return None
    tally = _Tally()
    for span in spans:
        tally.count(span)
    is_stopped = stopped_at is not None and stopped_at <= now
    return Clock(
        measure=measure,
        target=target,
        state=_state(situations, spans[-1], end, is_stopped=is_stopped),
        started_at=situations[0].at,
        stopped_at=stopped_at if is_stopped else None,
        elapsed=tally.elapsed,
        due_at=_due_at(tally, spans[-1], target, end, is_stopped=is_stopped),
        breached_at=tally.breached_at,
        warned=tuple(tally.warned),
        spans=tuple(span for span in spans if span.start < span.end),
        group=group,
    )


class _Tally:
    """What a clock has counted so far."""

    def __init__(self) -> None:
        self.elapsed = 0
        self.used_up_at: int | None = None
        self.breached_at: int | None = None
        self.warned: list[Warned] = []

    def count(self, span: Span) -> None:
        """Count a further stretch of time; a target that leaves more time takes back what it makes untrue."""
        if span.target is None:
            return
        within, before = span.target.within, self.elapsed
        if before <= within:
            self.breached_at = None
        self.warned = [one for one in self.warned if one.share in span.target.warn_at and before >= one.share * within]
        if not span.seconds:
            return
        self.elapsed += span.seconds
        calendar = span.target.calendar
        if self.breached_at is None and self.elapsed > within:
            self.used_up_at = calendar.after(span.start, max(within - before, 0))
            self.breached_at = None if self.used_up_at is None else calendar.after(self.used_up_at, 0)
        held = {one.share for one in self.warned}
        for share in span.target.warn_at:
            needed = round(share * within)
            if share not in held and self.elapsed >= needed:
                at = calendar.after(span.start, max(needed - before, 0))
                self.warned.append(Warned(share, span.end if at is None else at))


def _spans(targets: TargetList, situations: Sequence[Situation], end: int) -> list[Span]:
    """Return the stretches of a clock's life up to a second; the last one may be empty."""
    found = [targets.target_for(situation.circumstances) for situation in situations]
    first = next((index for index, target in enumerate(found) if target is not None), 0)
    found[:first] = [found[first]] * first
    spans = list[Span]()
    start, stage, held = situations[0].at, situations[0].stage, found[0]
    for situation, target in zip(situations[1:], found[1:], strict=True):
        if situation.at > end:
            break
        if situation.stage is not stage or target is not held:
            spans.append(_span(start, situation.at, stage, held))
            start, stage, held = situation.at, situation.stage, target
    spans.append(_span(start, end, stage, held))
    return spans


def _span(start: int, end: int, stage: Stage, target: Target | None) -> Span:
    effect = _effect(stage, target)
    seconds = target.calendar.seconds(start, end) if effect is Effect.RUNS and target is not None else 0
    return Span(start, end, effect, stage, target, seconds)


def _effect(stage: Stage, target: Target | None) -> Effect:
    if stage.is_finished or stage is Stage.CANCELLED:
        return Effect.RESOLVED
    if target is None:
        return Effect.NO_TARGET
    return Effect.PAUSED if stage in target.pauses else Effect.RUNS


def _state(situations: Sequence[Situation], last: Span, end: int, *, is_stopped: bool) -> ClockState:
    if is_stopped:
        held = [situation.stage for situation in situations if situation.at <= end]
        return ClockState.CANCELLED if held and held[-1] is Stage.CANCELLED else ClockState.STOPPED
    if last.effect is not Effect.RUNS or last.target is None:
        return ClockState.PAUSED
    return ClockState.RUNNING if _is_open(last.target.calendar, end) else ClockState.CLOSED


def _is_open(calendar: Calendar, second: int) -> bool:
    return calendar.seconds(second, second + 1) == 1


def _due_at(tally: _Tally, last: Span, target: Target, end: int, *, is_stopped: bool) -> int | None:
    if tally.breached_at is not None:
        return tally.used_up_at
    if not is_stopped and last.effect is not Effect.RUNS:
        return None
    return target.calendar.after(end, max(target.within - tally.elapsed, 0))


def _end_of(situations: Sequence[Situation]) -> int | None:
    """Return when the incident was resolved for the last time, `None` while it is open."""
    end: int | None = None
    for situation in situations:
        if situation.stage.is_finished or situation.stage is Stage.CANCELLED:
            end = situation.at if end is None else end
        else:
            end = None
    return end


def _responded_at(life: Life, practice: Practice, situations: Iterable[Situation]) -> int | None:
    """Return when somebody first responded, by an event or by a stage that counts as a response."""
    staged = next((situation.at for situation in situations if situation.stage in practice.responses), None)
    accepted = life.accepted_at if Stage.IN_PROGRESS in practice.responses else None
    known = [at for at in (life.responded_at, accepted, staged) if at is not None]
    return min(known, default=None)


def _assignments(situations: Sequence[Situation]) -> Iterator[tuple[list[Situation], int | None]]:
    """Yield the situations in which each group had the incident without a break, and when that ended."""
    held = list[Situation]()
    for situation in situations:
        is_over = situation.stage.is_finished or situation.stage is Stage.CANCELLED
        if held and (is_over or situation.group != held[0].group):
            yield held, situation.at
            held = []
        if situation.group is not None and not is_over:
            held.append(situation)
    if held:
        yield held, None
