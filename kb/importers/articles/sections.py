"""Sections: cuts the body of a page into the parts of an article, however its writer marks them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it.token import Token

from kb.importers.articles.headings import has_subject, section_headed, section_named
from kb.importers.articles.html import html_to_markdown
from kb.importers.articles.labels import Label, label_of_line, unwrapped
from kb.records.article import KCS_SECTIONS
from kb.records.markdown import blocks, headings, inline_text, lines

_HTML_PARTS = re.compile(r"<(?:h[1-6]|summary|strong|b|dt)[\s>]", re.IGNORECASE)
_NO_SPACE = re.compile(r"^(#{1,6})([^#\s].*)$")
_NUMBERED_UNDERLINED = re.compile(r"^(\d{1,2}[.)][ \t]+\S.*)\n(?:-{3,}|={3,})[ \t]*$", re.MULTILINE)
_ATTRIBUTES = re.compile(r"\s*\{[#:.][^{}]*\}\s*$")
_MARKED = re.compile(r"^[*_]|\]\(|<\w|\\")
_LAYOUT = re.compile(r"^\s*(?:\{:[^{}]*\}|</details>)\s*$")
"""Lines of layout: attributes of kramdown, and the ends of collapsible blocks."""
_DEFINITION = re.compile(r"^:\s+")
_TITLE_LIMIT = 150
_DEEPEST = 7
"""Level of a label, below that of every heading: it begins a section because its name is known."""


@dataclass(frozen=True, slots=True)
class Sections:
    """Texts by KCS section, else by heading ("" for text before the first), and the page's own heading."""

    texts: Mapping[str, str]
    page_heading: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A heading and the text below it; `text` is what follows a label on its line."""

    level: int
    heading: str
    text: str
    is_label: bool = False

    def headed(self, level: int) -> str:
        """Return the text below its heading, for a part inside another."""
        heading = f"**{self.heading}**" if self.is_label else f"{'#' * min(level, 6)} {self.heading}"
        return f"{heading}\n\n{self.text}"


def split_sections(body: str) -> Sections:
    """Return the sections of a Markdown body.

    A heading begins a section; one below it belongs to that section, unless it names a KCS section itself. Lines that
    only look like headings (bold, in capitals, `Cause:`, titles of callouts and of rows) begin the KCS section that
    they name, where no heading does so.
    """
    body = _NUMBERED_UNDERLINED.sub(_underlined, body)
    parts = list(_parts(unwrapped(_with_html_parts(body))))
    page_heading = _page_heading(parts)
    texts: dict[str, str] = {}
    current, current_level, is_titled = "", 0, bool(page_heading)
    for part in parts:
        is_below = not part.is_label and part.level > current_level > 0
        known = _section_begun(part, current if is_below else "")
        if is_titled and part.heading == page_heading and not part.is_label:
            current, current_level, is_titled = "", 0, False
            piece = part.text
        elif is_below and (known is None or known in texts):
            piece = part.headed(part.level)
        elif known is not None and known in texts:
            piece, current, current_level = part.headed(part.level + 1), known, part.level
        else:
            keeps_heading = known is not None and not part.is_label and has_subject(part.heading)
            piece = part.headed(part.level + 1) if keeps_heading else part.text
            current, current_level = known or part.heading, part.level
        if piece.strip():
            texts[current] = f"{texts[current]}\n\n{piece}" if current in texts else piece
    return Sections({name: text.strip() for name, text in texts.items()}, page_heading)


def _section_begun(part: _Part, around: str) -> str | None:
    """Return the KCS section that a part begins; inside another one (`around`) only a usual name does."""
    named = section_named if part.is_label or around in KCS_SECTIONS else section_headed
    section = named(part.heading)
    return section if section in KCS_SECTIONS else None


def _underlined(found: re.Match[str]) -> str:
    """Return a heading for an underlined, numbered line that names a section; Markdown reads it as a list."""
    return f"## {found[1]}\n" if section_named(found[1]) else found[0]


def _with_html_parts(body: str) -> str:
    """Return a body without HTML comments, whose HTML blocks with headings are Markdown."""
    rows = lines(body)
    for token in reversed(blocks(body)):
        if token.type != "html_block" or token.level or token.map is None:
            continue
        content = token.content.strip()
        if content.startswith("<!--") and content.endswith("-->") and "<!--" not in content[4:]:
            rows[slice(*token.map)] = [""]
        elif _HTML_PARTS.search(content):
            rows[slice(*token.map)] = ["", *html_to_markdown(content).split("\n"), ""]
    return "\n".join("" if _LAYOUT.match(row) else row for row in rows)


def _parts(body: str) -> Iterator[_Part]:
    """Yield the parts of a body in order: by its headings, and by labels for sections that no heading names."""
    rows, tokens = lines(body), blocks(body)
    marked = [(first, after, level, _bare(text), False, "") for first, after, level, text in headings(tokens)]
    marked += _unspaced(rows, tokens) if not any(rows[mark[0]].lstrip().startswith("#") for mark in marked) else []
    title = next((mark for mark in marked if mark[2] == 1 and section_named(mark[3]) is None), None)
    named = {section_headed(mark[3]) for mark in marked if mark is not title}
    labels = [(at, label) for at, label in _labels(rows, tokens) if label.section not in named]
    if any(label.section in KCS_SECTIONS for _, label in labels):
        begun = min(at for at, label in labels if label.section in KCS_SECTIONS)
        marked += [
            (at, at + 1, _DEEPEST, label.text, True, label.rest)
            for at, label in labels
            if at >= begun or label.section in KCS_SECTIONS
        ]
    marked.sort()
    unmarked = _capital_title(rows, marked)
    ends = [*(mark[0] for mark in marked), len(rows)]
    if unmarked is not None:
        yield _Part(1, unmarked[1], "\n".join(rows[unmarked[0] + 1 : ends[0]]).strip())
    else:
        yield _Part(0, "", "\n".join(rows[: ends[0]]).strip())
    for (_, after, level, text, is_label, rest), end in zip(marked, ends[1:], strict=True):
        below = "\n".join(rows[after:end])
        if is_label:
            below = _DEFINITION.sub("", below)
        yield _Part(level, text, f"{rest}\n{below}".strip() if rest else below.strip(), is_label)


def _bare(heading: str) -> str:
    """Return a heading without attributes such as `{#anchor}`, and without marks where they are around all of it."""
    heading = _ATTRIBUTES.sub("", heading)
    return " ".join(inline_text(heading).split()) if _MARKED.search(heading) else heading


def _unspaced(rows: Sequence[str], tokens: Sequence[Token]) -> list[tuple[int, int, int, str, bool, str]]:
    """Return headings without a space after their marks, in a body where such a line names a section."""
    found = []
    for start, stop in _paragraphs(tokens):
        for at in range(start, stop):
            match = _NO_SPACE.match(rows[at])
            if match:
                found.append((at, at + 1, len(match[1]), match[2].rstrip("# "), False, ""))
    return found if any(section_named(mark[3]) in KCS_SECTIONS for mark in found) else []


def _labels(rows: Sequence[str], tokens: Sequence[Token]) -> Iterator[tuple[int, Label]]:
    """Yield lines of paragraphs and items of lists that are labels of sections."""
    for start, stop in _paragraphs(tokens):
        for at in range(start, stop):
            label = label_of_line(rows[at], begins=at == start, is_whole=stop - start == 1)
            if label is not None:
                yield at, label
    for opening, paragraph in pairwise(tokens):
        if opening.type == "list_item_open" and opening.level == 1 and paragraph.map is not None:
            label = label_of_line(rows[paragraph.map[0]], is_item=True)
            if label is not None:
                yield paragraph.map[0], label


def _paragraphs(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    for token in tokens:
        is_text = token.type == "paragraph_open" or (token.type == "heading_open" and token.markup in {"=", "-"})
        if is_text and token.level == 0 and token.map is not None:
            yield token.map[0], token.map[1]


def _page_heading(parts: Sequence[_Part]) -> str:
    """Return the heading that names the page: of level 1, else the first where the page begins with it; "" for none."""
    real = [part for part in parts if part.level and not part.is_label]
    if not real:
        return ""
    first = next((part for part in real if part.level == 1 and _may_be_title(part)), None)
    if first is not None:
        return first.heading
    begins = parts[0].text == "" and section_headed(real[0].heading) is None
    has_parts = len(real) > 1 or any(part.is_label for part in parts)
    return real[0].heading if begins and has_parts else ""


def _may_be_title(part: _Part) -> bool:
    return section_named(part.heading) is None


def _capital_title(
    rows: Sequence[str], marked: Sequence[tuple[int, int, int, str, bool, str]]
) -> tuple[int, str] | None:
    """Return line and text of a title that no mark shows: the first line, alone, in capitals or bold, above labels."""
    if not any(mark[4] for mark in marked) or any(not mark[4] for mark in marked):
        return None
    at = next((number for number, row in enumerate(rows) if row.strip()), len(rows))
    if at >= marked[0][0] or (at + 1 < len(rows) and rows[at + 1].strip() and at + 1 != marked[0][0]):
        return None
    words = rows[at].strip()
    text = inline_text(words).strip()
    stands_above = not any(row.strip() for row in rows[at + 1 : marked[0][0]])
    is_marked = text.isupper() or (words != text and words[:1] in "*_")
    if not text or len(text) > _TITLE_LIMIT or text.endswith((".", ":", ";")) or not (is_marked or stands_above):
        return None
    return at, text
