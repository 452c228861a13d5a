from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kb.importers.tables import Row, read_table
from kb.records.rejects import Reject, RejectKind, UnreadableFileError

HEADER = ["Number", "Title", "Description", "Team"]


def workbook(path: Path, **sheets: list[list[Any]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


def rows_of(path: Path, **options: Any) -> list[dict[str, str]]:
    return [dict(row.values) for row in read_table(path, **options) if isinstance(row, Row)]


@pytest.mark.parametrize(("value", "number_format", "text"), [
    (42, "000000", "000042"),
    (42, '"INC"0000000', "INC0000042"),
    (120034, "000-000", "120-034"),
    (0.85, "0%", "85%"),
    (0.125, "0.0%", "12.5%"),
    (3, "0.00", "3.00"),
    (1234, "#,##0", "1234"),
    (4.0, "General", "4"),
    (2.5, "General", "2.5"),
    (datetime.fromisoformat("2025-04-02 07:30"), "dd.mm.yyyy", "2025-04-02 07:30:00"),
    (True, "General", "true"),
])  # fmt: skip
def test_cells_as_their_format_shows_them(tmp_path: Path, value: Any, number_format: str, text: str) -> None:
    book = workbook(tmp_path / "t.xlsx", Tickets=[HEADER, ["1", "Fan noise", "", value]])
    book["Tickets"]["D2"].number_format = number_format
    book.save(tmp_path / "t.xlsx")
    (row,) = rows_of(tmp_path / "t.xlsx")
    assert row["Team"] == text


@pytest.mark.parametrize("title", [[], [["Per team"]], [["Per team"], []]])
def test_another_table_below_a_gap_is_left_out(tmp_path: Path, title: list[list[str]]) -> None:
    tickets = [HEADER, ["1", "Fan noise", "Loud", "Desk"], [], ["2", "Key lost", "", "Desk"], []]
    workbook(tmp_path / "t.xlsx", Tickets=[*tickets, *title, ["Team", "Tickets"], ["Desk", 2]])
    *rows, note = read_table(tmp_path / "t.xlsx")
    assert [row.values["Title"] for row in rows if isinstance(row, Row)] == ["Fan noise", "Key lost"]
    assert isinstance(note, Reject)
    assert (note.row, note.kind, note.reason.partition(":")[0]) == (
        6, RejectKind.NOTE, "another table begins here (Team, Tickets)",
    )  # fmt: skip


def test_the_sheet_of_tickets_is_read_and_another_one_when_named(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = workbook(
        path,
        Lists=[HEADER, ["0", "Hidden", "x", "y"]],
        Chart=[["Team", "Open"], ["Desk", 4]],
        Export=[["Tickets of April"], [], HEADER, ["1", "Fan noise", "Loud", "Desk"], ["Total", 1, None, None]],
    )
    book["Lists"].sheet_state = "hidden"
    book.save(path)
    assert rows_of(path) == [{"Number": "1", "Title": "Fan noise", "Description": "Loud", "Team": "Desk"}]
    notes = [entry for entry in read_table(path) if isinstance(entry, Reject)]
    assert [(note.row, note.kind) for note in notes] == [(None, RejectKind.NOTE), (5, RejectKind.NOTE)]
    assert "'Export' was read" in notes[0].reason
    assert rows_of(path, sheet="Chart") == [{"Team": "Desk", "Open": "4"}]
    with pytest.raises(UnreadableFileError, match=r"no sheet 'May'; it has 'Lists', 'Chart', 'Export'"):
        rows_of(path, sheet="May")


def test_a_number_that_excel_has_cut_off_is_empty_and_named(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx", Tickets=[HEADER, [2025040210000017, "Fan noise", "", "#N/A"]])
    (row,) = read_table(tmp_path / "t.xlsx")
    assert isinstance(row, Row)
    assert (row.values["Number"], row.values["Team"]) == ("", "")
    assert [problem.column for problem in row.problems] == ["Number", "Team"]


def test_a_workbook_that_is_called_otherwise(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx", Tickets=[HEADER, ["1", "Fan noise", "", ""]])
    (tmp_path / "t.xlsx").rename(tmp_path / "t.csv")
    assert [row["Title"] for row in rows_of(tmp_path / "t.csv")] == ["Fan noise"]
