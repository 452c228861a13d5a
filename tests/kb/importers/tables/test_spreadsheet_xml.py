from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import pytest

from kb.importers.tables import Row, columns_of, read_table, sheets_of
from kb.records.limits import MEMORY_LIMIT
from kb.records.rejects import Reject, UnreadableFileError

STYLES = (
    "<Styles><Style ss:ID='Default'/><Style ss:ID='s1'><NumberFormat ss:Format='000000'/></Style>"
    "<Style ss:ID='s2'><NumberFormat ss:Format='Percent'/></Style></Styles>"
)
HEADER = ("Number", "Title", "Team", "Opened")


def row(*cells: str, place: str = "") -> str:
    return f"<Row{place}>" + "".join(map(cell, cells)) + "</Row>"


def cell(text: str, kind: str = "String", more: str = "") -> str:
    return f"<Cell{more}><Data ss:Type='{kind}'>{text}</Data></Cell>" if not text.startswith("<") else text


def sheet(name: str, *rows: str, after: str = "") -> str:
    return f"<Worksheet ss:Name='{name}'><Table>{''.join(rows)}</Table>{after}</Worksheet>"


def book(*sheets: str) -> str:
    return (
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook '
        'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">'
        f"{STYLES}{''.join(sheets)}</Workbook>"
    )


def saved(tmp_path: Path, content: str, name: str = "t.xml", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode(encoding))
    return path


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def rows_of(path: Path, **options: Any) -> list[dict[str, str]]:
    return [dict(row.values) for row in read_table(path, **options) if isinstance(row, Row)]


@pytest.mark.parametrize("name", ["t.xml", "t.xls", "t.xlsx"])
def test_types_formats_and_places_of_cells(tmp_path: Path, name: str) -> None:
    content = book(
        sheet(
            "Tickets",
            row("March", place=" ss:Index='2'"),
            row("Number", "Title", "Share", "Late", "Opened", "At", "Team", place=" ss:Index='4'"),
            "<Row>"
            + cell("42", "Number", " ss:StyleID='s1'")
            + "<Cell><ss:Data ss:Type='String' xmlns='http://www.w3.org/TR/REC-html40'><B>Fan</B> &amp; noise</ss:Data>"
            "<Comment><ss:Data><Font>a remark</Font></ss:Data></Comment></Cell>"
            + cell("0.85", "Number", " ss:StyleID='s2'")
            + cell("1", "Boolean")
            + cell("2024-03-01T10:11:12.000", "DateTime")
            + cell("1899-12-31T09:30:00.000", "DateTime")
            + cell("Field")
            + "</Row>",
            row("43", "Key", cell("Desk", more=" ss:Index='7'")),
            row("44", cell("Badge", more=" ss:MergeAcross='1'"), cell("0", "Boolean")),
        )
    )
    rows = rows_of(saved(tmp_path, content, name))
    assert rows == [
        {"Number": "000042", "Title": "Fan & noise", "Share": "85.00%", "Late": "true",
         "Opened": "2024-03-01 10:11:12", "At": "09:30:00", "Team": "Field"},
        {"Number": "43", "Title": "Key", "Share": "", "Late": "", "Opened": "", "At": "", "Team": "Desk"},
        {"Number": "44", "Title": "Badge", "Share": "", "Late": "false", "Opened": "", "At": "", "Team": ""},
    ]  # fmt: skip


def test_the_sheet_that_looks_most_like_tickets_is_read(tmp_path: Path) -> None:
    hidden = "<o:WorksheetOptions><o:Visible>SheetHidden</o:Visible></o:WorksheetOptions>"
    path = saved(
        tmp_path,
        book(
            sheet("Old", row(*HEADER), row("1", "Fan", "Field", "2024-03-01"), after=hidden),
            sheet("Colours", row("Colour", "Meaning"), row("red", "late")),
            sheet("Tickets", row(*HEADER), row("2", "Key", "Desk", "2024-03-02")),
            sheet("Empty"),
        ),
        "t.xls",
        "utf-16",
    )
    entries = list(read_table(path))
    assert [row["Number"] for row in rows_of(path)] == ["2"]
    assert [str(entry) for entry in entries if isinstance(entry, Reject)] == [
        "t.xls: sheet 'Tickets' was read, not 'Old', 'Colours', 'Empty'; choose another sheet to read it"
    ]
    assert sheets_of(path) == ("Old", "Colours", "Tickets", "Empty")
    assert rows_of(path, sheet="Old")[0]["Title"] == "Fan"
    assert columns_of(path, sheet="Colours") == ["Colour", "Meaning"]
    for name, reason in (("Empty", "no sheet with rows"), ("None", "has no sheet 'None'; it has 'Old'")):
        with pytest.raises(UnreadableFileError, match=reason):
            list(read_table(path, sheet=name))


