"""Margin: by how much a burst has to exceed what chance allows, from the clumps in which past reports came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.usual_rate import HOUR
from triage.major_detection import (
    GROUPED,
    DetectionSettings,
    Group,
    MajorDetector,
    Margins,
    RecentReports,
    UnusualReports,
    Usual,
    usual_before,
)
from triage.major_history import TablePast
from triage.major_members import RunningMajor, joined_major

_WEEK = 168 * HOUR
_ESTIMATED_FOR = HOUR
# by then it is clear whether a clump was a major incident
_DECIDED_AFTER = 12 * HOUR


@dataclass(frozen=True, slots=True)
class MarginSettings:
    """How the margin follows from past clumps; experiment 024."""

    # the margin where reports come one by one, or the history is short: what chance allows is simulated
    least: float = 5.0
    # that of groups by field, once a history was read: how much their counts vary is in what chance allows
    least_by_field: float = 0.0
    # share of the budget that they may use: with half of it a middling group is found hardly earlier
    by_field: float = 0.25
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
UNLEARNT = Margins(by_field=MARGIN.least, by_meaning=MARGIN.least)
"""The margins where no history was read, or a short one."""
_READ_FROM = Margins(by_field=MARGIN.least_by_field, by_meaning=MARGIN.least)


@dataclass(frozen=True, slots=True)
class Clump:
    """Reports that came together more often than chance allows: when the first came, and the highest excess.

    `peak` is that of groups by meaning, `by_field` that of groups that share the value of a field.
    """

    begun: float
    peak: float
    by_field: float = 0.0


def learnt_margins(clumps: Sequence[Clump], *, since: float, until: float, budget: float) -> Margins:
    """Return the excesses that clumps between two moments exceed so many times a week, as far as they have bounds."""
    since = max(since, until - MARGIN.longest)
    if until - since < MARGIN.shortest:
        return UNLEARNT
    weeks, counted = (until - since) / _WEEK, [one for one in clumps if one.begun >= since]
    by_field = budget * MARGIN.by_field * weeks
    return Margins(
        by_field=_margin([one.by_field for one in counted], by_field, MARGIN.least_by_field),
        by_meaning=_margin([one.peak for one in counted], budget * weeks - by_field, MARGIN.least),
    )


def _margin(excesses: Sequence[float], allowed: float, least: float) -> float:
    """Return what no more of the excesses exceed than are allowed.

    Where fewer than three are allowed, the excess beyond the highest ones is taken to decrease exponentially (peaks
    over threshold: Davison and Smith 1990).
    """
    peaks = sorted((one for one in excesses if one > least), reverse=True)
    if len(peaks) <= allowed:
        return least
    if allowed >= MARGIN.ranked:
        found = peaks[int(allowed)]
    else:
        count = min(MARGIN.tail, len(peaks) - 1)
        start, count = (peaks[count], count) if count else (least, 1)
        mean = max(sum(peaks[:count]) / count - start, 1.0)
        found = start + mean * math.log(max(count / allowed, 1.0))
    return min(max(found, least), MARGIN.most)


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
        found = self._detector.examine(reports, row, self._usual_at(now))
        unusual = [one for one in found if _READ_FROM.beyond(one) > 0]
        if not unusual:
            return
        self._running = [one for one in self._running if one[0].last >= now - self._detector.settings.horizon]
        clump = self._running_clump(row, unusual)
        if clump is None:
            most = max(unusual, key=lambda one: one.excess)
            clump = RunningMajor(str(row), Group(most.group.field, most.group.value), now), len(self.clumps)
            for member in most.rows:
                clump[0].add(reports.vectors[member], float(reports.moments[member]))
            self._running.append(clump)
            self.clumps.append(Clump(float(reports.moments[most.rows[0]]), 0.0))
        else:
            clump[0].add(reports.vectors[row], now)
        known = self.clumps[clump[1]]
        for one in unusual:
            if one.group.field is None:
                known = replace(known, peak=max(known.peak, one.excess))
            else:
                known = replace(known, by_field=max(known.by_field, one.excess))
        self.clumps[clump[1]] = known

    def _running_clump(self, row: int, unusual: Sequence[UnusualReports]) -> tuple[RunningMajor, int] | None:
        """Return the clump that a report belongs to and its place: one like it, or one of an unusual group by field."""
        reports = self._reports
        values = {name: str(reports.values[name][row]) for name in GROUPED}
        majors = [major for major, _ in self._running]
        joined = joined_major(majors, reports.vectors[row], values, float(reports.moments[row]))
        groups = {(one.group.field, one.group.value) for one in unusual if one.group.field is not None}
        for major, place in self._running:
            if major is joined or (joined is None and (major.group.field, major.group.value) in groups):
                return major, place
        return None

    def _usual_at(self, now: float) -> Usual:
        if self._usual is None or now > self._usual[1] + _ESTIMATED_FOR:
            until = now - self._detector.settings.horizon
            past = TablePast(self._reports, until, self._left_out)
            self._usual = usual_before(past, until, self._detector.settings), now
        return self._usual[0]


class MarginLog:
    """The margins at each moment, from the clumps of a log that were over by then; moments never go back."""

    def __init__(self, log: ClumpLog, budget: float) -> None:
        self._log = log
        self._budget = budget

    def __call__(self, now: float) -> Margins:
        """Return the margins at a moment."""
        decided = now - _DECIDED_AFTER
        self._log.read_until(decided)
        return learnt_margins(self._log.clumps, since=self._log.since, until=decided, budget=self._budget)
