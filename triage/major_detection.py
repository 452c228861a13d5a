"""Detection of major incidents: whether a report makes one of its groups come more often than usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kb.records.major_incident import FALSE_ALARMS_PER_WEEK, LEAST_CALLERS
from models.burst_chance import least_score
from models.bursts import Burst, strongest_burst
from models.encoder import Vectors
from models.usual_rate import (
    HOUR,
    Moments,
    WeeklyProfile,
    dispersion,
    hour_of_week,
    usual_per_hour,
    weekly_profile,
)

STEP = 300.0
"""Seconds of a step in which reports are counted."""
GROUPED = ("service", "configuration_item", "assignment_group", "category")
"""Fields whose values make groups of reports."""
NOBODY = -1
"""Code of a caller whom nobody knows."""
_WEEK_HOURS = 168


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """When reports make a major incident; `false_alarms` is how many proposals without cause a week may bring."""

    false_alarms: float = FALSE_ALARMS_PER_WEEK
    least_callers: int = LEAST_CALLERS
    # cosines from which reports say the same: a narrow storm is told from its surroundings, a wide one is found at all
    radii: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8)
    # share of the false alarms that groups by meaning may raise; those by field share the rest
    by_meaning: float = 0.5
    # no outage is slower than this and still one that people report as such
    horizon: float = 4 * HOUR


class Past(Protocol):
    """The reports before a moment, from which what is usual is estimated; moments are in order."""

    def moments(self) -> Moments:
        """Return when all of them were logged."""
        ...

    def moments_of(self, name: str, value: str) -> Moments:
        """Return when those with this value of a field were logged, repeats of a caller left out."""
        ...

    def values(self, name: str) -> int:
        """Return how many different values of a field they have."""
        ...

    def alike(self, vector: Vectors, least: float) -> tuple[NDArray[np.float32], Moments]:
        """Return the cosines of at least `least` with a text's vector, and when those reports were logged."""
        ...


@dataclass(frozen=True, slots=True)
class RecentReports:
    """The last reports in the order of their logging: vectors of shape (n, dimension), the rest of shape (n,).

    `callers` are codes of whoever called, NOBODY where that is not known; `values` has for each field in GROUPED the
    values, an empty text where there is none. `counted` says which reports speak for something new: not those of known
    major incidents, and not those of maintenance.
    """

    moments: Moments
    vectors: Vectors
    callers: NDArray[np.int64]
    values: Mapping[str, NDArray[np.object_]]
    counted: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Group:
    """What a group of reports shares: the value of a field, or a cosine of at least `radius` with the last of them."""

    field: str | None = None
    value: str | None = None
    radius: float | None = None


@dataclass(frozen=True, slots=True)
class Margins:
    """By how much groups that share the value of a field, and groups by meaning, have to exceed what chance allows."""

    by_field: float = 0.0
    by_meaning: float = 0.0

    def beyond(self, unusual: UnusualReports) -> float:
        """Return by how much a group exceeds its margin."""
        return unusual.excess - (self.by_meaning if unusual.group.field is None else self.by_field)

    def most_unusual(self, found: Sequence[UnusualReports]) -> UnusualReports | None:
        """Return the most unusual group of those that exceed their margin, `None` where none does."""
        return max((one for one in found if self.beyond(one) > 0), key=lambda one: one.excess, default=None)


