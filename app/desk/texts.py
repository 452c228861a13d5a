"""Texts on pages: whatever came from a ticket is shown as it is, never as markup."""

from __future__ import annotations

import html
import re

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_TAGS = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote",
    "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@&=^])")


def plain(text: str) -> str:
    """HTML that shows a text letter by letter, its line ends kept."""
    return html.escape(text).replace("\n", "<br>")


def label(text: str, limit: int = 80) -> str:
    """A text as the label of a button or tab, where Streamlit would read Markdown."""
    line = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", line if len(line) <= limit else f"{line[: limit - 1]}…")


def article_html(text: str) -> str:
    """An article's Markdown as harmless HTML: no scripts, no images, links only to web pages."""
    return nh3.clean(_MARKDOWN.render(text), tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"})
