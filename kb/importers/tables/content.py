"""Content: what a file is by its first bytes, since many tools give files the ending of a workbook that are none."""

from __future__ import annotations

import re
import zipfile
from enum import Enum, auto
from pathlib import Path

from kb.importers.encodings import decode, detect
from kb.importers.tables.packing import open_binary, table_name
from kb.importers.tables.spreadsheet_xml import SPACE
from kb.records.rejects import UnreadableFileError
from kb.records.wording import Wording

_HEAD = 1 << 16
ZIP = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files of Excel 97 to 2003 begin, as those of its Word and PowerPoint do."""
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?(?:-->|\Z)\s*)*<(?:!doctype\s+html|html|head|meta|body|table|div|"
                   r"style|center|font|h\d|p)\b", re.IGNORECASE | re.DOTALL)  # fmt: skip
_WHOLE_PAGE = re.compile(r".{0,2000}?<(?:!doctype\s+)?html\b", re.IGNORECASE | re.DOTALL)
_SPREADSHEET = re.compile(rf"<(?:\w+:)?Workbook\b[^>]*{re.escape(SPACE)}", re.IGNORECASE)


class Content(Enum):
    """What a file holds."""

    WORKBOOK = auto()
    SPREADSHEET_XML = auto()
    HTML = auto()
    TEXT = auto()


def content_of(path: Path, *, is_xml: bool = False) -> Content:
    """Return what a file holds; raises UnreadableFileError for kinds that cannot be read.

    One that `is_xml` by its name is a page only where it says so: other XML may have a table too.
    """
    with open_binary(path) as file:
        head = file.read(_HEAD)
    if head.startswith(ZIP):
        if table_name(path) != path.name.lower():
            raise UnreadableFileError(Wording("{file}: holds another compressed file; unpack it", {"file": str(path)}))
        if has_workbook(path):
            return Content.WORKBOOK
    if head.startswith(_OLD_WORKBOOK):
        raise UnreadableFileError(
            Wording(
                "{file}: is a workbook as Excel wrote it until 2003: open it and save it as XLSX", {"file": str(path)}
            )
        )
    text = decode(head).lstrip("\ufeff")
    if text.startswith("MIME-Version:"):
        raise UnreadableFileError(
            Wording("{file}: is a web archive: open it and save it as XLSX or CSV", {"file": str(path)})
        )
    if _SPREADSHEET.search(text):
        return Content.SPREADSHEET_XML
    if _HTML.match(text) and (not is_xml or _WHOLE_PAGE.match(text)):
        return Content.HTML
    if "\0" in text and detect(head) is None:
        raise UnreadableFileError(
            Wording(
                "{file}: is binary, and no workbook that can be read; export it as XLSX or CSV", {"file": str(path)}
            )
        )
    return Content.TEXT


def has_workbook(path: Path) -> bool:
    """Return whether a zip file is a workbook."""
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        return "xl/workbook.xml" in archive.namelist()
