"""Encodings: recognises and decodes the character encodings of exported files."""

from __future__ import annotations

import codecs

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FALLBACK = "cp1252"
_MANY_ZEROS = 0.3
_FEW_ZEROS = 0.05


def detect(head: bytes) -> str | None:
    """Return the encoding shown by the first bytes: a byte order mark, or UTF-16 by its zero bytes; else `None`."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    sample = head[:2000]
    if len(sample) >= 4:
        even, odd = sample[0::2].count(0) / len(sample[0::2]), sample[1::2].count(0) / len(sample[1::2])
        if max(even, odd) > _MANY_ZEROS and min(even, odd) < _FEW_ZEROS:
            return "utf-16-le" if odd > even else "utf-16-be"
    return None


def decode(content: bytes) -> str:
    """Return the text of a file: by its byte order mark, else UTF-8, else the Windows code page 1252."""
    found = detect(content)
    if found is not None:
        return content.decode(found, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(_FALLBACK, "replace")
