"""HTML: converts the text that a reader sees to Markdown, Confluence's storage format too."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import nh3
from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdownify import MarkdownConverter

_BLOCK = "p|div|br|hr|h[1-6]|ul|ol|li|dl|dt|dd|table|tbody|thead|tr|td|th|pre|blockquote|section|article|body|html|main"
_INLINE = "strong|b|em|i|u|span|font|a|img|code|small|sup|sub|strike|s|ac:[a-z-]+"
_TAG = re.compile(rf"<(?:/(?:{_BLOCK}|{_INLINE})\s*|(?:{_BLOCK}|{_INLINE})(?:\s[^<>]*)?/?)>", re.IGNORECASE)
_ESCAPED_TAG = re.compile(
    rf"(?:&lt;|&#0*60;|&#x0*3c;)/?(?:{_BLOCK}|{_INLINE})\b[^<>]*?(?:&gt;|&#0*62;|&#x0*3e;)", re.IGNORECASE
)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_MARKS = re.compile(r"\\(?=[!-/:-@\[-`{-~])|[*`]|<(?=[A-Za-z/!?])|&(?=#?\w+;)")
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_UNSEEN = ("script", "style", "noscript", "template", "head", "svg", "object", "iframe", "select", "input", "button")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLOCKS_IN_CELLS = ("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "table")
_PANELS = frozenset({"info", "note", "warning", "tip", "panel", "expand", "details", "excerpt"})
_CODE = frozenset({"code", "noformat"})
_CALLED_BY = ("title", "key", "subtext")


def is_html(text: str) -> bool:
    """Return whether a text is HTML, escaped or not, rather than plain text or Markdown."""
    return _TAG.search(text) is not None or _ESCAPED_TAG.search(text) is not None


def html_to_markdown(text: str) -> str:
    """Return what a reader sees of HTML as Markdown: headings, lists, tables, code and links, no styles, no comments.

    HTML that is escaped once more, as GLPI does, is read too. From HTML nested too deeply for a page, only its words
    are returned.
    """
    if _TAG.search(text) is None and _ESCAPED_TAG.search(text) is not None:
        text = html.unescape(text)
    text = _CDATA.sub(lambda part: html.escape(part[1]), text)
    try:
        page = BeautifulSoup(text, "html.parser")
        _prepare(page)
        found: str = _Converter().convert_soup(page)
    except (ParserRejectedMarkup, RecursionError, AssertionError):
        found = html.unescape(nh3.clean(text.replace("<", " <"), tags=set()))
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in found.split("\n"))).strip()


def _prepare(page: BeautifulSoup) -> None:
    """Drop what no reader sees, and tag what only looks like a structure as that structure."""
    for unseen in page.find_all(_UNSEEN):
        unseen.decompose()
    for hidden in page.find_all(style=_HIDDEN):
        hidden.decompose()
    for bold in page.find_all("span", style=_BOLD_STYLE):
        bold.name = "strong"
    for table in page.find_all("table"):
        if table.find(_BLOCKS_IN_CELLS) is not None:  # a table used only for layout
            for part in [table, *table.find_all(["tbody", "thead", "tr", "td", "th"])]:
                part.name = "div"


def _parameter(macro: Tag, name: str) -> str:
    for parameter in macro.find_all("ac:parameter", recursive=False):
        if parameter.get("ac:name") == name:
            return parameter.get_text(" ", strip=True)
    return ""


class _Converter(MarkdownConverter):
    """Converts as markdownify does, with the elements of Confluence's storage format."""

    def __init__(self) -> None:
        super().__init__(heading_style="ATX", bullets="-", newline_style="BACKSLASH", wrap=False)

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Escape only the characters that Markdown would interpret."""
        escaped = _MARKS.sub(r"\\\g<0>", text)
        return escaped.replace("|", r"\|") if "table" in parent_tags or "td" in parent_tags else escaped

    def convert_img(self, el: Tag, _text: str, **_: object) -> str:
        """Return an image by its alternative text; one that is embedded in the page has no address."""
        source, alternative = str(el.get("src") or ""), " ".join(str(el.get("alt") or "").split())
        if not source or source.lower().startswith("data:"):
            return alternative
        return f"![{alternative}]({source.replace(' ', '%20')})"

    def convert_summary(self, _el: Tag, text: str, **_: object) -> str:
        """Return the title of a collapsible block as a line in bold."""
        words = text.strip().strip("*").strip()
        return f"\n\n**{words}**\n\n" if words else ""

    def convert_ac_structured_macro(self, el: Tag, text: str, **_: object) -> str:
        """Return a macro's body, code as code, below its title; one without a body is its title or key."""
        name = str(el.get("ac:name") or "")
        title = next(filter(None, (_parameter(el, one) for one in _CALLED_BY)), "")
        plain = el.find("ac:plain-text-body", recursive=False)
        if name in _CODE or (plain is not None and name != "html"):
            code = plain.get_text() if plain is not None else ""
            return f"\n\n```{_parameter(el, 'language')}\n{code.strip(chr(10))}\n```\n\n" if code.strip() else ""
        if el.find("ac:rich-text-body", recursive=False) is not None:
            headed = f"**{title}**\n\n" if title and name in _PANELS else ""
            return f"\n\n{headed}{text.strip()}\n\n"
        return title if name in {"status", "jira"} else ""

    convert_ac_macro = convert_ac_structured_macro

    def convert_ac_parameter(self, _el: Tag, _text: str, **_: object) -> str:
        """Return nothing: the conversion of a macro reads its parameters."""
        return ""

    convert_ac_placeholder = convert_ac_task_id = convert_ac_task_status = convert_ac_parameter

    def convert_ac_task(self, _el: Tag, text: str, **_: object) -> str:
        """Return a task as an item of a list."""
        return f"\n- {text.strip()}\n"

    def convert_ac_link(self, el: Tag, text: str, **_: object) -> str:
        """Return a link by its text, or by the title of the page or the name of the file that it leads to."""
        return text.strip() or _resource(el)

    def convert_ac_image(self, el: Tag, _text: str, **_: object) -> str:
        """Return an attached image by its file's name."""
        target = _resource(el)
        return f"![{el.get('ac:alt') or ''}]({target.replace(' ', '%20')})" if target else ""

    def convert_time(self, el: Tag, text: str, **_: object) -> str:
        """Return a date from its attribute."""
        return text or str(el.get("datetime") or "")

    def convert_ac_rich_text_body(self, _el: Tag, text: str, **_: object) -> str:
        """Return a macro's body or a part of a layout as its blocks."""
        return f"\n\n{text.strip()}\n\n" if text.strip() else ""

    convert_ac_layout_section = convert_ac_layout_cell = convert_ac_task_list = convert_ac_rich_text_body


_RESOURCES: Mapping[str, str] = {
    "ri:page": "ri:content-title",
    "ri:blog-post": "ri:content-title",
    "ri:attachment": "ri:filename",
    "ri:url": "ri:value",
    "ri:shortcut": "ri:parameter",
}


def _resource(element: Tag) -> str:
    """Return what a link or image of Confluence leads to."""
    for name, attribute in _RESOURCES.items():
        target = element.find(name)
        if target is not None:
            return str(target.get(attribute) or "")
    return ""


def read_html_page(text: str) -> tuple[str, str]:
    """Return title and body of a page in HTML, the body as Markdown without navigation, header and footer."""
    try:
        page = BeautifulSoup(text, "html.parser")
    except (ParserRejectedMarkup, AssertionError):
        return "", html_to_markdown(text)
    named = page.find("h1") or page.find("title")
    title = " ".join(named.get_text(" ").split()) if named is not None else ""
    main = page.find("main") or page.find(id="main-content") or page.find("article")
    beside = ["nav", "header", "footer"] if main is not None else ["nav", "header", "footer", "aside"]
    for part in page.find_all(beside):
        if part.find(["h2", "h3"]) is None:
            part.decompose()
    main = main or page.find("body") or page
    return title, html_to_markdown(main.decode())
