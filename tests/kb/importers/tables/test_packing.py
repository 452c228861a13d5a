from __future__ import annotations

import gzip
import io
import stat
import zipfile
from pathlib import Path

import openpyxl
import pytest

from kb.importers.tables import Row, read_table
from kb.records.limits import RECORD_LIMIT
from kb.records.rejects import UnreadableFileError

BOMB = b"number,description\n1," + b"a" * 8_000_000 + b"\n"


def packed(name: str, content: bytes, *, mode: int = 0) -> bytes:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = mode << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(entry, content)
    return file.getvalue()


@pytest.mark.parametrize(("name", "content"), [
    ("t.csv.gz", gzip.compress(BOMB)),
    ("t.zip", packed("t.csv", BOMB)),
    ("t.json.gz", gzip.compress(b'[{"title": "' + BOMB + b'"}]')),
    ("t.xml.gz", gzip.compress(b"<a><i><title>" + BOMB)),
])  # fmt: skip
def test_what_unpacks_beyond_any_export_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFileError, match="unpacks to more than 100 times its size"):
        list(read_table(tmp_path / name))


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_that_unpacks_beyond_any_export_is_refused(tmp_path: Path, part: str) -> None:
    path = tmp_path / "t.xlsx"
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content + b" " * 8_000_000 if name == part else content)
    with pytest.raises(UnreadableFileError, match="unpacks to more than"):
        list(read_table(path))


def test_a_workbook_of_more_texts_than_memory_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    openpyxl.Workbook().save(path)
    texts = "".join(f"<si><t>{number:x}</t></si>" for number in range(1_700_000))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst>{texts}</sst>")
    with pytest.raises(UnreadableFileError, match="can be read at once"):
        list(read_table(path))


def test_a_line_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"number,description\n1," + b"a" * RECORD_LIMIT)
    with pytest.raises(UnreadableFileError, match="longer than"):
        list(read_table(tmp_path / "t.csv"))


def test_a_zipped_table_and_a_link_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "t.zip").write_bytes(packed("t.xml", b"<a><i><id>1</id><title>Fan noise</title></i></a>"))
    assert [row.values["title"] for row in read_table(tmp_path / "t.zip") if isinstance(row, Row)] == ["Fan noise"]
    (tmp_path / "link.zip").write_bytes(packed("t.csv", b"../secret.csv", mode=stat.S_IFLNK | 0o777))
    with pytest.raises(UnreadableFileError, match="holds a link"):
        list(read_table(tmp_path / "link.zip"))
