"""Dates of tools in four languages: zones, incomplete ones, and the order of day and month."""

from __future__ import annotations

import csv
import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.importers.date_order import date_order
from kb.importers.dates import DateReader
from kb.importers.incidents import IncidentFile
from kb.records.incident import Incident
from kb.records.rejects import Reject, RejectKind
from kb.vocabulary.date_words import plain_word, read_date_words
from kb.vocabulary.zone_names import zone_name

MOMENTS = st.datetimes(datetime(1971, 1, 2), datetime(2099, 12, 30)).map(lambda one: one.replace(microsecond=0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-02-07 08:30:00 EST", "2023-02-07T13:30"),
        ("2023-08-07 08:30 PDT", "2023-08-07T15:30"),
        ("07.08.2023 08:30 MESZ", "2023-08-07T06:30"),
        ("2023-02-07 08:30 UTC+1", "2023-02-07T07:30"),
        ("2023-02-07 08:30 GMT-5", "2023-02-07T13:30"),
        ("2023-02-07 08:30 (CET)", "2023-02-07T07:30"),
        ("2023-02-07 08:30 Asia/Tokyo", "2023-02-06T23:30"),
        ("Tue Feb 07 2023 08:30:00 GMT+0100 (Mitteleuropäische Normalzeit)", "2023-02-07T07:30"),
        ("Tue, 07 Feb 2023 08:30:00 -0800", "2023-02-07T16:30"),
        ("[07/Feb/2023:08:30:00 +0000]", "2023-02-07T08:30"),
        ("7. Februar 2023, 08:30 Uhr", "2023-02-07T08:30"),
        ("le 7 févr. 2023 à 8h30", "2023-02-07T08:30"),
        ("7 de agosto de 2023 8:30 p. m.", "2023-08-07T20:30"),
        ("mar 7 feb 2023 08:30", "2023-02-07T08:30"),
        ("August 7th, 2023 at 8:30 PM", "2023-08-07T20:30"),
        ("07/Okt/23 8:30 AM", "2023-10-07T08:30"),
        ("2023.02.07 8:30", "2023-02-07T08:30"),
        ("20230207083000", "2023-02-07T08:30"),
        ("1675758600000000", "2023-02-07T08:30"),
        ("7 février 2023 8h", "2023-02-07T08:00"),
        ("07-FEB-23 08.30.00.000000 PM", "2023-02-07T20:30"),
        ("2023/02/07 8.30", "2023-02-07T08:30"),
        ("Di 07.02.23", "2023-02-07T00:00"),
        ("44964,354166666664", "2023-02-07T08:30"),
        ("7. Feb. 2023, 09.30 Uhr MEZ", "2023-02-07T08:30"),
        ("2023-02-07 08:30 America/New_York", "2023-02-07T13:30"),
        ("/Date(1675758600000+0100)/", "2023-02-07T08:30"),
        ("2023-08-07 08:30 Pacific Daylight Time", "2023-08-07T15:30"),
        ("8/7/2023 8:30 PM (Eastern Time)", "2023-08-08T00:30"),
        ("7. Februar 2023 08:30 Mitteleuropäische Zeit", "2023-02-07T07:30"),
        ("07.08.2023 08:30 Mitteleuropäische Sommerzeit", "2023-08-07T06:30"),
        ("7 août 2023 à 08:30 heure d’été d’Europe centrale", "2023-08-07T06:30"),
        ("7 de febrero de 2023 8:30 hora estándar de Europa central", "2023-02-07T07:30"),
        ("2023-02-07 08:30 W. Europe Standard Time", "2023-02-07T07:30"),
        ("2023-08-07 08:30 W. Europe Daylight Time", "2023-08-07T06:30"),
        ("2023-08-07 08:30 India Standard Time", "2023-08-07T03:00"),
        ("2023-08-07 08:30 Greenwich Mean Time", "2023-08-07T08:30"),
        ("2023-08-07 08:30 +0200 Mitteleuropäische Zeit", "2023-08-07T06:30"),
        ("2023-08-07 08:30 Coordinated Universal Time", "2023-08-07T08:30"),
    ],
)
def test_dates_in_words_and_zones(text: str, expected: str) -> None:
    assert DateReader().read(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "7 February", "08:30", "2023", "02/2023", "Monday 08:30", "2023-W06-2", "2 days ago", "1 h 20 min",
        "31/12/2023", "2023-02-30", "2023-02-07 25:00", "7 Feb 2023 08:30 XYZT",
        "2023-02-07 08:30 and more", "7 8 Feb 2023",
    ],
)  # fmt: skip
def test_what_is_no_whole_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|neither|lacks"):
        DateReader().read(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "never", "N/A", "nie", "0000-00-00 00:00:00", "0001-01-01T00:00:00", "1970-01-01T00:00:00Z",
        "1970-01-01", "1. Januar 1970", "01/01/1970 00:00:00", "Thu, 01 Jan 1970 00:00:00 GMT", "1/1/70",
        "1970-01-01T01:00:00+01:00", "01.01.1970 01:00", "1969-12-31 19:00:00", "01.01.1900", "12/31/9999 23:59",
        "25569",
    ],
)  # fmt: skip
def test_no_date_is_none(text: str) -> None:
    assert DateReader().read(text) is None


