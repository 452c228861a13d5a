"""Wiki markup and plain text: converts headings and lists of DokuWiki, MediaWiki, Jira and Confluence to Markdown."""

from __future__ import annotations

import re
from itertools import pairwise

_EQUALS = re.compile(r"^(={1,6})\s*([^=\s].*?)\s*\1\s*$")
_NUMBERED = re.compile(r"^h([1-6])\.\s+(.+)$")
_UNDERLINE = re.compile(r"^([~^\"+*#_.])\1{2,}\s*$")
_STEP = re.compile(r"^(#+)\s+(.*)$")
_ITEM = re.compile(r"^(\*+)\s+(.*)$")
_BOLD = re.compile(r"'''(.+?)'''")
_DOKUWIKI_TOP = 6
_UNDERLINED_LEVEL = 3


def wiki_to_markdown(text: str) -> str:
    """Return a text with its wiki headings and lists in Markdown; a text without any is unchanged.

    `== H ==` is below `= H =` in MediaWiki and above it in DokuWiki, where a page begins with the most marks.
    """
    rows = text.split("\n")
    marks = [len(match[1]) for row in rows if (match := _EQUALS.match(row.strip()))]
    is_dokuwiki = bool(marks) and marks[0] == max(marks) and marks[0] > min(*marks, 5)
    has_lists = (bool(marks) and not is_dokuwiki) or any(_NUMBERED.match(row) for row in rows)
    converted = [_row(row, is_dokuwiki=is_dokuwiki, has_lists=has_lists) for row in rows]
    for at, (row, below) in enumerate(pairwise(rows)):
        if _UNDERLINE.match(below) and row.strip() and abs(len(row.rstrip()) - len(below.rstrip())) <= 2:
            converted[at : at + 2] = [f"\n{'#' * _UNDERLINED_LEVEL} {row.strip()}", ""]
    return "\n".join(converted)


def _row(row: str, *, is_dokuwiki: bool, has_lists: bool) -> str:
    equals, numbered = _EQUALS.match(row.strip()), _NUMBERED.match(row)
    if equals is not None:
        level = _DOKUWIKI_TOP + 1 - len(equals[1]) if is_dokuwiki else len(equals[1])
        return f"\n{'#' * level} {equals[2]}\n"
    if numbered is not None:
        return f"\n{'#' * int(numbered[1])} {numbered[2]}\n"
    if not has_lists:
        return row
    for pattern, mark in ((_STEP, "1."), (_ITEM, "-")):
        if (item := pattern.match(row)) is not None:
            row = f"{'   ' * (len(item[1]) - 1)}{mark} {item[2]}"
    return _BOLD.sub(r"**\1**", row)
