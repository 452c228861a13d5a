"""HTML: what a reader of a text in HTML sees, and entities and embedded files in any text."""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = ("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
           "fieldset", "figure", "footer", "form", "header", "hr", "html", "legend", "li", "main", "menu", "nav", "ol",
           "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", *_HEADINGS)  # fmt: skip
_CELLS = ("td", "th")
_INLINE = ("a", "abbr", "acronym", "audio", "b", "base", "bdi", "bdo", "big", "br", "button", "canvas", "cite", "code",
           "col", "colgroup", "data", "del", "dfn", "em", "embed", "figcaption", "font", "head", "i", "iframe", "img",
           "input", "ins", "kbd", "label", "link", "mark", "meta", "nobr", "noscript", "object", "optgroup", "option",
           "param", "picture", "q", "s", "samp", "script", "select", "small", "source", "span", "strike", "strong",
           "style", "sub", "sup", "svg", "template", "textarea", "time", "title", "tt", "u", "var", "video", "wbr",
           "xml")  # fmt: skip
# Tags that only Office writes, such as <o:p>, <w:WordDocument> and <st1:place>.
_NAME = rf"(?:{'|'.join((*_BLOCKS, *_CELLS, *_INLINE))}|(?:[omvwx]|st1):\w+)"
_TAG = re.compile(rf"<(/?){_NAME}(?:\s[^<>]*)?/?>", re.IGNORECASE)
# Anything else in angle brackets is words: an address, a placeholder, an XML snippet that was pasted.
_NO_TAG = re.compile(rf"<(?!/?{_NAME}[\s/>]|!--|!doctype|!\[|\?xml:namespace)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}\d{0,2});")
_DATA_URI = re.compile(r"data:[\w.+-]{1,60}/[\w.+-]{1,80}(?:;[\w=.-]{1,80}){0,4},[A-Za-z0-9+/=%_-]*")
_UNSEEN = "head,style,script,title,template,noscript,[hidden]," + ",".join(
    f"[style*='{rule}' i]" for rule in ("display:none", "display: none", "mso-hide:all")
)
# Tags beyond which nesting is counted, and the depth beyond which the tags are cut out without a parse: parsing takes
# a time that grows with the square of the depth (20,000 nested <div>: 8 s), and no mail program nests beyond a hundred.
_MANY_TAGS, _DEEPEST = 1000, 500
_BREAK, _QUOTE, _END = "\ue000", "\ue001", "\ue002"  # characters of private use, which no text has
_MARKS = re.compile(f"[{_BREAK}{_QUOTE}{_END}]")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK = re.compile(r"\n{3,}")
_INVISIBLE = re.compile("[\u200b\u200c\u2060\ufeff\u00ad]")


def visible_text(text: str) -> str:
    """Return what a reader sees of a text that may be HTML, with entities resolved and embedded files left out.

    A text that only mentions angle brackets keeps every word. Quoted parts of HTML begin with `> `, as in plain mail.
    """
    if "data:" in text:
        text = _DATA_URI.sub(" ", text)
    if "<" in text and _is_html(text):
        return _seen(text)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text).replace("\xa0", " ")
        if "<" in text and _is_html(text):  # some tools escape the HTML that they export
            return _seen(text)
    return text


def _is_html(text: str) -> bool:
    """Whether a text is HTML: it begins with a tag, closes one, has one with an attribute, or has two of them."""
    found = _TAG.search(text)
    if found is None:
        return False
    return (
        not text[: found.start()].strip()
        or bool(found[1])
        or "=" in found[0]
        or _TAG.search(text, found.end()) is not None
    )


def _seen(text: str) -> str:
    text = _MARKS.sub("", text)
    if text.count("<") > _MANY_TAGS and _depth(text) > _DEEPEST:
        return _tidy(html.unescape(_TAG.sub(" ", text)))
    tree = LexborHTMLParser(_NO_TAG.sub("&lt;", text))
    for node in tree.css(_UNSEEN):
        node.decompose()
    for node in tree.css("pre"):
        node.replace_with(_BREAK + node.text().replace("\n", _BREAK) + _BREAK)
    for node in tree.css("br"):
        node.replace_with(_BREAK)
    for node in tree.css("blockquote"):
        node.insert_before(_QUOTE)
        node.insert_after(_END)
    for node in tree.css(",".join(_BLOCKS)):
        node.insert_before(_BREAK)
        node.insert_after(_BREAK)
    for node in tree.css(",".join(_CELLS)):
        node.insert_after(" ")
    seen = tree.body.text() if tree.body else ""
    has_blocks = _BREAK in seen
    # Line ends of the source mean nothing in HTML; where no tag breaks a line, they are the writer's own.
    flowing = " ".join(seen.split()) if has_blocks else seen
    return _tidy(_quoted(flowing.replace(_BREAK, "\n")))


def _depth(text: str) -> int:
    """Return how deep tags are nested, without regard to those that need no end."""
    depth = deepest = 0
    for tag in _TAG.finditer(text):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _quoted(text: str) -> str:
    """Return the text with the lines between marks of a quote as quoted ones."""
    if _QUOTE not in text:
        return text
    lines, level = list[str](), 0
    for piece in re.split(f"([{_QUOTE}{_END}])", text):
        if piece in {_QUOTE, _END}:
            level += 1 if piece == _QUOTE else -1
        else:
            mark = ">" * max(level, 0)
            lines += [f"{mark} {line}" if mark and line.strip() else line for line in piece.split("\n")]
    return "\n".join(lines)


def _tidy(text: str) -> str:
    text = _SPACES.sub(" ", _INVISIBLE.sub("", text.replace("\xa0", " ")))
    return _BLANK.sub("\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()
