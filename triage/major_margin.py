"""Margin: by how much a burst has to exceed what chance allows, from the clumps in which past reports came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.usual_rate import HOUR
from triage.major_detection import GROUPED, DetectionSettings, Group, MajorDetector, RecentReports, Usual, usual_before
from triage.major_history import TablePast
from triage.major_members import RunningMajor, joined_major

_WEEK = 168 * HOUR
_ESTIMATED_FOR = HOUR


@dataclass(frozen=True, slots=True)
class MarginSettings:
    """How the margin follows from past clumps; docs/experiments/024."""

    # the margin of a desk whose reports come one by one, or whose history is short: what chance allows is simulated
    least: float = 5.0
    # with more, fewer than half of the planted storms are found by the sixth report, however large past clumps were
    most: float = 12.0
    # in the first days of a history everything is new
    warm_up: float = 48 * HOUR
    # shorter histories say nothing of what happens once a week
    shortest: float = 96 * HOUR
    # older clumps say little of how reports come today
    longest: float = 8 * _WEEK
    # newest reports that are read: bounds the time that learning takes
    reports: int = 8_000
    # clumps that the budget has to allow for their rank to say the margin; with fewer the tail is continued
    ranked: int = 3
    # highest clumps from which the decrease of the tail is estimated
    tail: int = 10


MARGIN = MarginSettings()


@dataclass(frozen=True, slots=True)
class Clump:
    """Reports that came together more often than chance allows: when the first came, and the highest excess."""

    begun: float
    peak: float


def margin(clumps: Sequence[Clump], *, since: float, until: float, budget: float) -> float:
    """Return the excess that the clumps between two moments exceed so many times a week, as far as it has bounds.

    Where the budget allows fewer than three of them, the excess beyond the highest ones is taken to decrease
    exponentially (peaks over threshold: Davison and Smith 1990).
    """
    since = max(since, until - MARGIN.longest)
    if until - since < MARGIN.shortest:
        return MARGIN.least
    peaks = sorted((one.peak for one in clumps if one.begun >= since), reverse=True)
    allowed = budget * (until - since) / _WEEK
    if len(peaks) <= allowed:
        return MARGIN.least
    if allowed >= MARGIN.ranked:
        found = peaks[int(allowed)]
    else:
        count = min(MARGIN.tail, len(peaks) - 1)
        start, count = (peaks[count], count) if count else (MARGIN.least, 1)
        mean = max(sum(peaks[:count]) / count - start, 1.0)
        found = start + mean * math.log(max(count / allowed, 1.0))
    return min(max(found, MARGIN.least), MARGIN.most)


class ClumpLog:
    """The clumps of a table of reports, read in the order of their logging.

    Reports of `left_out`, those of known major incidents, make no clump. A clump is not absorbed when it is unusual
    enough to be proposed, so that its peak says which margin would have passed over it.
    """

    def __init__(self, reports: RecentReports, left_out: NDArray[np.bool_], settings: DetectionSettings) -> None:
        self._detector = MajorDetector(settings)
        self._reports = replace(reports, counted=reports.counted & ~left_out)
        self._left_out = left_out
        self._row = 0
        self.since = 0.0
        self._running = list[tuple[RunningMajor, int]]()
        self._usual: tuple[Usual, float] | None = None
        self.clumps = list[Clump]()

    def begin(self, until: float) -> None:
        """Begin as early as matters for the margin at a moment."""
        moments = self._reports.moments
        last = int(np.searchsorted(moments, until))
        begun = float(moments[0]) + MARGIN.warm_up if len(moments) else until
        newest = float(moments[max(0, last - MARGIN.reports)]) if len(moments) else until
        self.since = max(begun, newest, until - MARGIN.longest)
        self._row = int(np.searchsorted(moments, self.since))

    def read_until(self, moment: float) -> None:
        """Read the reports that were logged before a moment."""
        last = int(np.searchsorted(self._reports.moments, moment))
        for row in range(self._row, last):
            if self._reports.counted[row]:
                self._read(row)
        self._row = max(self._row, last)

    def _read(self, row: int) -> None:
        reports, now = self._reports, float(self._reports.moments[row])
        unusual = self._detector.examine(reports, row, self._usual_at(now))
        if unusual is None or unusual.excess <= MARGIN.least:
            return
        values = {name: str(reports.values[name][row]) for name in GROUPED}
        self._running = [one for one in self._running if one[0].last >= now - self._detector.settings.horizon]
        joined = joined_major([major for major, _ in self._running], reports.vectors[row], values, now)
        if joined is None:
            major = RunningMajor(str(row), Group(unusual.group.field, unusual.group.value), now)
            for member in unusual.rows:
                major.add(reports.vectors[member], float(reports.moments[member]))
            self._running.append((major, len(self.clumps)))
            self.clumps.append(Clump(float(reports.moments[unusual.rows[0]]), unusual.excess))
            return
        joined.add(reports.vectors[row], now)
        place = next(place for major, place in self._running if major is joined)
        self.clumps[place] = replace(self.clumps[place], peak=max(self.clumps[place].peak, unusual.excess))

    def _usual_at(self, now: float) -> Usual:
        if self._usual is None or now > self._usual[1] + _ESTIMATED_FOR:
            until = now - self._detector.settings.horizon
            past = TablePast(self._reports, until, self._left_out)
            self._usual = usual_before(past, until, self._detector.settings), now
        return self._usual[0]