@dataclass(frozen=True, slots=True)
class UnusualReports:
    """Reports that are unusual: their `rows`, the earliest first, and the burst that they make.

    `excess` says by how much its score is above what chance allows; real reports come in clumps, so that it has to be
    above a margin too (triage/major_margin.py). `per_hour` is what is usual in each hour of the week.
    """

    group: Group
    rows: tuple[int, ...]
    burst: Burst
    excess: float
    per_hour: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual, from the reports before a moment: the profile of the week, and each group's part of it.

    `weekly` is how many reports come in a week, `alarms` how many false alarms a week each group by field may raise.
    """

    past: Past
    profile: WeeklyProfile
    weekly: float
    alarms: float
    groups: dict[tuple[str, str], tuple[NDArray[np.float64], float]] = field(default_factory=dict)

    def group(self, name: str, value: str) -> tuple[NDArray[np.float64], float]:
        """Return how many reports with a value are usual in each hour of the week, and how much their counts vary."""
        if (name, value) not in self.groups:
            moments = self.past.moments_of(name, value)
            per_hour = usual_per_hour(self.profile, moments)
            self.groups[name, value] = per_hour, dispersion(self.profile, moments, per_hour)
        return self.groups[name, value]


def usual_before(past: Past, until: float, settings: DetectionSettings) -> Usual:
    """Return what is usual by the reports before a moment."""
    moments = past.moments()
    profile = weekly_profile(moments, until)
    inside = int(np.searchsorted(moments, until) - np.searchsorted(moments, profile.since))
    groups = sum(past.values(name) for name in GROUPED)
    share = settings.false_alarms * (1 - settings.by_meaning) / max(1, groups)
    return Usual(past, profile, max(1.0, inside * _WEEK_HOURS / profile.hours), share)


class MajorDetector:
    """Tests whether a report makes one of its groups unusual."""

    def __init__(self, settings: DetectionSettings) -> None:
        self.settings = settings
        self._steps = round(settings.horizon / STEP)

    def examine(self, reports: RecentReports, row: int, usual: Usual) -> Sequence[UnusualReports]:
        """Return the groups that a report completes and that are unusual."""
        now = float(reports.moments[row])
        first = int(np.searchsorted(reports.moments, now - self.settings.horizon))
        recent = first + np.flatnonzero(reports.counted[first : row + 1])
        if len(recent) < self.settings.least_callers or not reports.counted[row]:
            return ()
        return [*self._by_field(reports, row, usual, recent), *self._by_meaning(reports, row, usual, recent)]

    def _by_field(
        self, reports: RecentReports, row: int, usual: Usual, recent: NDArray[np.int64]
    ) -> Sequence[UnusualReports]:
        found = list[UnusualReports]()
        for name, values in reports.values.items():
            value = str(values[row])
            members = recent[values[recent] == value]
            if not value or self._callers(reports, members) < self.settings.least_callers:
                continue
            per_hour, spread = usual.group(name, value)
            chance = usual.alarms / max(float(per_hour.sum()), 1.0)
            unusual = self._test(reports, Group(name, value), members, per_hour, spread=spread, chance=chance)
            found += [] if unusual is None else [unusual]
        return found

    def _by_meaning(
        self, reports: RecentReports, row: int, usual: Usual, recent: NDArray[np.int64]
    ) -> Sequence[UnusualReports]:
        settings = self.settings
        near = reports.vectors[recent] @ reports.vectors[row]
        widest = settings.radii[0]
        if self._callers(reports, recent[near >= widest]) < settings.least_callers:
            return []
        cosines, moments = usual.past.alike(reports.vectors[row], widest)
        chance = settings.false_alarms * settings.by_meaning / usual.weekly / len(settings.radii)
        found = list[UnusualReports]()
        for radius in settings.radii:
            members = recent[near >= radius]
            if self._callers(reports, members) < settings.least_callers:
                break
            per_hour = usual_per_hour(usual.profile, moments[cosines >= radius])
            unusual = self._test(reports, Group(radius=radius), members, per_hour, spread=1.0, chance=chance)
            found += [] if unusual is None else [unusual]
        return found

    def _test(
        self,
        reports: RecentReports,
        group: Group,
        members: NDArray[np.int64],
        per_hour: NDArray[np.float64],
        *,
        spread: float,
        chance: float,
    ) -> UnusualReports | None:
        """Return the members of a window in which they come more often than chance allows, each caller counted once."""
        now = float(reports.moments[members[-1]])
        ages = np.minimum((now - reports.moments[members]) // STEP, self._steps - 1).astype(np.int64)
        counts = np.bincount(ages[self._first_calls(reports, members)], minlength=self._steps)[::-1]
        middles = now - STEP * (np.arange(self._steps, dtype=np.float64)[::-1] + 0.5)
        expected = (per_hour[hour_of_week(middles)] * (STEP / HOUR)).tolist()
        burst = strongest_burst(counts.tolist(), expected)
        if burst.observed < self.settings.least_callers:
            return None
        excess = burst.score - least_score(expected, spread, chance)
        if excess <= 0:
            return None
        return UnusualReports(group, tuple(members[ages < burst.steps].tolist()), burst, excess, per_hour)

    def _callers(self, reports: RecentReports, members: NDArray[np.int64]) -> int:
        return int(self._first_calls(reports, members).sum())

    def _first_calls(self, reports: RecentReports, members: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which members are the first call of somebody; who is not known counts each time."""
        callers = reports.callers[members]
        first = np.zeros(len(members), dtype=bool)
        first[np.unique(callers, return_index=True)[1]] = True
        return np.asarray(first | (callers == NOBODY))
