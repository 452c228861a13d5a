"""Usual rate: how many events of a group come in each hour of the week, from what came before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Moments = NDArray[np.float64]
"""Seconds since 1970-01-01 UTC, in order."""

HOURS_A_WEEK = 168
HOUR = 3600.0
_DAY, _WEEK = 24 * HOUR, HOURS_A_WEEK * HOUR
# 1970-01-01 was a Thursday: hours from Monday midnight to it
_OFFSET = 3 * 24


@dataclass(frozen=True, slots=True)
class UsualRateSettings:
    """How much a group has to come at a time of the week before that time is believed to differ."""

    # years change: older events say little of how many come today
    longest: float = 365 * _DAY
    # a rate from less than a day would take the first morning for the rule
    shortest: float = _DAY
    # a trend shows in two weeks; the higher of both rates counts, so that growth alone alarms nobody
    recent: float = 14 * _DAY
    # days of a flat profile that are added to each hour of the day, and to each day of the week
    flat_days: float = 2.0
    # weeks of the profile by day and hour that are added to each hour of the week
    smooth_weeks: float = 4.0
    # weeks of the profile of all events that are added to that of a group
    shared_weeks: float = 8.0
    # share of the average below which no hour goes: a night without events proves little
    least: float = 0.05
    # events that are added to those of a group: nothing is impossible because it never came
    unseen: float = 0.5


_SETTINGS = UsualRateSettings()


def hour_of_week(moments: Moments) -> NDArray[np.int64]:
    """Return the hour of the week of each moment, 0 for Monday from midnight to one o'clock (UTC)."""
    return ((moments // HOUR).astype(np.int64) + _OFFSET) % HOURS_A_WEEK


@dataclass(frozen=True, slots=True)
class WeeklyProfile:
    """How the events of a time are spread over the week: `factors` of shape (168,) with a mean of one.

    `weeks` is how often each hour of the week came, `since` and `until` the time itself.
    """

    factors: NDArray[np.float64]
    weeks: NDArray[np.float64]
    since: float
    until: float

    @property
    def hours(self) -> float:
        """Return how long the time is."""
        return (self.until - self.since) / HOUR


def weekly_profile(moments: Moments, until: float, settings: UsualRateSettings = _SETTINGS) -> WeeklyProfile:
    """Return the profile of the events before a moment.

    Each hour of the day and each day of the week is drawn towards the average, and their product is what an hour of the
    week is drawn towards, the more the fewer weeks there are.
    """
    since = max(until - settings.longest, float(moments[0]) if len(moments) else until)
    since = min(since, until - settings.shortest)
    inside = moments[np.searchsorted(moments, since) : np.searchsorted(moments, until)]
    weeks = _times_seen(since, until)
    counts = np.bincount(hour_of_week(inside), minlength=HOURS_A_WEEK).astype(np.float64)
    total = max(float(counts.sum()), settings.unseen)
    mean = total / weeks.sum()
    grid, seen = counts.reshape(7, 24), weeks.reshape(7, 24)
    by_hour = (grid.sum(axis=0) / mean + settings.flat_days) / (seen.sum(axis=0) + settings.flat_days)
    by_day = (grid.sum(axis=1) / mean + 24 * settings.flat_days) / (seen.sum(axis=1) + 24 * settings.flat_days)
    product = np.outer(by_day, by_hour).ravel()
    smooth = (counts / mean + settings.smooth_weeks * product) / (weeks + settings.smooth_weeks)
    factors = np.maximum(smooth, settings.least)
    return WeeklyProfile(factors * HOURS_A_WEEK / factors.sum(), weeks, since, until)


def _times_seen(since: float, until: float) -> NDArray[np.float64]:
    """Return how often each hour of the week lies between two moments, shape (168,)."""
    first, last = since / HOUR, until / HOUR
    whole = np.full(HOURS_A_WEEK, (last - first) // HOURS_A_WEEK)
    start = first + whole[0] * HOURS_A_WEEK
    edges = np.arange(np.floor(start), np.ceil(last) + 1)
    parts = np.minimum(edges[1:], last) - np.maximum(edges[:-1], start)
    np.add.at(whole, (edges[:-1].astype(np.int64) + _OFFSET) % HOURS_A_WEEK, np.maximum(parts, 0))
    return whole


def usual_per_hour(
    profile: WeeklyProfile, moments: Moments, settings: UsualRateSettings = _SETTINGS
) -> NDArray[np.float64]:
    """Return how many events of a group are usual in each hour of the week, shape (168,), given when they came.

    The group's own profile is drawn towards that of all events. Its level is the higher one of its average and of its
    last two weeks.
    """
    inside = moments[np.searchsorted(moments, profile.since) : np.searchsorted(moments, profile.until)]
    long = (len(inside) + settings.unseen) / profile.hours
    span = min(settings.recent, profile.until - profile.since)
    recent = (len(inside) - int(np.searchsorted(inside, profile.until - span))) / (span / HOUR)
    counts = np.bincount(hour_of_week(inside), minlength=HOURS_A_WEEK)
    own = (counts + settings.shared_weeks * long * profile.factors) / (profile.weeks + settings.shared_weeks)
    level = max(long, recent)
    usual: NDArray[np.float64] = own * (level * HOURS_A_WEEK / own.sum())
    return usual


def dispersion(profile: WeeklyProfile, moments: Moments, per_hour: NDArray[np.float64], *, cap: float = 4.0) -> float:
    """Return how much more the counts of an hour vary than those of a Poisson process: 1 or more (Pearson).

    An hour counts as at most `cap` standard deviations from what is usual, so that a past outage does not make every
    other one usual.
    """
    inside = moments[np.searchsorted(moments, profile.since) : np.searchsorted(moments, profile.until)]
    first = int(profile.since // HOUR)
    hours = max(1, int(profile.hours))
    counts = np.bincount((inside // HOUR).astype(np.int64) - first, minlength=hours)[:hours]
    expected = per_hour[(np.arange(first, first + hours) + _OFFSET) % HOURS_A_WEEK]
    expected = expected * (max(len(inside), 1) / max(float(expected.sum()), 1e-9))
    squares = np.minimum((counts - expected) ** 2 / expected, cap**2)
    # hours in which next to nothing is expected say nothing, and their few events much
    weights = np.minimum(expected, 1.0)
    return float(max(1.0, (squares * weights).sum() / max(float(weights.sum()), 1e-9)))