def test_cells_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    formula = "<Cell ss:Formula='=A1'/>"
    content = book(
        sheet("T", row(*HEADER), row(cell("12345678901234567", "Number"), "Fan", cell("#N/A", "Error"), formula)),
    )
    (found,) = (entry for entry in read_table(saved(tmp_path, content)) if isinstance(entry, Row))
    assert dict(found.values) == {"Number": "", "Title": "Fan", "Team": "", "Opened": ""}
    assert [problem.column for problem in found.problems] == ["Number", "Opened", "Team"]


@pytest.mark.parametrize(("kind", "text"), [
    ("Number", "1e999"), ("Number", "many"), ("DateTime", "soon"), ("Boolean", "perhaps"), ("", "x"), ("Odd", "x"),
])  # fmt: skip
def test_values_that_are_not_of_their_type_stay_texts(tmp_path: Path, kind: str, text: str) -> None:
    content = book(sheet("T", row(*HEADER), row("1", "Fan", cell(text, kind))))
    assert rows_of(saved(tmp_path, content))[0]["Team"] == text


BOMB = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10 if level else "x" * 100}">' for level in range(10))


@pytest.mark.parametrize(("content", "reason"), [
    (f"<!DOCTYPE a [{BOMB}]>" + book(sheet("T", row("&a9;"))).partition("?>\n")[2], "defines entities"),
    (book(sheet("T", row(*HEADER)))[:-30], "is not XML"),
    (book(sheet("T", row(*HEADER), row(cell("x", more=" ss:Index='100000000'")))), "more than 16,384 cells"),
    (book(sheet("T", row(*HEADER), row(cell("x", more=" ss:MergeAcross='20000'")))), "more than 16,384 cells"),
    (book(sheet("T", "<Row>" + "<Cell/>" * 60_000 + "</Row>")), "larger rows"),
    (book(sheet("T", row("x" * 13_000_000))), "an element has more than"),
    (book("<Worksheet/>" * 2_000), "more than 1,000 sheets"),
    (book(sheet("T", row(*HEADER), row("1", place=" ss:Index='99999999'"))), "more than 1,048,576 rows"),
    (book(), "no sheet with rows"),
    (book(sheet("T", "<a>" * 100 + "</a>" * 100)), "nests deeper"),
])  # fmt: skip
def test_spreadsheets_that_are_refused(tmp_path: Path, content: str, reason: str) -> None:
    for name in ("t.xls", "t.xml"):
        with pytest.raises(UnreadableFileError, match=reason):
            list(read_table(saved(tmp_path, content, name)))


@pytest.mark.parametrize("hostile", [
    "<NumberFormat ss:Format='0'/>" * 200_000,
    "".join(f"<Style ss:ID='{n}'><NumberFormat ss:Format='{'0' * 200}'/></Style>" for n in range(80_000)),
    "".join(f"<Worksheet ss:Name='{n}'>" + row(cell("x", more=" ss:Index='16384'")) * 20 + "</Worksheet>"
            for n in range(200)),
])  # fmt: skip
def test_hostile_spreadsheets_take_no_more_memory(tmp_path: Path, hostile: str) -> None:
    path = saved(tmp_path, book(hostile, sheet("T", row(*HEADER), row("1", "Fan"))))
    before = peak_memory()
    assert [row["Title"] for row in rows_of(path)] == ["Fan"]
    assert peak_memory() - before < MEMORY_LIMIT / 2
