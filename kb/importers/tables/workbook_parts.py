"""Workbook parts: checks the XML files in a workbook before they are read."""

from __future__ import annotations

import zipfile
from pathlib import Path

from kb.records.limits import MEGABYTE, MEMORY_LIMIT, check_document, check_unpacked
from kb.records.rejects import UnreadableFileError
from kb.records.wording import Wording

_ROW_LIMIT = 4 * MEGABYTE
"""Bytes of one row of a sheet: 120 cells of the 32,767 characters that Excel allows."""
_TREE_LIMIT = 8 * MEGABYTE
"""Bytes of a part that is read as a tree, such as styles, which takes twenty times as much memory."""
_TEXTS = "xl/sharedStrings.xml"
_TEXT_SIZE = 150
"""Bytes that openpyxl takes for each text beside its characters: 450 MB for 2,700,000 texts of 5, measured."""
_SHEETS = "xl/worksheets/"
_UNREAD = ("xl/pivot", "xl/media", "xl/drawings", "xl/charts", "xl/comments", "xl/embeddings", "customXml")
_STEP = 1 << 16


def has_formulas(path: Path) -> bool:
    """Check every part of a workbook, and return whether any sheet holds a formula.

    Raises UnreadableFileError where a part unpacks to more than can be read.
    """
    formulas = False
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or entry.filename.startswith(_UNREAD):
                continue
            check_unpacked(str(path), packed=entry.compress_size, unpacked=entry.file_size)
            if entry.filename.startswith(_SHEETS) and entry.filename.endswith(".xml"):
                formulas |= _sheet_has_formulas(path, archive, entry)
            elif entry.filename == _TEXTS:
                check_document(f"{path}, {_TEXTS}", entry.file_size)
                check_document(f"{path}, {_TEXTS}", _memory_of_texts(archive, entry), MEMORY_LIMIT)
            else:
                check_document(f"{path}, {entry.filename}", entry.file_size, _TREE_LIMIT)
    return formulas


def _memory_of_texts(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Estimate the bytes that a workbook's texts take in memory, where all are held at once."""
    with archive.open(entry) as part:
        texts = sum(piece.count(b"<si") for piece in iter(lambda: part.read(_STEP), b""))
    return 2 * entry.file_size + _TEXT_SIZE * texts


def _sheet_has_formulas(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Return whether a sheet holds a formula; raise where a row is too large, since rows are read one by one."""
    size, formulas, end = 0, False, b""
    with archive.open(entry) as part:
        while piece := part.read(_STEP):
            seen = end + piece  # a match may span two pieces
            formulas = formulas or b"<f>" in seen or b"<f " in seen
            first, last = seen.find(b"<row"), seen.rfind(b"<row")
            if size + (first if first >= 0 else len(piece)) > _ROW_LIMIT:
                raise UnreadableFileError(
                    Wording(
                        "{file}: a row of {part} has more than {limit} MB; export it as CSV",
                        {"file": str(path), "part": entry.filename, "limit": _ROW_LIMIT // MEGABYTE},
                    )
                )
            size = size + len(piece) if first < 0 else len(seen) - last
            end = seen[-3:]
    return formulas
