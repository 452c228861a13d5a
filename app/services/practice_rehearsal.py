"""Practice rehearsal: another practice tried on the incidents of a period, before it is switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import numpy as np

from app.composition import Services
from kb.practice.board import BoardRules
from kb.practice.calendar import LATEST, second_of
from kb.practice.clock import Clock, clocks_of
from kb.practice.life import life_of
from kb.practice.practice import Practice
from kb.practice.rehearsal import Rehearsal
from kb.records.clock_state import Measure
from kb.service.board_rehearsal import BoardRehearsal, LimitDifference
from kb.service.notification_rehearsal import Course, NotificationRehearsal, Told, thresholds
from models.breach_model import Features
from triage.breach_course import BreachCourse, GroupLoads, Seconds, breach_course, shares_used
from triage.breach_forecast import LearntBreaches

# Events of so many incidents are read at a time.
_BATCH = 1000
# So many hours of incidents are forecast at a time, which fit into the processor's cache: ten times as many took 1.4
# times as long.
_FORECAST_AT_ONCE = 10_000
_EVER = datetime(1, 1, 2, tzinfo=UTC)
_NEVER: Seconds = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class PracticeRehearsal:
    """What another practice changes about clocks, whom people would have been told of them, and limits of the board.

    `lacks_forecasts` says that rules tell of forecasts and that nothing was learnt yet to make them.
    """

    clocks: Rehearsal
    notifications: NotificationRehearsal
    limits: list[LimitDifference]
    lacks_forecasts: bool = False


@dataclass(frozen=True, slots=True)
class _Tried:
    """An incident of the past with its clocks under the practice in force and under the other one."""

    told: Told
    before: Sequence[Clock]
    after: Sequence[Clock]


def rehearse_practice(
    services: Services,
    practice: Practice,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    advance: Callable[[int], None] = lambda _: None,
) -> PracticeRehearsal:
    """Compare a practice with the one in force on the incidents that were logged from `since` to before `until`.

    Breaches are forecast by what is learnt now, at each change of an incident and at each full hour.
    """
    before, second = services.practice.practice(), second_of(now)
    plans = before.notifications, practice.notifications
    wanted = thresholds(plans[0]) | thresholds(plans[1])
    learnt = services.breaches.learnt() if wanted else None
    forecasts = None if learnt is None else _Forecasts(learnt, _loads(services), (before, practice), sorted(wanted))
    board = _board(services, before.board, practice.board, since)
    clocks, notifications = Rehearsal(), NotificationRehearsal(*plans)
    for batch in _history(services, since, until):
        tried = [_tried(told, before, practice, second) for told in batch]
        courses = _unforeseen(tried) if forecasts is None else forecasts.courses(tried)
        for one, (old, new) in zip(tried, courses, strict=True):
            clocks.add(one.told.incident.number, one.before, one.after)
            notifications.add(one.told, old, new, second)
            if board is not None:
                board.add(one.told.incident, one.told.events)
        advance(len(batch))
    limits = [] if board is None else board.differences(since, until)
    return PracticeRehearsal(clocks, notifications, limits, bool(wanted) and learnt is None)


def _history(services: Services, since: datetime, until: datetime) -> Iterator[list[Told]]:
    logged = services.store.logged_between(since, until)
    while batch := list(islice(logged, _BATCH)):
        events = services.store.events.of_each(incident.number for incident in batch)
        yield [
            Told(incident, told, life_of(incident, told)) for incident in batch for told in [events[incident.number]]
        ]


def _board(services: Services, before: BoardRules, after: BoardRules, since: datetime) -> BoardRehearsal | None:
    """Return a board with the incidents that were logged before a moment, `None` where limits stay as they are."""
    if before == after or not (before.is_limited or after.is_limited):
        return None
    board = BoardRehearsal(before, after)
    for batch in _history(services, _EVER, since):
        for told in batch:
            board.add(told.incident, told.events)
    return board


def _tried(told: Told, before: Practice, after: Practice, second: int) -> _Tried:
    clocks = clocks_of(told.life, before, second)
    is_same = before.clocks_digest == after.clocks_digest
    return _Tried(told, clocks, clocks if is_same else clocks_of(told.life, after, second))


def _loads(services: Services) -> GroupLoads:
    return GroupLoads(
        (group, second_of(start), None if end is None else second_of(end))
        for group, start, end in services.store.spells()
    )


def _unforeseen(tried: Sequence[_Tried]) -> Iterator[tuple[Course, Course]]:
    return ((Course(one.before), Course(one.after)) for one in tried)


class _Forecasts:
    """Forecasts of breaches under two practices."""

    def __init__(
        self,
        learnt: LearntBreaches,
        loads: GroupLoads,
        practices: tuple[Practice, Practice],
        wanted: Sequence[float],
    ) -> None:
        self._learnt = learnt
        self._loads = loads
        self._practices = practices
        self._wanted = wanted

    def courses(self, tried: Sequence[_Tried]) -> Iterator[tuple[Course, Course]]:
        """Yield what both practices make of each incident."""
        held, rows = list[tuple[_Tried, BreachCourse | None]](), 0
        for one in tried:
            course = self._course(one)
            rows += 0 if course is None else len(course.seconds)
            held.append((one, course))
            if rows > _FORECAST_AT_ONCE:
                yield from self._forecast(held)
                held, rows = [], 0
        yield from self._forecast(held)

    def _course(self, one: _Tried) -> BreachCourse | None:
        """Return an incident until its resolution cannot be breached any more, `None` where it never could."""
        clocks = (_resolution(one.before), _resolution(one.after))
        ends = [clock.breached_at or clock.spans[-1].end for clock in clocks if clock is not None and clock.spans]
        if not ends:
            return None
        return breach_course(one.told.incident, one.told.life, max(ends), self._learnt.rates, self._loads)

    def _forecast(self, held: Sequence[tuple[_Tried, BreachCourse | None]]) -> Iterator[tuple[Course, Course]]:
        before = self._likely(self._practices[0], [(one.told, one.before, course) for one, course in held])
        is_same = [_resolution(one.before) == _resolution(one.after) for one, _ in held]
        others = [pair for pair, same in zip(held, is_same, strict=True) if not same]
        after = iter(self._likely(self._practices[1], [(one.told, one.after, course) for one, course in others]))
        for (one, _), old, same in zip(held, before, is_same, strict=True):
            yield Course(one.before, old), Course(one.after, old if same else next(after))

    def _likely(
        self, practice: Practice, held: Sequence[tuple[Told, Sequence[Clock], BreachCourse | None]]
    ) -> list[dict[float, int]]:
        """Return for each incident when a breach was first as probable as each threshold."""
        seconds, features = list[Seconds](), list[Features]()
        for told, clocks, course in held:
            clock = _resolution(clocks)
            if course is None or clock is None:
                seconds.append(_NEVER)
                continue
            used = shares_used(clock, course.seconds)
            used[course.seconds < _promised_at(told, practice)] = np.nan
            is_watched = ~np.isnan(used)
            seconds.append(course.seconds[is_watched])
            features.append(course.with_used(used, is_watched))
        ends = np.cumsum([len(some) for some in seconds])
        if not seconds or not ends[-1]:
            return [{} for _ in held]
        probabilities = self._learnt.probabilities(np.concatenate(features))
        return [
            {above: int(some[place]) for above in self._wanted for place in np.flatnonzero(likely >= above)[:1]}
            for some, likely in zip(seconds, np.split(probabilities, ends[:-1]), strict=True)
        ]


def _resolution(clocks: Sequence[Clock]) -> Clock | None:
    return next((one for one in clocks if one.measure is Measure.RESOLUTION), None)


def _promised_at(told: Told, practice: Practice) -> int:
    """Return the second from which on a target of resolution was known to match."""
    targets = practice.targets[Measure.RESOLUTION]
    matching = (one.at for one in told.life.situations if targets.target_for(one.circumstances) is not None)
    return next(matching, LATEST)
