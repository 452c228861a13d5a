from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import pytest

from kb.importers.tables import Row, columns_of, read_table, sheets_of
from kb.records.limits import MEMORY_LIMIT
from kb.records.rejects import Reject, RejectKind, UnreadableFileError

EXCEL = (
    '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">'
    '<head><style>td {{mso-number-format:"\\@"}}</style><!--[if gte mso 9]><xml><x:ExcelWorkbook><x:Name>a<b</x:Name>'
    "</x:ExcelWorkbook></xml><![endif]--></head><body><![if !vml]>{}<![endif]></body></html>"
)
HEADER = "<tr><th>Number</th><th>Title</th><th>Team</th><th>Status</th></tr>"


def entries_of(path: Path, **options: Any) -> tuple[list[dict[str, str]], list[str]]:
    entries = list(read_table(path, **options))
    problems = [problem for row in entries if isinstance(row, Row) for problem in row.problems]
    rejects = [entry for entry in entries if isinstance(entry, Reject)]
    return [dict(row.values) for row in entries if isinstance(row, Row)], [str(one) for one in [*problems, *rejects]]


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def saved(tmp_path: Path, body: str, name: str = "t.xls", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(body.encode(encoding))
    return path


def row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def test_what_a_web_tool_saves_as_a_workbook(tmp_path: Path) -> None:
    table = (
        '<table><tr><td colspan="4"><b>Tickets of March</b></td></tr><tr><td colspan=4>&nbsp;</td></tr>'
        "<tr><td>Number</td><td><b>Title</b></td><td>Team</td><td>Status</td></tr>"
        "<tr><td style='mso-number-format:\"\\@\"'>007</td><td>Fan &amp; noise &lt;loud&gt;</td>"
        "<td><font color=red>Field<br>North</font></td><td>Closed</td></tr>"
        "<tr><td>8</td><td><p>Key lost</p><p>twice</p></td><td>Print\n  room</td><td>Open</td></tr></table>"
    )
    rows, problems = entries_of(saved(tmp_path, EXCEL.format(table)))
    assert rows == [
        {"Number": "007", "Title": "Fan & noise <loud>", "Team": "Field\nNorth", "Status": "Closed"},
        {"Number": "8", "Title": "Key lost\n\ntwice", "Team": "Print room", "Status": "Open"},
    ]
    assert problems == []


@pytest.mark.parametrize(("encoding", "declared"), [
    ("utf-8", ""),
    ("utf-8-sig", ""),
    ("utf-8", '<meta charset="windows-1252">'),
    ("utf-16", ""),
    ("utf-16-le", ""),
    ("cp1252", ""),
    ("cp1252", '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">'),
    ("cp1250", '<meta http-equiv=Content-Type content="text/html; charset=windows-1250">'),
    ("cp1252", '<meta charset="iso-8859-99">'),
])  # fmt: skip
def test_encodings(tmp_path: Path, encoding: str, declared: str) -> None:
    page = (
        f"<html><head>{declared}</head><body><table>{HEADER}{row('1', 'Größe „klein“', 'F', 'x')}</table></body></html>"
    )
    assert entries_of(saved(tmp_path, page, encoding=encoding))[0][0]["Title"] == "Größe „klein“"


@pytest.mark.parametrize("name", ["t.xls", "t.html", "t.htm", "t.xlsx", "T.XLS"])
@pytest.mark.parametrize(
    "start", ["<table>", "\n <!-- made by a tool --><TABLE border=1>", "<!DOCTYPE html><body><table>"]
)
def test_the_ending_does_not_matter(tmp_path: Path, name: str, start: str) -> None:
    path = saved(tmp_path, start + HEADER + row("1", "Fan noise", "Field", "Open") + "</table>", name)
    assert entries_of(path)[0] == [{"Number": "1", "Title": "Fan noise", "Team": "Field", "Status": "Open"}]


def test_xml_with_a_table_is_a_page_only_where_it_says_so(tmp_path: Path) -> None:
    page = f"<?xml version='1.0'?><html><table>{HEADER}{row('1', 'Fan noise', 'Field', 'Open')}</table></html>"
    assert entries_of(saved(tmp_path, page, "t.xml"))[0][0]["Title"] == "Fan noise"
    records = "<table><row><id>1</id><title>Fan noise</title></row><row><id>2</id><title>Key</title></row></table>"
    assert [row["title"] for row in entries_of(saved(tmp_path, records, "t.xml"))[0]] == ["Fan noise", "Key"]


def test_tags_that_are_never_closed(tmp_path: Path) -> None:
    path = saved(tmp_path, "<table><tr><th>Number<th>Title<tr><td>1<td>Fan <b>noise<tr><td>2<td>Key lost")
    rows, problems = entries_of(path)
    assert [row["Title"] for row in rows] == ["Fan noise", "Key lost"]
    assert problems == ["t.xls, row 4: the file ends in this table: it may be cut off"]


def test_what_a_reader_does_not_see(tmp_path: Path) -> None:
    date = '<span style="display: none">20240301</span>01.03.2024<script>sort("<td>")</script>'
    picture = '<img src="data:image/png;base64,AAAA" alt="High">'
    choice = "<select><option>Open<option>Closed</select>"
    table = "<tr><th>Number<th>Title<th>Opened<th>Priority<th>Move</tr>" + row("1", "Fan", date, picture, choice)
    (found,), _ = entries_of(saved(tmp_path, f"<table>{table}</table>"))
    assert found == {"Number": "1", "Title": "Fan", "Opened": "01.03.2024", "Priority": "High", "Move": ""}


def test_cells_that_reach_into_the_rows_below(tmp_path: Path) -> None:
    table = (
        HEADER + "<tr><td>1</td><td>Fan</td><td rowspan=2>Field</td><td rowspan='3'>Open</td></tr>"
        "<tr><td>2</td><td>Key</td></tr>" + "<tr><td>3</td><td>Badge</td><td>Desk</td></tr>"
    )
    rows, problems = entries_of(saved(tmp_path, f"<table>{table}</table>"))
    assert [(row["Number"], row["Team"], row["Status"]) for row in rows] == [
        ("1", "Field", "Open"), ("2", "Field", "Open"), ("3", "Desk", "Open"),
    ]  # fmt: skip
    assert problems == []


def test_rows_that_are_no_tickets_are_named(tmp_path: Path) -> None:
    table = (
        HEADER
        + "<tr><td colspan=4>Team: Field</td></tr>" + row("1", "Fan", "Field", "Open") + HEADER
        + row("2", "Key") + row("3", "Badge", "Desk", "Open", "more") + row("Total", "", "", "2") + row("", "", "", "")
    )  # fmt: skip
    rows, problems = entries_of(saved(tmp_path, f"<table>{table}</table>"))
    assert [row["Number"] for row in rows] == ["1", "2"]
    assert problems == [
        "t.xls, row 2: is a heading across the columns, no ticket",
        "t.xls, row 4: repeats the header",
        "t.xls, row 6: has 5 cells, the header has 4",
        "t.xls, row 7: is a total row, no ticket",
        "t.xls: row 5 with fewer cells than the header: the last ones count as empty",
    ]


def test_a_number_that_does_not_fit_its_cell(tmp_path: Path) -> None:
    table = HEADER + '<tr><td x:num="4711000000000">4.711E+12</td><td>Fan</td><td>####</td><td>Open</td></tr>'
    rows, problems = entries_of(saved(tmp_path, f"<table>{table}</table>"))
    assert (rows[0]["Number"], rows[0]["Team"]) == ("4711000000000", "")
    assert len(problems) == 1
    assert "Team" in problems[0]


def test_of_several_tables_the_one_of_tickets_is_read(tmp_path: Path) -> None:
    legend = f"<table>{row('Colour', 'Meaning')}{row('red', 'late')}{row('green', 'fine')}</table>"
    inner = f"<table>{HEADER}{row('1', 'Fan <table><tr><td>inside</td></tr></table> noise', 'Field', 'Open')}</table>"
    path = saved(tmp_path, f"<table><tr><td>Menu</td><td>{legend}{inner}</td></tr></table>")
    rows, problems = entries_of(path)
    assert [row["Title"] for row in rows] == ["Fan noise"]
    assert problems == [
        "t.xls: sheet 'table 3' was read, not 'table 1', 'table 2', 'table 4'; choose another sheet to read it"
    ]
    assert sheets_of(path) == ("table 1", "table 2", "table 3", "table 4")
    assert columns_of(path, sheet="table 2") == ["Colour", "Meaning"]
    with pytest.raises(UnreadableFileError, match="has no sheet 'table 9'; it has 'table 1'"):
        list(read_table(path, sheet="table 9"))


@pytest.mark.parametrize(("content", "reason"), [
    (b"<html><body><p>Please sign in</p></body></html>", "without a table that has rows"),
    (b"<table></table>", "without a table that has rows"),
    (b"<table><tr><td> &nbsp; </td></tr></table>", "without a table that has rows"),
    (b"<table><tr>" + b"<td>x" * 2_000, "more than 1,000 cells"),
    (b"<table>" * 40, "tables in tables"),
    (b"<table><tr><td>" + b"word " * 3_000_000, "row has more than"),
    (b"<table><tr><td>" + b"<b>a</b>" * 1_000_000, "row has more than"),
    (b"<table><tr><td><!--" + b"x" * 20_000_000, "tag or comment has more than"),
    (b"<table><tr><td><a href='" + b"x" * 20_000_000, "tag or comment has more than"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "as Excel wrote it until 2003"),
    (b"MIME-Version: 1.0\nContent-Type: multipart/related", "web archive"),
    (b"\x09\x08\x10\x00\x00\x06\x05\x00", "is binary"),
])  # fmt: skip
def test_pages_and_workbooks_that_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "t.xls").write_bytes(content)
    with pytest.raises(UnreadableFileError, match=reason):
        list(read_table(tmp_path / "t.xls"))


