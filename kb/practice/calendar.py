"""Calendars: when an organisation works, in its own time zone, as intervals in UTC.

An instant is within the hours where the clock on the wall there shows a time of the day's hours. A shift over midnight
belongs to the day on which it begins. An hour that the clock skips in spring is no time of work; an hour that it shows
twice in autumn is, twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import holidays

from kb.practice.wording import Hours, YearlyDay

Interval = tuple[int, int]
"""From and to a second after 1970-01-01 in UTC, the end not included."""

_DAY = 86_400
_HOUR = 3_600
_EPOCH = date(1970, 1, 1).toordinal()
# Openings are worked out for four weeks at a time: a clock seldom runs over more than two of these.
_BLOCK = 28 * _DAY
# A calendar that does not open within so many blocks, five years, does not open.
_MOST_BLOCKS = 66
EARLIEST = 0
LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
"""Moments outside of these count as the nearer one: no ticket tool is older, no promise lasts longer."""


def second_of(moment: datetime) -> int:
    """Return the whole second of a moment, within `EARLIEST` and `LATEST`."""
    return min(max(int(moment.timestamp() // 1), EARLIEST), LATEST)


def moment_of(second: int) -> datetime:
    """Return the moment of a second, in UTC."""
    return datetime.fromtimestamp(second, UTC)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day with hours of its own, such as a company's closing days or half days."""

    name: str
    hours: Hours = ()


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The public holidays of a country, or of a region of it, by their codes in `holidays`."""

    country: str
    region: str | None = None

    def of(self, year: int) -> Mapping[date, str]:
        """Return the holidays of a year with their names."""
        return _public_holidays(self.country, self.region, year)


@lru_cache(maxsize=4096)
def _public_holidays(country: str, region: str | None, year: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays(country, subdiv=region, years=year))


@dataclass(frozen=True, slots=True)
class _Block:
    """The openings of four weeks, and the seconds open before each of them and in all."""

    starts: list[int]
    ends: list[int]
    before: list[int]

    def open_until(self, second: int) -> int:
        """Return the seconds open from the block's beginning to a second in it."""
        index = bisect_right(self.starts, second) - 1
        return 0 if index < 0 else self.before[index] + min(second, self.ends[index]) - self.starts[index]


@dataclass(frozen=True)
class Calendar:
    """The hours of an organisation: `hours` by weekday from Monday, then days that differ.

    A special day of one year goes before one of every year, and that before a public holiday.
    """

    name: str
    zone: ZoneInfo
    hours: tuple[Hours, ...]
    public: PublicHolidays | None = None
    special: Mapping[date, SpecialDay] = field(default_factory=dict)
    yearly: Mapping[YearlyDay, SpecialDay] = field(default_factory=dict)
    _blocks: dict[int, _Block] = field(default_factory=dict, compare=False, repr=False)

    def seconds(self, start: int, end: int) -> int:
        """Return the seconds within the hours from one second to another, 0 where the end is not later."""
        if end <= start:
            return 0
        first, last = start // _BLOCK, end // _BLOCK
        between = sum(self._total(index) for index in range(first, last))
        return between + self._block(last).open_until(end) - self._block(first).open_until(start)

    def after(self, start: int, seconds: int) -> int | None:
        """Return the earliest second up to which `seconds` of the hours have passed since `start`.

        For 0 that is the first second within the hours. `None` where it lies beyond five years without hours.
        """
        left = seconds + self._block(start // _BLOCK).open_until(start)
        idle = 0
        for index in range(start // _BLOCK, LATEST // _BLOCK):
            block = self._block(index)
            total = self._total(index)
            if left <= total and (found := _second_after(block, left, start, seconds)) is not None:
                return found
            left -= total
            idle = 0 if total else idle + 1
            if idle > _MOST_BLOCKS:
                break
        return None

    def openings(self, start: int, end: int) -> Iterator[Interval]:
        """Yield the intervals within the hours from one second to another, none of which touch."""
        held: Interval | None = None
        for index in range(start // _BLOCK, end // _BLOCK + 1):
            block = self._block(index)
            for opening, closing in zip(block.starts, block.ends, strict=True):
                begin, stop = max(opening, start), min(closing, end)
                if stop <= begin:
                    continue
                if held is not None and held[1] == begin:
                    held = held[0], stop
                    continue
                if held is not None:
                    yield held
                held = begin, stop
        if held is not None:
            yield held

    def special_days(self, start: int, end: int) -> list[tuple[date, str]]:
        """Return the days there with hours of their own from one second to another, and what they are called."""
        first = datetime.fromtimestamp(start, self.zone).date()
        last = datetime.fromtimestamp(max(start, end - 1), self.zone).date()
        days = (first + timedelta(days=step) for step in range((last - first).days + 1))
        return [(day, found.name) for day in days if (found := self._special_day(day)) is not None]

    def hours_on(self, day: date) -> Hours:
        """Return the times of work that begin on a day."""
        special = self._special_day(day)
        return self.hours[day.weekday()] if special is None else special.hours

    def _special_day(self, day: date) -> SpecialDay | None:
        known = self.special.get(day) or self.yearly.get((day.month, day.day))
        if known is None and self.public is not None and (name := self.public.of(day.year).get(day)):
            return SpecialDay(name)
        return known

    def _total(self, index: int) -> int:
        return self._block(index).before[-1]

    def _block(self, index: int) -> _Block:
        block = self._blocks.get(index)
        if block is None:
            merged = _merged(self._intervals(index * _BLOCK, (index + 1) * _BLOCK))
            lengths = accumulate((end - start for start, end in merged), initial=0)
            block = _Block([start for start, _ in merged], [end for _, end in merged], list(lengths))
            self._blocks[index] = block
        return block

    def _intervals(self, start: int, end: int) -> Iterator[Interval]:
        for begin, stop, offset in _offsets(self.zone, start, end):
            for ordinal in range((begin + offset) // _DAY - 1, (stop + offset) // _DAY + 1):
                midnight = ordinal * _DAY - offset
                for opening, closing in self.hours_on(date.fromordinal(_EPOCH + ordinal)):
                    interval = max(midnight + opening * 60, begin), min(midnight + closing * 60, stop)
                    if interval[0] < interval[1]:
                        yield interval


def _second_after(block: _Block, left: int, start: int, seconds: int) -> int | None:
    """Return the second of a block up to which `left` seconds of it were open, `None` where it lies beyond."""
    if seconds:
        index = bisect_left(block.before, left) - 1
        return block.starts[index] + left - block.before[index]
    index = bisect_right(block.ends, start)
    return max(block.starts[index], start) if index < len(block.starts) else None


def _offsets(zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield stretches of time with their constant distance from UTC, in seconds."""
    begin, offset = start, _offset(zone, start)
    for hour in range(start + _HOUR, end + _HOUR, _HOUR):
        second = min(hour, end)
        if (other := _offset(zone, second)) != offset:
            low, high = second - _HOUR, second
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            yield begin, high, offset
            begin, offset = high, other
    if begin < end:
        yield begin, end, offset


def _offset(zone: ZoneInfo, second: int) -> int:
    distance = datetime.fromtimestamp(second, zone).utcoffset()
    return int(distance.total_seconds()) if distance is not None else 0


def _merged(intervals: Iterator[Interval]) -> list[Interval]:
    merged = list[Interval]()
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