def test_an_ambiguous_zone_is_named_unless_the_zone_of_the_file_says_which() -> None:
    with pytest.raises(ValueError, match=r"IST is the time of India.*choose the time zone"):
        DateReader().read("2023-02-07 08:30 IST")
    assert DateReader(zone=ZoneInfo("Asia/Kolkata")).read("2023-02-07 08:30 IST") == datetime(2023, 2, 7, 3, tzinfo=UTC)


def test_an_hour_that_the_clocks_have_twice_is_the_first_of_them() -> None:
    reader = DateReader(zone=ZoneInfo("Europe/Berlin"))
    assert reader.read("29.10.2023 02:30") == datetime(2023, 10, 29, 0, 30, tzinfo=UTC)


@given(
    MOMENTS, st.sampled_from(["%d/%m/%Y %H:%M:%S", "%d-%m-%Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S"])
)
def test_a_date_that_was_written_day_first_is_read_so(moment: datetime, form: str) -> None:
    assert DateReader(day_first=True).read(moment.strftime(form)) == moment.replace(tzinfo=UTC)


@given(MOMENTS, st.sampled_from(sorted(read_date_words().months)), st.integers(-14 * 60, 14 * 60))
def test_any_month_in_any_language_with_any_offset(moment: datetime, month: str, minutes: int) -> None:
    moment = moment.replace(day=min(moment.day, 28), month=read_date_words().months[month])
    zone = timezone(timedelta(minutes=minutes))
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = f"{moment.day} {month} {moment.year} {moment:%H:%M:%S} UTC{sign}{hours:02}:{rest:02}"
    assert DateReader().read(text) == moment.replace(tzinfo=zone)


def test_a_month_that_is_also_a_day_of_the_week_is_told_by_the_other_word() -> None:
    assert DateReader().read("mar 6 jun 2023") == datetime(2023, 6, 6, tzinfo=UTC)
    assert DateReader().read("mar 7 mar 2023") == datetime(2023, 3, 7, tzinfo=UTC)


def order(*rows: tuple[str, ...]) -> tuple[bool, str | None]:
    names = ("opened", "resolved", "due")
    found = date_order([dict(zip(names, row, strict=False)) for row in rows], names, names[:2])
    return found.day_first, found.reason


def test_every_column_of_dates_has_a_say_in_the_order() -> None:
    assert order(("03/04/2023", "05/04/2023", "25/04/2023")) == (True, "due has 25/04/2023")
    assert order(("03/04/2023", "05/04/2023", "04/25/2023")) == (False, "due has 04/25/2023")


def test_what_was_resolved_was_opened_before() -> None:
    day_first, reason = order(("05/04/2023", "03/05/2023"), ("06/04/2023", "06/04/2023"))
    assert day_first
    assert reason is not None
    assert not order(("04/05/2023", "05/03/2023"))[0]


def test_a_date_that_can_be_read_in_one_way_decides_too() -> None:
    day_first, reason = order(("07/05/2023", "2023-05-07"))
    assert day_first
    assert reason is not None
    assert not order(("05/07/2023 10:00", "7 May 2023"))[0]
    assert not order(("2023-05-07", "07/06/2023"))[0]


def test_a_year_of_two_digits_comes_first_where_nothing_else_makes_sense() -> None:
    def year_first(*dates: str) -> bool:
        return date_order([{"opened": date} for date in dates], ["opened"]).year_first

    assert year_first("21-11-30 08:00")
    assert year_first("21-11-03", "21-12-17", "22-01-09")
    assert not year_first("21-11-03")
    assert not year_first("21-11-22", "17-12-22", "30-01-23")
    assert not year_first("03-11-22", "17-12-22")
    assert DateReader(year_first=True).read("21-11-30 08:00") == datetime(2021, 11, 30, 8, tzinfo=UTC)


