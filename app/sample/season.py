"""Seasons of the sample desk, in which some issues come more often, and outages of which many call."""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.sample.issue import Issue, read_yaml

DAYS = 365
"""Days of history before the day of the start."""
# calls by hour of the day: a morning peak, a dip at noon, few at night
_HOURS = [1] * 6 + [3, 8, 14, 14, 12, 9, 6, 9, 10, 9, 7, 4, 2] + [1] * 5
# share of a weekend's calls that come on Monday instead: warehouses work on weekends, offices do not
_MOVED_TO_MONDAY = 0.8


@dataclass(frozen=True, slots=True)
class Season:
    """A time of the year, or the last days of each month, in which issues come so many times as often."""

    name: str
    issues: Mapping[str, float]
    begin: str = "01-01"
    end: str = "12-31"
    last_days: int | None = None

    def holds(self, day: date) -> bool:
        """Return whether a day is in it."""
        if self.last_days is not None:
            return day.day > monthrange(day.year, day.month)[1] - self.last_days
        return self.begin <= f"{day:%m-%d}" <= self.end


@dataclass(frozen=True, slots=True)
class Outage:
    """A day on which one thing failed for many: a past major incident."""

    major: str
    issue: str
    days_ago: int
    begins: str
    minutes: int
    callers: int
    say: Sequence[str]
    note: str

    def moments(self, chance: random.Random, today: date) -> list[datetime]:
        """Return when its callers call, in order."""
        begin = datetime.combine(today - timedelta(days=self.days_ago), time.fromisoformat(self.begins), tzinfo=UTC)
        return sorted(begin + timedelta(minutes=chance.randrange(self.minutes)) for _ in range(self.callers))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The seasons and outages of the year before `today`."""

    today: date
    seasons: Sequence[Season]
    outages: Sequence[Outage]

    @classmethod
    def before(cls, today: date) -> Calendar:
        """Return the calendar of seasons.yaml."""
        content: dict[str, list[dict[str, Any]]] = read_yaml("seasons")
        return cls(
            today,
            [Season(**entry) for entry in content["seasons"]],
            [Outage(**entry) for entry in content["outages"]],
        )

    def moments(self, chance: random.Random, count: int) -> list[datetime]:
        """Return as many moments of the year before today, in order: mostly office hours, few on weekends."""
        first = self.today - timedelta(days=DAYS)
        return sorted(self._moment(chance, first + timedelta(days=chance.randrange(DAYS))) for _ in range(count))

    def weights(self, issues: Sequence[Issue], day: date) -> list[float]:
        """Return how often each issue comes on a day."""
        passed = DAYS - (self.today - day).days
        current = [season for season in self.seasons if season.holds(day)]
        weights = list[float]()
        for issue in issues:
            weight = float(issue.weight) if issue.last_day is None or passed <= issue.last_day else 0.0
            for season in current:
                weight *= season.issues.get(issue.id, 1.0)
            weights.append(weight)
        return weights

    def _moment(self, chance: random.Random, day: date) -> datetime:
        monday = day + timedelta(days=7 - day.weekday())
        if day.weekday() >= 5 and monday < self.today and chance.random() < _MOVED_TO_MONDAY:
            day = monday
        hour = chance.choices(range(24), _HOURS)[0]
        return datetime(day.year, day.month, day.day, hour, chance.randrange(60), chance.randrange(60), tzinfo=UTC)
