"""Markdown: the headed parts of a text and its plain words, by the tokens of markdown-it-py."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

# Quotes in lists in quotes: more than anybody writes, and few enough for Python's stack.
_NESTING = 60
_INLINE = MarkdownIt("commonmark", {"maxNesting": _NESTING})
_BLOCKS = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table").disable("inline")
LINES_LIMIT = 20_000
"""A body of more lines is no article, and its tokens would take more memory than a service should lend to one."""
# A longer line above `---` is a paragraph above a rule whose author left no blank line.
_UNDERLINED_LIMIT = 150
# A longer one is no prose, and what marks it holds would take time by the square of its length.
_PARAGRAPH_LIMIT = 10_000
_WIKI_LINK = re.compile(r"!?\[\[(?:[^\[\]|]+\|)?([^\[\]|\s][^\[\]|]*)\]\]")
# What opens and closes a box of Docusaurus, Pandoc or Microsoft's documentation: only its title is read.
_DIRECTIVE = re.compile(
    r":::[\w-]+(?P<inside>(?:[^:\n]|:(?!::))*):::|^[ \t]*:::+[ \t]*[\w-]*(?P<line>.*)$", re.MULTILINE
)
_ATTRIBUTE = re.compile(r"""[\w-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s\]}]+)|\{[^}]*\}""")
_AFTER = {
    "td_close": " | ",
    "th_close": " | ",
    "tr_close": "\n",
    "paragraph_close": "\n\n",
    "heading_close": "\n\n",
    "table_close": "\n",
    "bullet_list_close": "\n",
    "ordered_list_close": "\n",
}


def blocks(body: str) -> list[Token]:
    """Return the block tokens of a body, whose `map` counts the lines of `lines`; inline texts are not parsed."""
    return _BLOCKS.parse(body) if body.count("\n") <= LINES_LIMIT else []


def lines(body: str) -> list[str]:
    """Return the lines of a body as CommonMark counts them, so that a line separator inside one stays."""
    return body.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def headings(tokens: list[Token]) -> Iterator[tuple[int, int, int, str]]:
    """Yield (first line, line after, level, text) of each heading that stands in no quote and no list.

    What looks like one inside code or an HTML comment is none.
    """
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open" or opening.level or opening.map is None:
            continue
        underlined = opening.markup in {"=", "-"}
        if underlined and ("\n" in inline.content or len(inline.content) > _UNDERLINED_LIMIT):
            continue
        yield opening.map[0], opening.map[1], int(opening.tag[1:]), inline.content


def headed_parts(body: str) -> Iterator[tuple[int, str, str]]:
    """Yield the parts of a body as (level, heading, text); what stands before the first heading has level 0."""
    rows = lines(body)
    level, heading, start = 0, "", 0
    for first, after, following, text in headings(blocks(body)):
        yield level, heading, "\n".join(rows[start:first]).strip()
        level, heading, start = following, text, after
    yield level, heading, "\n".join(rows[start:]).strip()


def plain_text(text: str) -> str:
    """Return the words of a Markdown text: links and images by their text, no marks, no HTML.

    Blocks are a blank line apart, items of a list and rows of a table a line.
    """
    if text.count("\n") > LINES_LIMIT:
        return text.strip()
    return "".join(_token_words(token) for token in blocks(text)).replace("\u00a0", " ").strip()


def _token_words(token: Token) -> str:
    match token.type:
        case "inline":
            return inline_text(token.content)
        case "fence" | "code_block":
            return f"{token.content}\n"
        case "html_block":
            return f"{html.unescape(nh3.clean(token.content.replace('<', ' <'), tags=set()))}\n\n"
        case "list_item_open":
            return f"{token.info}{token.markup} " if token.info else "- "
        case "paragraph_close" if token.hidden:
            return "\n"
        case _:
            return _AFTER.get(token.type, "")


def inline_text(content: str) -> str:
    """Return the words of a paragraph, a heading or a cell."""
    content = _WIKI_LINK.sub(r"\1", _DIRECTIVE.sub(_directive_title, content) if ":::" in content else content)
    return _words(inline_tokens(content)) if len(content) <= _PARAGRAPH_LIMIT else content


def _directive_title(directive: re.Match[str]) -> str:
    return _ATTRIBUTE.sub("", directive["inside"] or directive["line"] or "").strip(" \t:[]")


def inline_tokens(content: str) -> list[Token]:
    """Return the tokens of a paragraph, a heading or a cell."""
    return _INLINE.parseInline(content)[0].children or []


def _words(tokens: Iterable[Token]) -> str:
    pieces = list[str]()
    for token in tokens:
        match token.type:
            case "softbreak" | "hardbreak":
                pieces.append("\n")
            case "image":
                pieces.append(_words(token.children or ()))
            case "html_inline":
                pieces.append(" ")
            case _:
                pieces.append(token.content)
    return "".join(pieces)