@pytest.mark.parametrize("row_of", [
    lambda number: f"<tr><td colspan=100000000>{number}</td></tr>",
    lambda number: f"<tr><td rowspan=99999999>{number}<td rowspan=65534>b</td></tr>",
    lambda number: f"<tr><td>{number}</td><td colspan=1000>x</td><td colspan=1000></td></tr>",
    lambda number: f"<tr><td>{number}<!--<!--<!--</td>",
    lambda number: "<td>" * 900 + "</tr>",
    lambda number: f"<table><tr><td>{'x' * 90}</td></tr></table>",
])  # fmt: skip
def test_hostile_pages_take_neither_memory_nor_time(tmp_path: Path, row_of: Any) -> None:
    path = saved(tmp_path, f"<table>{HEADER}" + "".join(map(row_of, range(3_000)))[:300_000])
    began, before = time.process_time(), peak_memory()
    try:
        assert all(isinstance(entry, Row | Reject) for entry in read_table(path))
    except UnreadableFileError as error:
        assert str(path) in str(error)
    assert peak_memory() - before < MEMORY_LIMIT / 2
    assert time.process_time() - began < 20


def test_text_with_the_ending_of_a_workbook(tmp_path: Path) -> None:
    path = saved(tmp_path, "Number\tTitle\tTeam\n1\tFan noise\tField\n", encoding="utf-16")
    assert entries_of(path)[0] == [{"Number": "1", "Title": "Fan noise", "Team": "Field"}]


def test_a_row_that_is_never_finished_is_read(tmp_path: Path) -> None:
    kinds = [entry.kind for entry in read_table(saved(tmp_path, f"<table>{HEADER}{row('1', 'a', 'b', 'c')[:-5]}"))
             if isinstance(entry, Reject)]  # fmt: skip
    assert kinds == [RejectKind.NOTE]
