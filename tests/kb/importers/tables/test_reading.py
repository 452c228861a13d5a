from __future__ import annotations

import gzip
import json
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.importers.tables import Row, read_table
from kb.records.rejects import Reject, RejectKind, UnreadableFileError


def rows_of(path: Path) -> list[dict[str, str]]:
    return [dict(row.values) for row in read_table(path) if isinstance(row, Row)]


def rejects_of(path: Path) -> list[Reject]:
    return [row for row in read_table(path) if isinstance(row, Reject)]


def problems_of(path: Path) -> list[Reject]:
    return [problem for row in read_table(path) if isinstance(row, Row) for problem in row.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_usual_encoding_is_recognised(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("number;text\n1;Drucker „kaputt“ – größer als zuvor\n", encoding=encoding)
    assert rows_of(path) == [{"number": "1", "text": "Drucker „kaputt“ – größer als zuvor"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_recognised(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f'a{delimiter}b\n"x, y; z"{delimiter}2\n')
    assert rows_of(path) == [{"a": "x, y; z", "b": "2"}]


def test_line_ends_and_zeros_inside_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'a,b\r\n"first\r\nsecond",x\x00y\r\n')
    assert rows_of(path) == [{"a": "first\r\nsecond", "b": "xy"}]


def test_an_unclosed_quote_costs_one_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,good\n2,"never closed\n3,good too\n4,"quoted"\n5,last\n')
    assert [row["a"] for row in rows_of(path)] == ["1", "3", "4", "5"]
    (reject,) = rejects_of(path)
    assert (reject.file, reject.row) == ("t.csv", 3)
    assert "CSV" in reject.reason or "quote" in reject.reason


def test_an_unclosed_quote_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,good\n2,"never closed\n3,good too\n')
    assert [row["a"] for row in rows_of(path)] == ["1", "3"]
    assert [(reject.row, reject.reason) for reject in rejects_of(path)] == [(3, "a quote is opened and never closed")]


def test_rows_with_too_many_or_too_few_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("number,text,group\n1,short\n2,x,y,z\n\n3,ok,\nalone\n4,fine,G,,\n")
    assert [(row["number"], row["group"]) for row in rows_of(path)] == [("1", ""), ("3", ""), ("4", "G")]
    assert [(reject.row, reject.reason) for reject in rejects_of(path)] == [
        (3, "has 4 cells, the header has 3"),
        (6, "has 1 cells, the header has 3"),
        (None, "row 2 with fewer cells than the header: the last ones count as empty"),
    ]


def test_a_cell_of_10_mb_is_left_empty_and_its_row_kept(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b\n1,{'x' * 10_000_000}\n2,ok\n")
    assert rows_of(path) == [{"a": "1", "b": ""}, {"a": "2", "b": "ok"}]
    (problem,) = problems_of(path)
    assert (problem.row, problem.column, problem.kind) == (2, "b", RejectKind.CELL)
    assert "10,000,000 characters, at most 100,000" in problem.reason


def test_gzip_and_a_damaged_gzip(tmp_path: Path) -> None:
    whole = gzip.compress(b"a\n" + b"some words\n" * 5000)
    (tmp_path / "t.csv.gz").write_bytes(whole)
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "not.csv.gz").write_bytes(b"plain words")
    assert len(rows_of(tmp_path / "t.csv.gz")) == 5000
    for name in ("cut.csv.gz", "not.csv.gz"):
        with pytest.raises(UnreadableFileError, match="damaged or cut off"):
            rows_of(tmp_path / name)


@pytest.mark.parametrize(("name", "content", "reason"), [
    ("t.csv", b"", "the file is empty"),
    ("t.csv", b"\n\n", "the file is empty"),
    ("t.json", b"{", "is not JSON"),
    ("t.json", b'{"a": 1}', "holds no list"),
    ("t.json", b"[]", "is empty"),
    ("t.xlsx", b"no workbook", "is not an Excel workbook"),
    ("t.pdf", b"%PDF", "cannot be read; supported: CSV"),
])  # fmt: skip
def test_files_of_which_nothing_can_be_read(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFileError, match=reason):
        rows_of(tmp_path / name)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no such file"):
        rows_of(tmp_path / "none.csv")


def test_json_of_other_tools(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    record = {
        "number": "1",
        "group": {"display_value": "Network", "link": "x"},
        "tags": ["a", "b"],
        "n": 3,
        "open": True,
        "none": None,
    }
    path.write_text(json.dumps({"result": [record]}))
    assert rows_of(path) == [{"number": "1", "group": "Network", "tags": "a|b", "n": "3", "open": "true", "none": ""}]
    jira = {"issues": [{"key": "OPS-1", "fields": {"summary": "s", "priority": {"name": "High"}}}]}
    path.write_text(json.dumps(jira))
    assert rows_of(path) == [{"key": "OPS-1", "summary": "s", "priority": "High"}]


def test_json_lines_with_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": "1"}\n{broken\n\n["no object"]\n{"a": "2"}\n')
    assert [row["a"] for row in rows_of(path)] == ["1", "2"]
    assert [reject.row for reject in rejects_of(path)] == [2, 4]


def test_workbook_keeps_labels_and_lists_formulas_without_result(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (["number", "category", "text"], [1, 4, "a"], [2, 5, '=CONCAT("x","y")'], [3, "007", "c"]):
        sheet.append(line)
    book.save(tmp_path / "t.xlsx")
    assert rows_of(tmp_path / "t.xlsx") == [
        {"number": "1", "category": "4", "text": "a"},
        {"number": "2", "category": "5", "text": ""},
        {"number": "3", "category": "007", "text": "c"},
    ]
    (problem,) = problems_of(tmp_path / "t.xlsx")
    assert (problem.row, problem.column, problem.kind) == (3, "text", RejectKind.CELL)
    assert "formula" in problem.reason


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from(["t.csv", "t.jsonl", "t.json", "t.xlsx", "t.csv.gz", "t.xls", "t.html"])
)
def test_any_bytes_give_rows_rejects_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / name
    path.write_bytes(content)
    try:
        assert all(isinstance(row, Row | Reject) for row in read_table(path))
    except UnreadableFileError as error:
        assert str(path) in str(error)
