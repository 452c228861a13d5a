"""Wording of durations, hours and days: how `practice.yaml` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import pairwise
from typing import TypeAlias

MINUTES_A_DAY = 24 * 60
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Hours: TypeAlias = tuple[tuple[int, int], ...]
"""Times of work of one day, each from and to a minute after its midnight; one past 1440 lies on the next day."""
YearlyDay: TypeAlias = tuple[int, int]
"""Month and day of every year."""

_UNITS = {"h": 3600, "min": 60, "s": 1}
_PART = re.compile(r"(\d{1,6})\s*(h|min|s)", re.IGNORECASE)
_RANGE = re.compile(r"(\d{1,2}):(\d\d)\s*[-\u2013]\s*(\d{1,2}):(\d\d)")
_LEAP_YEAR = 2024
_CLOSED = "closed"
# A longer exception is a calendar of its own.
_MOST_DAYS = 366
# Days in a row over New Year: more are probably a mistake, fewer may be a long summer in the south.
_MOST_OVER_NEW_YEAR = 183


def seconds_of(text: str) -> int:
    """Return the seconds of a duration such as "4 h", "1 h 30 min" or "90 s".

    Raises ValueError for anything else, days included: a day of work has as many hours as its calendar says.
    """
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip():
        raise ValueError(f'"{text}" is not a duration; write hours, minutes or seconds, such as 4 h or 1 h 30 min')
    seconds = sum(int(number) * _UNITS[unit.lower()] for number, unit in parts)
    if not seconds:
        raise ValueError(f'"{text}" is not a duration; write at least 1 s')
    return seconds


def duration_text(seconds: float) -> str:
    """Return a duration as people read it, such as "3 h 20 min"; negative ones begin with a minus sign."""
    whole = abs(int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{number:,} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (left, "s")) if number]
    return ("\u2212" if seconds < 0 else "") + (" ".join(parts) or "0 s")


def hours_of(texts: Iterable[str]) -> Hours:
    """Return the times of work that texts such as "08:00-12:00, 13:00-17:00" or "22:00-06:00" say, in their order.

    Raises ValueError where one is no time of day, or two of them overlap.
    """
    ranges = sorted(_range_of(part) for text in texts for part in text.split(",") if part.strip().lower() != _CLOSED)
    for (_, end), (start, _) in pairwise(ranges):
        if start < end:
            raise ValueError(f"{_time(start)} lies within the range that ends at {_time(end)}; make one of both")
    return tuple(ranges)


def weekdays_of(text: str) -> tuple[int, ...]:
    """Return the weekdays, from 0 for Monday, of a name such as "monday", "monday-friday" or "every day".

    Raises ValueError where it names none.
    """
    name = text.strip().lower()
    if name == "every day":
        return tuple(range(7))
    first, _, last = (part.strip() for part in name.replace("\u2013", "-").partition("-"))
    last = last or first
    if first not in WEEKDAYS or last not in WEEKDAYS:
        raise ValueError(f'"{text}" is not a weekday; write monday, monday-friday or every day')
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return tuple((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def days_of(first: str, last: str | None) -> tuple[list[date], list[YearlyDay]]:
    """Return the days from one to another, written 2026-12-24, or 12-24 for every year.

    Days without a year may go over New Year: 12-27 to 01-02. Raises ValueError where one is no day, they are written
    differently, or they cannot be meant: more than a year, or more than half of one over New Year.
    """
    begin = _day_of(first)
    end = begin if last is None else _day_of(last)
    if isinstance(begin, date) and isinstance(end, date):
        count = (end - begin).days + 1
        if not 0 < count <= _MOST_DAYS:
            raise ValueError(f"{last} is not within a year after {first}; split it, or swap both")
        return [begin + timedelta(days=step) for step in range(count)], []
    if isinstance(begin, tuple) and isinstance(end, tuple):
        start, stop = date(_LEAP_YEAR, *begin), date(_LEAP_YEAR, *end)
        if stop < start:
            stop = date(_LEAP_YEAR + 1, *end)
            count = (stop - start).days + 1
            if count > _MOST_OVER_NEW_YEAR:
                raise ValueError(
                    f"from {first} until {last} is {count} days over New Year; swap both, or make it two exceptions, "
                    f"until 12-31 and from 01-01"
                )
        span = [start + timedelta(days=step) for step in range((stop - start).days + 1)]
        return [], [(day.month, day.day) for day in span]
    raise ValueError(f"{first} and {last} are written differently; write both with the year, or both without")


def meant(name: str, known: Iterable[str]) -> str:
    """Return a question after a name that looks like one of those that are known, empty where none does."""
    by_lower = {one.casefold(): one for one in known}
    closest = get_close_matches(name.casefold(), by_lower, n=1)
    return f"; did you mean {by_lower[closest[0]]}?" if closest else ""


def share_of(text: str) -> float:
    """Return the share of "80 %" or "0.8"; raises ValueError unless it lies above 0 and at most at 1."""
    number = text.strip()
    try:
        share = float(number.removesuffix("%")) / 100 if number.endswith("%") else float(number)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ValueError(f'"{text}" is not a share of a target; write one such as 80 %')
    return share


def _range_of(text: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(text.strip())
    if not found:
        raise ValueError(f'"{text.strip()}" is not a range of times; write one such as 08:00-12:00, or closed')
    hour, minute, end_hour, end_minute = map(int, found.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or start >= MINUTES_A_DAY or end > MINUTES_A_DAY:
        raise ValueError(f'"{text.strip()}" is not a range of times of a day; a day ends at 24:00')
    if start == end:
        raise ValueError(f'"{text.strip()}" ends when it begins; write 00:00-24:00 for a whole day, or closed')
    return start, end if end > start else end + MINUTES_A_DAY


def _time(minutes: int) -> str:
    hour, minute = divmod(minutes, 60)
    return f"{hour % 24:02}:{minute:02}"


def _day_of(text: str) -> date | YearlyDay:
    try:
        if re.fullmatch(r"\d\d-\d\d", text):
            yearly = date.fromisoformat(f"{_LEAP_YEAR}-{text}")
            return yearly.month, yearly.day
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is not a day; write one such as 2026-12-24, or 12-24 for every year') from None
