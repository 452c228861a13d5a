"""Sentences: a text split at sentence and line ends."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])([\"'\u201d\u2019)\]]*)\s+(?=[^\sa-z])|()\n+")
_ABBREVIATED = re.compile(r"(?:^|\s)(?:e\.g|i\.e|etc|approx|no|nr|mr|mrs|dr|vs|z\.B|bzw|ca)\.$", re.IGNORECASE)


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text, in order and unchanged."""
    found = list[str]()
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.end(end.lastindex or 0)]
        if "\n" not in end.group() and _ABBREVIATED.search(piece):
            continue
        found.append(piece.strip())
        start = end.end()
    found.append(text[start:].strip())
    return [piece for piece in found if piece]
