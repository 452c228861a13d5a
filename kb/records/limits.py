"""Limits: how much memory a file from outside may take, whatever it unpacks to."""

from __future__ import annotations

from kb.records.rejects import UnreadableFileError
from kb.records.wording import Wording

MEGABYTE = 1_000_000

MEMORY_LIMIT = 256 * MEGABYTE
"""Memory that reading any file may take beyond what the process has; the limits below keep to it together."""

RECORD_LIMIT = 12 * MEGABYTE
"""Characters of one row or element: at four bytes each, held twice while it is read, they fit the memory limit."""

DOCUMENT_LIMIT = 64 * MEGABYTE
"""Bytes of what must be held whole, such as a JSON document or a workbook's texts."""

REQUEST_LIMIT = 64 * 2**20
"""Bytes of one request to the API, and so of a file that the desk takes."""

DEPTH_LIMIT = 64
"""Levels of nesting; no ticket tool nests deeper than ten."""

RATIO_LIMIT = 100
"""How often its packed size a file may unpack to: exports reach 30, deflate can reach 1,032."""

RATIO_FROM = 4 * MEGABYTE
"""Bytes from which the ratio counts; what is smaller harms nobody."""

ALIAS_LIMIT = 100
"""Aliases in one YAML text: nine nested ones can stand for a billion values."""


def check_unpacked(name: str, *, packed: int, unpacked: int) -> None:
    """Raise UnreadableFileError where a file unpacks to far more than any export does."""
    if unpacked > RATIO_FROM and unpacked > RATIO_LIMIT * max(packed, 1):
        raise UnreadableFileError(
            Wording(
                "{file}: unpacks to more than {limit} times its size, as no export does; unpack it yourself and "
                "look at what it holds",
                {"file": name, "limit": RATIO_LIMIT},
            )
        )


def check_document(name: str, size: int, limit: int = DOCUMENT_LIMIT) -> None:
    """Raise UnreadableFileError where what must be held whole is larger than a number of bytes."""
    if size > limit:
        raise UnreadableFileError(
            Wording(
                "{file}: is larger than the {limit} MB that can be read at once; export it as CSV or JSON "
                "Lines, or in parts",
                {"file": name, "limit": limit // MEGABYTE},
            )
        )
