"""The clock worked out second by second, without any of the product's arithmetic, to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kb.practice.zones import zone_named
from kb.vocabulary.stage import Stage

MINUTE = 60


@dataclass(frozen=True)
class PlainCalendar:
    """Hours as pairs of minutes by weekday, and days that differ."""

    zone: str
    hours: Sequence[Sequence[tuple[int, int]]]
    days: Mapping[date, Sequence[tuple[int, int]]]

    def open_seconds(self, start: int, end: int) -> NDArray[np.bool_]:
        """Whether each second from `start` to `end`, both whole minutes, is within the hours."""
        days, minutes = _on_the_wall(self.zone, start, end)
        found = np.zeros(len(days), dtype=bool)
        for ordinal in range(int(days.min()) - 1, int(days.max()) + 1):
            day = date.fromordinal(ordinal)
            for begin, stop in self.days.get(day, self.hours[day.weekday()]):
                found |= (days == ordinal) & (begin <= minutes) & (minutes < stop)
                found |= (days == ordinal + 1) & (begin <= minutes + 1440) & (minutes + 1440 < stop)
        return np.repeat(found, MINUTE)


@lru_cache(maxsize=64)
def _on_the_wall(zone: str, start: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The day and the minute of the day that a clock in a zone shows in each minute from `start` to `end`."""
    shown = [datetime.fromtimestamp(at, UTC).astimezone(zone_named(zone)) for at in range(start, end, MINUTE)]
    return np.array([one.toordinal() for one in shown]), np.array([one.hour * 60 + one.minute for one in shown])


@dataclass(frozen=True)
class PlainTarget:
    calendar: str
    within: int
    pauses: frozenset[Stage]


@dataclass(frozen=True)
class Verdict:
    elapsed: int
    breached_at: int | None
    is_stopped: bool


def reference(
    states: Sequence[tuple[int, Stage, PlainTarget]],
    opened: Mapping[str, NDArray[np.bool_]],
    *,
    begin: int,
    now: int,
) -> Verdict:
    """Go through every second of a resolution clock; `opened` is by calendar, from the second `begin` on.

    A second counts where the calendar is open and the stage neither pauses nor is the end. The target is breached in
    the first second that counts while more has passed than it allows; a target that allows more takes that back.
    """
    last = states[-1][1]
    end = now
    if last in {Stage.RESOLVED, Stage.CLOSED, Stage.CANCELLED}:
        end = next(
            at
            for index, (at, stage, _) in enumerate(states)
            if all(later in {Stage.RESOLVED, Stage.CLOSED, Stage.CANCELLED} for _, later, _ in states[index:])
        )
    elapsed, breached_at = 0, None
    for index, (at, stage, target) in enumerate(states):
        until = min(states[index + 1][0], end) if index + 1 < len(states) else end
        if at > end:
            break
        if elapsed <= target.within:
            breached_at = None
        stands = stage in target.pauses or stage in {Stage.RESOLVED, Stage.CLOSED, Stage.CANCELLED}
        if stands or until <= at:
            continue
        counted = np.flatnonzero(opened[target.calendar][at - begin : until - begin]) + at
        over = target.within - elapsed
        if breached_at is None and len(counted) > max(over, 0):
            breached_at = int(counted[max(over, 0)])
        elapsed += len(counted)
    return Verdict(elapsed, breached_at, end < now or last in {Stage.RESOLVED, Stage.CLOSED, Stage.CANCELLED})
