"""Columns of moments: the zone in their name, and times of day in a column of their own."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kb.importers.incidents import IncidentFile
from kb.records.incident import Incident
from kb.records.rejects import Reject


def read(path: Path, text: str, zone: str = "UTC") -> tuple[list[Incident], list[str]]:
    file = path / "export.csv"
    file.write_text(text, encoding="utf-8")
    records = list(
        IncidentFile.open(file, zone=ZoneInfo(zone)).read() if zone != "UTC" else IncidentFile.open(file).read()
    )
    return [one for one in records if isinstance(one, Incident)], [
        str(one) for one in records if isinstance(one, Reject)
    ]


@pytest.mark.parametrize(
    ("column", "shown", "opened"),
    [
        ("Created (UTC+3)", "2025-06-02 12:30", "09:30"),
        ("Created [GMT-5]", "2025-06-02 12:30", "17:30"),
        ("Created (+05:30)", "2025-06-02 12:30", "07:00"),
        ("Created (PST)", "2025-06-02 12:30", "20:30"),
        ("Erstellt am (MESZ)", "02.06.2025 12:30", "10:30"),
        ("Created (America/New_York)", "2025-06-02 12:30", "16:30"),
        ("Created (Pacific Time)", "2025-06-02 12:30", "19:30"),
        ("Created (UTC)", "2025-06-02 12:30", "12:30"),
        ("Created (UTC+3)", "2025-06-02T12:30:00Z", "12:30"),
        ("Created (IST)", "2025-06-02 12:30 +0200", "10:30"),
    ],
)
def test_moments_are_in_the_zone_that_the_columns_name_has(
    tmp_path: Path, column: str, shown: str, opened: str
) -> None:
    (one,), _ = read(tmp_path, f"Number,Subject,Status,{column}\n7,Lift stuck,open,{shown}\n")
    assert str(one.opened_at)[:16] == f"2025-06-02 {opened}"


def test_a_name_of_several_zones_is_named_unless_the_zone_of_the_file_says_which(tmp_path: Path) -> None:
    for name in ("IST", "CET/CEST"):
        export = f"Number,Subject,Status,Created ({name})\n7,Lift stuck,open,2025-06-02 12:30\n"
        (note,) = read(tmp_path, export)[1]
        assert f"{name} is the name of several time zones: choose the time zone" in note
    assert read(tmp_path, export, "Europe/Vienna")[1] == []
    (one,), _ = read(tmp_path, export, "Europe/Vienna")
    assert str(one.opened_at)[:16] == "2025-06-02 10:30"


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("Opened Date", "Opened Time"), ("Eröffnungsdatum", "Eröffnungszeit"),
        ("Date d'ouverture", "Heure d'ouverture"), ("Fecha de apertura", "Hora de apertura"),
        ("Opened", "Opened time"), ("Date", "Time"),
    ],
)  # fmt: skip
def test_a_time_of_day_completes_the_date_beside_it(tmp_path: Path, date: str, time: str) -> None:
    export = f"Number,Subject,Status,{time},{date}\n7,Lift,open,4:05 pm,2025-06-02\n8,Fan,open,,2025-06-03\n"
    found, notes = read(tmp_path, export)
    assert [str(one.opened_at)[:16] for one in found] == ["2025-06-02 16:05", "2025-06-03 00:00"]
    assert notes == []
    found, _ = read(tmp_path, export.replace("06-02", "06-02 00:00:00"))
    assert str(found[0].opened_at)[:16] == "2025-06-02 16:05"


def test_a_date_with_its_own_time_keeps_it(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "Number,Subject,Status,Opened,Opened time\n7,Lift,open,2025-06-02 08:00,16:05\n")
    assert str(one.opened_at)[:16] == "2025-06-02 08:00"


def test_a_time_of_day_alone_is_no_moment(tmp_path: Path) -> None:
    (one,), _ = read(
        tmp_path, "Number,Subject,Status,Resolved Time,Resolved On\n7,Lift,resolved,16:05,2025-06-02 16:05\n"
    )
    assert str(one.resolved_at)[:16] == "2025-06-02 16:05"


@pytest.mark.parametrize("shown", ["02-JUN-25", "2 Jun 25", "02/jun/25", "2. Juni 25", "2 juin 25"])
def test_a_short_date_with_the_name_of_its_month_is_a_moment(tmp_path: Path, shown: str) -> None:
    (one,), _ = read(tmp_path, f"Number,Subject,Status,Created\n7,Lift,open,{shown}\n")
    assert str(one.opened_at)[:10] == "2025-06-02"