def test_what_nothing_decides_is_said_aloud(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("number,subject,created\n1,fan is loud,03/04/2023\n2,lamp is dark,05/06/2023\n")
    note, *_ = IncidentFile.open(file).read()
    assert isinstance(note, Reject)
    assert note.kind is RejectKind.NOTE
    assert "such as 03/04/2023 are read month first" in str(note)
    told = [one for one in IncidentFile.open(file, day_first=True).read() if isinstance(one, Incident)]
    assert len(told) == 2
    assert told[0].opened_at == datetime(2023, 4, 3, tzinfo=UTC)


def test_a_cell_that_cannot_be_read_is_empty_and_named_and_the_row_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows(
            [
                ("number", "subject", "created", "resolved", "reopen count", "category", "state"),
                ("1", "fan is loud", "last week", "-", "many", "Fan", "done"),
                ("2", "lamp is dark", "2023-02-07", "never", "1", "x" * 10_001, "done"),
                ("3", "door is stuck", "2023-02-08", "nie", "2", "Keine", "done"),
            ]
        )
    found = list(IncidentFile.open(file).read())
    incidents = [one for one in found if isinstance(one, Incident)]
    rejects = [one for one in found if isinstance(one, Reject)]
    assert [one.number for one in incidents] == ["1", "2", "3"]
    assert [(one.row, one.column) for one in rejects] == [(2, "created"), (2, "reopen count"), (3, "category")]
    assert {one.kind for one in rejects} == {RejectKind.CELL}
    assert [one.category for one in incidents] == ["Fan", None, None]
    assert incidents[2].reopen_count == 2


def test_values_that_mean_nothing_are_empty_but_never_in_texts(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("number,subject,group,site,floor\n1,none,Not Assigned,(leer),N/A\n2,lamp,--,Ninguno,2\n")
    incidents = [one for one in IncidentFile.open(file).read() if isinstance(one, Incident)]
    assert [(one.short_description, one.assignment_group, one.location) for one in incidents] == [
        ("none", None, None),
        ("lamp", None, None),
    ]
    assert [dict(one.extra) for one in incidents] == [{}, {"floor": "2"}]


def test_spellings_of_one_value_are_named_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(
        "number,subject,category\n1,fan is loud,Fan\n2,fan is hot,fan\n3,fan stands,Fan\n4,lamp is dark,Lamp\n"
    )
    *incidents, note = IncidentFile.open(file).read()
    assert [one.category for one in incidents if isinstance(one, Incident)] == ["Fan", "fan", "Fan", "Lamp"]
    assert isinstance(note, Reject)
    assert note.kind is RejectKind.NOTE
    assert '"Fan" (2) is also written "fan" (1)' in note.reason
    assert 'triage labels change category "fan" "Fan"' in note.reason


@given(
    st.datetimes(datetime(1969, 1, 1), datetime(2101, 1, 1)),  # noqa: DTZ001 (texts without a zone)
    st.sampled_from(["%d/%m/%Y %H:%M", "%d-%m-%Y", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]),
    st.booleans(),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
)
def test_the_usual_forms_mean_the_same_as_when_they_are_read_in_words(
    moment: datetime, form: str, day_first: bool, zone: str
) -> None:
    reader = DateReader(day_first=day_first, zone=ZoneInfo(zone))

    def read(text: str) -> datetime | str | None:
        try:
            return reader.read(text)
        except ValueError as error:
            return str(error).partition("' is not")[2]

    text = moment.strftime(form)
    assert read(text) == read(f"[{text}]")


@pytest.mark.parametrize(("text", "reason"), [
    ("2023-08-07 08:30 Pacific Standard Time", "may mean UTC-08:00 or UTC-07:00 on that day: choose the time zone"),
    ("07.08.2023 08:30 Mitteleuropäische Zeit", "may mean UTC\\+01:00 or UTC\\+02:00"),
    ("2023-08-07 08:30 Arabian Standard Time", "may mean UTC\\+03:00 or UTC\\+04:00"),
    ("2023-08-07 08:30 GMT Standard Time", "may mean UTC or UTC\\+01:00"),
    ("2023-08-07 08:30 India Daylight Time", "has no summer time in that year"),
    ("2023-08-07 08:30 Pacific Lunch Time", "neither a month nor a known zone"),
])  # fmt: skip
def test_names_of_zones_that_are_not_certain(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        DateReader().read(text)


def test_the_zone_of_the_file_decides_what_a_name_means() -> None:
    berlin = DateReader(zone=ZoneInfo("Europe/Berlin"))
    moment = datetime(2023, 8, 7, 6, 30, tzinfo=UTC)
    assert berlin.read("07.08.2023 08:30 Mitteleuropäische Zeit") == moment
    assert berlin.read("07.08.2023 08:30 W. Europe Standard Time") == moment
    with pytest.raises(ValueError, match="may mean"):
        berlin.read("07.08.2023 08:30 Pacific Standard Time")


def test_every_name_of_a_zone_leads_to_a_known_place() -> None:
    content = tomllib.loads((files("kb.vocabulary") / "zone_names.toml").read_text(encoding="utf-8"))
    assert {*content["places"], *content["windows"].values()} <= available_timezones()
    for kinds in content["places"].values():
        for names in kinds.values():
            for name in names:
                assert zone_name([plain_word(word) for word in re.findall(r"[^\W\d_]+", name)]) is not None, name
