"""AsciiDoc: titles, sections, lists, code and links of a page as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_HEADING = re.compile(r"^(={1,6})\s+(.+?)(?:\s+=+)?\s*$")
_ATTRIBUTE = re.compile(r"^:!?[\w-]+!?:(?:\s.*)?$")
_BLOCK_ATTRIBUTES = re.compile(r"^\[[^\]]*\]\s*$")
_BLOCK_TITLE = re.compile(r"^\.([^\s.].*)$")
_TERM = re.compile(r"^(\S.*?):{2,4}(?:\s+(.*))?$")
_NUMBERED = re.compile(r"^(\.{1,5})\s+(.*)$")
_BULLET = re.compile(r"^(\*{1,5})\s+(.*)$")
_CODE = re.compile(r"^(?:-{4,}|\.{4,}|```+)\s*\w*$")
_WRAPPER = re.compile(r"^(?:={4,}|\*{4,}|_{4,}|--)$")
_COMMENT_BLOCK = re.compile(r"^/{4,}$")
_LINK = re.compile(r"(?:link:|(?=https?://))([^\s\[\]]+)\[([^\]]*)\]")
_REFERENCE = re.compile(r"(?:xref:([^\s\[\]]+)\[([^\]]*)\]|<<([^<>,]+)(?:,\s*([^<>]+))?>>)")
_IMAGE = re.compile(r"image::?([^\s\[\]]+)\[([^\],]*)[^\]]*\]")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")


def asciidoc_to_markdown(text: str) -> str:
    """Return the Markdown of a text in AsciiDoc; what has no counterpart in Markdown stays as written."""
    return "\n".join(_converted(text.split("\n")))


def _converted(rows: Sequence[str]) -> Iterator[str]:
    code = comment = ""
    for row in (row.rstrip() for row in rows):
        if comment:
            comment = "" if row == comment else comment
        elif code:
            yield "```" if row == code else row
            code = "" if row == code else code
        elif _COMMENT_BLOCK.match(row):
            comment = row
        elif _CODE.match(row):
            code = row.split()[0] if row.startswith("```") else row
            yield "```"
        elif not (row.startswith("//") or _ATTRIBUTE.match(row) or _BLOCK_ATTRIBUTES.match(row) or _WRAPPER.match(row)):
            yield _line(row)
    if code:
        yield "```"


def _line(row: str) -> str:
    row = _IMAGE.sub(r"![\2](\1)", _LINK.sub(lambda link: f"[{link[2] or link[1]}]({link[1]})", row))
    row = _REFERENCE.sub(lambda link: link[2] or link[4] or link[1] or link[3], row)
    row = _BOLD.sub(r"**\1**", row)
    if (heading := _HEADING.match(row)) is not None:
        return f"\n{'#' * len(heading[1])} {heading[2]}\n"
    if (titled := _BLOCK_TITLE.match(row)) is not None:
        return f"\n**{titled[1]}**\n"
    if (term := _TERM.match(row)) is not None and "//" not in row:
        return f"\n**{term[1]}**\n\n{term[2] or ''}".rstrip()
    for pattern, mark in ((_NUMBERED, "1."), (_BULLET, "-")):
        if (item := pattern.match(row)) is not None:
            return f"{'   ' * (len(item[1]) - 1)}{mark} {item[2]}"
    return row
