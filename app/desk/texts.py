"""Texts on pages: whatever came from a ticket is shown as it is, never as markup."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from datetime import date

import nh3
from markdown_it import MarkdownIt

from app.desk.language import _, in_sentence, number, plain_day
from app.schemas.wordings import WordingView
from kb.records.wording import Values, Wording

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


def worded(text: str, wording: WordingView | None = None) -> str:
    """Return what the service says, in the reader's language where it is a wording or the parts of one are given."""
    said = text if wording is None else wording.wording()
    return sentence(said.template, said.values) if isinstance(said, Wording) else said


def sentence(template: str, values: Values) -> str:
    """Return a sentence that the service tells with places in braces, in the reader's language."""
    return _(template).format(**{name: _shown(name, value) for name, value in values.items()})


def _shown(name: str, value: str | int | Sequence[Wording]) -> str:
    if isinstance(value, int):
        return number(value)
    if not isinstance(value, str):
        return "; ".join(map(worded, value))
    return _MEANT[name](value) if name in _MEANT else value


def _inside(name: str) -> str:
    return in_sentence(title_of(name))


def _either(names: str) -> str:
    return _(" or ").join(map(_inside, names.split(" or ")))


_MEANT: dict[str, Callable[[str], str]] = {
    "field": _inside,
    "input": title_of,
    "fields": lambda names: ", ".join(map(_inside, names.split(", "))),
    "state": _inside,
    "to": _inside,
    "states": _either,
    "role": _inside,
    "roles": _either,
    "day": lambda day: plain_day(date.fromisoformat(day)),
    "file": lambda name: name.replace("upload", _("the file"), 1) if name.startswith("upload") else name,
}
"""How what stands in a place is shown, by the name of the place (`kb.records.wording`)."""


def article_html(text: str) -> str:
    """An article's Markdown as harmless HTML: no scripts, no images, links only to web pages."""
    return nh3.clean(_MARKDOWN.render(text), tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"})
