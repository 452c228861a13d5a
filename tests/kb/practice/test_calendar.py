"""Calendars: hours in a zone as time in UTC, with breaks, nights, summer time, holidays and days that differ."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kb.practice.calendar import LATEST, Calendar, PublicHolidays, SpecialDay, moment_of, second_of
from kb.practice.zones import zone_named

_NINE_TO_FIVE = ((540, 1020),)
_BREAK = ((480, 720), (780, 1020))
_NIGHT = ((1320, 1800),)
_ALWAYS = ((0, 1440),)


def _at(text: str, zone: str = "Europe/Berlin") -> int:
    return second_of(datetime.fromisoformat(text).replace(tzinfo=zone_named(zone)))


def _calendar(hours: tuple[tuple[int, int], ...], zone: str = "Europe/Berlin", **more: object) -> Calendar:
    week = (hours,) * 5 + ((), ()) if hours is _NINE_TO_FIVE or hours is _BREAK else (hours,) * 7
    return Calendar(zone, zone_named(zone), week, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "zone", "start", "end", "expected"),
    [
        (_ALWAYS, "Europe/Berlin", "2026-03-29 00:00", "2026-03-30 00:00", 23.0),
        (_ALWAYS, "Europe/Berlin", "2026-10-25 00:00", "2026-10-26 00:00", 25.0),
        (_NIGHT, "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 12:00", 7.0),
        (_NIGHT, "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 12:00", 9.0),
        (_NIGHT, "America/Chicago", "2026-10-31 12:00", "2026-11-01 12:00", 9.0),
        (_NINE_TO_FIVE, "Europe/Berlin", "2026-03-27 00:00", "2026-03-31 00:00", 16.0),
        (_BREAK, "Europe/Berlin", "2026-06-01 11:30", "2026-06-01 13:30", 1.0),
        (((150, 240),), "Europe/Berlin", "2026-03-29 00:00", "2026-03-30 00:00", 1.0),
        (((60, 150),), "Europe/Berlin", "2026-10-25 00:00", "2026-10-26 00:00", 2.0),
    ],
)
def test_hours_follow_the_clock_on_the_wall(
    hours: tuple[tuple[int, int], ...], zone: str, start: str, end: str, expected: float
) -> None:
    assert _calendar(hours, zone).seconds(_at(start, zone), _at(end, zone)) == expected * 3600


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2026-02-13", 8),  # UTC+1
        ("2026-02-16", 9),  # Ramadan: UTC
        ("2026-03-20", 9),
        ("2026-03-23", 8),
        ("2026-09-18", 8),
        ("2026-09-21", 9),  # UTC for good
        ("2027-01-11", 9),
    ],
)
def test_casablanca_keeps_its_hours_through_2026(day: str, opens: int) -> None:
    calendar = _calendar(_NINE_TO_FIVE, "Africa/Casablanca")
    morning = int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp())
    opening = calendar.after(morning, 0)
    assert opening is not None
    assert moment_of(opening) == datetime.fromisoformat(f"{day}T{opens:02}:00+00:00")


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    closed = {date(2026, 6, 2): SpecialDay("Closed")}
    calendar = _calendar(_NIGHT, special=closed)
    nights = list(calendar.openings(_at("2026-06-01 12:00"), _at("2026-06-04 12:00")))
    assert nights == [
        (_at("2026-06-01 22:00"), _at("2026-06-02 06:00")),
        (_at("2026-06-03 22:00"), _at("2026-06-04 06:00")),
    ]


def test_a_special_day_of_one_year_goes_before_one_of_every_year_and_that_before_a_holiday() -> None:
    calendar = _calendar(
        _NINE_TO_FIVE,
        public=PublicHolidays("DE", "BY"),
        special={date(2026, 12, 25): SpecialDay("Emergency", ((600, 660),))},
        yearly={(12, 24): SpecialDay("Half day", ((540, 720),)), (12, 25): SpecialDay("Not this year")},
    )
    assert calendar.hours_on(date(2026, 12, 24)) == ((540, 720),)
    assert calendar.hours_on(date(2026, 12, 25)) == ((600, 660),)
    assert calendar.hours_on(date(2026, 1, 6)) == ()  # Epiphany, in Bavaria alone
    assert _calendar(_NINE_TO_FIVE, public=PublicHolidays("DE")).hours_on(date(2026, 1, 6)) == _NINE_TO_FIVE
    days = calendar.special_days(_at("2026-12-23 18:00"), _at("2026-12-26 00:00"))
    assert days == [(date(2026, 12, 24), "Half day"), (date(2026, 12, 25), "Emergency")]


def test_time_is_used_up_at_the_end_of_a_day_and_not_at_the_next_opening() -> None:
    calendar = _calendar(_NINE_TO_FIVE)
    friday = _at("2026-06-05 09:00")
    assert calendar.after(friday, 8 * 3600) == _at("2026-06-05 17:00")
    assert calendar.after(friday, 8 * 3600 + 1) == _at("2026-06-08 09:00:01")
    assert calendar.after(_at("2026-06-05 17:00"), 0) == _at("2026-06-08 09:00")


def test_time_and_due_time_agree_over_years() -> None:
    calendar = _calendar(_BREAK, public=PublicHolidays("DE", "BY"))
    start = _at("2024-02-29 10:17:31")
    for seconds in (1, 3600, 99_999, 5_000_000, 20_000_000):
        due = calendar.after(start, seconds)
        assert due is not None
        assert calendar.seconds(start, due) == seconds
        assert calendar.seconds(start, due - 1) == seconds - 1


def test_a_calendar_that_does_not_open_again_says_so() -> None:
    closed = Calendar("closed", zone_named("UTC"), ((),) * 7)
    assert closed.after(second_of(datetime(2026, 1, 1, tzinfo=UTC)), 1) is None


def test_moments_out_of_all_bounds_count_as_the_nearest() -> None:
    assert second_of(datetime(1, 1, 1, tzinfo=UTC)) == 0
    assert second_of(datetime(9999, 12, 31, tzinfo=UTC)) == LATEST
    assert _calendar(_ALWAYS).seconds(0, LATEST) == LATEST


def test_zones_are_those_of_the_pinned_package_and_no_others() -> None:
    assert datetime(2027, 1, 1, tzinfo=zone_named("Africa/Casablanca")).utcoffset() == timedelta(0)
    for name in ("", "Mars", "../zones", "/etc/localtime", "Europe"):
        with pytest.raises(ValueError, match="is not a known time zone"):
            zone_named(name)
