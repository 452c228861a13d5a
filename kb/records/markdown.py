"""Markdown: front matter, headings and the plain words of a text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from kb.records.rejects import UnreadableFileError

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)")
_TAG = re.compile(r"(?<!\\)</?[A-Za-z][^<>]{0,300}>")
_MARK = re.compile(r"[*`]{1,3}|^\s{0,3}>\s?|^\s*\|?\s*:?-{3,}.*$|^:::.*$", re.MULTILINE)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!<>|])")


class FrontMatterError(UnreadableFileError):
    """The YAML between the `---` lines cannot be read; the message says where."""


def split_front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """Front matter and body of a Markdown text; no front matter is an empty mapping.

    Raises FrontMatterError where it is opened but not closed, or is not a YAML mapping.
    """
    if not text.startswith("---"):
        return {}, text
    lines = text.splitlines(keepends=True)
    if lines[0].strip() != "---":
        return {}, text
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() in ("---", "..."):
            return _mapping("".join(lines[1:number])), "".join(lines[number + 1 :])
    raise FrontMatterError("the front matter opened by --- on line 1 is never closed")


def _mapping(text: str) -> Mapping[str, Any]:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" on line {mark.line + 2}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise FrontMatterError(f"the front matter is not valid YAML{where}: {problem}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FrontMatterError("the front matter is not a list of `name: value` lines")
    return {str(key): entry for key, entry in value.items()}


def headed_parts(body: str) -> Iterator[tuple[int, str, str]]:
    """Parts of a body as (level, heading, text); what stands before the first heading has level 0.

    A `#` inside a fenced code block is no heading.
    """
    level, heading, held, fence = 0, "", list[str](), ""
    for line in body.splitlines():
        opened = _FENCE.match(line)
        if opened:
            mark = opened[1]
            if not fence:
                fence = mark
            elif mark.startswith(fence):
                fence = ""
        found = None if fence or opened else _HEADING.match(line)
        if found is None:
            held.append(line)
            continue
        yield level, heading, "\n".join(held).strip()
        level, heading, held = len(found[1]), found[2], []
    yield level, heading, "\n".join(held).strip()


def plain_text(text: str) -> str:
    """The words of a Markdown text: links and images by their text, no marks, no HTML."""
    text = _COMMENT.sub(" ", text)
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))
    text = "\n".join(line for line in text.splitlines() if not _FENCE.match(line))
    text = _MARK.sub("", _TAG.sub(" ", text))
    text = re.sub(r"^#{1,6}\s+", "", text, flags=re.MULTILINE)
    return html.unescape(_ESCAPE.sub(r"\1", text)).replace("\u00a0", " ").strip()
