"""Texts on pages: whatever came from a ticket is shown as it is, never as markup."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import date

import nh3
from markdown_it import MarkdownIt

from app.desk.language import _, in_sentence, number, plain_day

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_TAGS = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote",
    "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@&=^])")
# what Streamlit's Markdown makes a link, even where it is escaped; a word joiner, which nobody sees, keeps it text
_LINK = re.compile(r"(://|\bwww(?=\.))(?=\w|\.)", re.IGNORECASE)
_JOINER = "\u2060"


def plain(text: str) -> str:
    """HTML that shows a text letter by letter, its line ends kept."""
    return html.escape(text).replace("\n", "<br>")


def label(text: str, limit: int = 80) -> str:
    """A text as the label of a button or tab, where Streamlit would read Markdown and make addresses links."""
    line = " ".join(text.split())
    short = line if len(line) <= limit else f"{line[: limit - 1]}…"
    return _SPECIAL.sub(r"\\\1", _LINK.sub(rf"\1{_JOINER}", short))


def title_of(name: str) -> str:
    """Return what a field is called on a page."""
    return _(name.replace("_", " ").capitalize())


def sentence(template: str, values: Mapping[str, str | int]) -> str:
    """Return a sentence that the service tells with places in braces, in the reader's language."""
    return _(template).format(**{name: _shown(name, value) for name, value in values.items()})


def _shown(name: str, value: str | int) -> str:
    if isinstance(value, int):
        return number(value)
    if name == "field":
        return in_sentence(title_of(value))
    return plain_day(date.fromisoformat(value)) if name == "day" else value


def article_html(text: str) -> str:
    """An article's Markdown as harmless HTML: no scripts, no images, links only to web pages."""
    return nh3.clean(_MARKDOWN.render(text), tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"})
