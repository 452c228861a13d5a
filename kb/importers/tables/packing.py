"""Packing: reads tables in gzip and zip files, and unpacks no more than an export can hold."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from pathlib import Path
from typing import IO, Any

from kb.importers.encodings import detect
from kb.records.limits import check_unpacked
from kb.records.rejects import UnreadableFileError
from kb.records.wording import Wording

_WORKBOOKS = (".xlsx", ".xlsm")
_UTF8_STEP = 1 << 20
_BUFFER = 1 << 17  # bytes: counting what is unpacked costs nothing at this size


def table_name(path: Path) -> str:
    """Return the name of the table that a file is or holds, in lower case and without the ending of its packing."""
    return (_zipped(path) if _is_zip(path) else path.name).lower().removesuffix(".gz")


def open_text(path: Path, encoding: str | None, *, otherwise: str = "cp1252") -> IO[str]:
    """Open a table as text, in the given encoding, else the recognised one, `otherwise` where it is not UTF-8."""
    errors = "strict"
    if encoding is None:
        with open_binary(path) as probe:
            head = probe.read(65536)
        encoding = detect(head) or ("utf-8" if _is_utf8(path) else otherwise)
        errors = "replace"
    return io.TextIOWrapper(open_binary(path), encoding=encoding, errors=errors, newline="")


def open_binary(path: Path) -> io.BufferedReader:
    """Open a table as bytes; reading raises UnreadableFileError where it unpacks to more than any export has."""
    if _is_zip(path):
        archive = zipfile.ZipFile(path)
        entry = archive.getinfo(_zipped(path))
        check_unpacked(str(path), packed=entry.compress_size, unpacked=entry.file_size)
        stream: Any = archive.open(entry)
        return io.BufferedReader(stream)
    if path.name.lower().endswith(".gz"):
        return io.BufferedReader(_Unpacked(path), _BUFFER)
    return io.BufferedReader(path.open("rb", buffering=0))


class _Unpacked(io.RawIOBase):
    """A gzip file that counts its unpacked bytes, since the size stated in a gzip file is not reliable."""

    def __init__(self, path: Path) -> None:
        self._file = gzip.GzipFile(path)
        self._path = path
        self._packed = path.stat().st_size
        self._unpacked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer)
        self._unpacked += count
        check_unpacked(str(self._path), packed=self._packed, unpacked=self._unpacked)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _is_zip(path: Path) -> bool:
    return path.name.lower().endswith(".zip")


def _zipped(path: Path) -> str:
    """Return the name of the one table in a zip file."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and "__MACOSX" not in entry.filename]
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise UnreadableFileError(
            Wording(
                "{file}: the zip file is damaged ({reason}); make it again", {"file": str(path), "reason": str(error)}
            )
        ) from None
    if len(entries) != 1 or entries[0].flag_bits & 1 or entries[0].filename.lower().endswith(_WORKBOOKS):
        raise UnreadableFileError(
            Wording(
                "{file}: a zip file must hold one CSV, JSON or XML file without password; unpack it",
                {"file": str(path)},
            )
        )
    if stat.S_ISLNK(entries[0].external_attr >> 16):
        raise UnreadableFileError(
            Wording("{file}: holds a link to a file instead of the file; zip the file itself", {"file": str(path)})
        )
    return entries[0].filename


def _is_utf8(path: Path) -> bool:
    with io.TextIOWrapper(open_binary(path), encoding="utf-8", newline="") as file:
        try:
            while file.read(_UTF8_STEP):
                pass
        except UnicodeDecodeError:
            return False
    return True
