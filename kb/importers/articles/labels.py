"""Labels: lines that name a section without being a heading, such as **Cause**, SYMPTOMS: or the title of a callout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.importers.articles.headings import section_named
from kb.records.markdown import blocks, lines

_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_MARKED = re.compile(r"^(\*{1,3}|_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)\s*([:\uff1a]?)\s*(.*)$")
_COLON = re.compile(r"^([^:\uff1a]{2,60}?)(?:\s*[:\uff1a]\s*|\s+[-\u2013\u2014]\s+)(.*)$")
_CALLOUT = re.compile(r"^\s*\[!\w+\][+-]?\s*(.*)$")
_ADMONITION = re.compile(r"^(?:!!!|\?\?\?\+?|===\+?!?)\s+(?:[\w-]+\s+)*\"(.+)\"\s*$")
_CONTAINER = re.compile(r"^:::+\s*[\w-]+\s*(?:\[(.+)\]|(.+?))?\s*$")
_FENCE_END = re.compile(r"^:::+\s*$")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Label:
    """A line that names a section: its text, the section, and what follows it on the line."""

    text: str
    section: str
    rest: str


def label_of_line(row: str, *, begins: bool = False, is_whole: bool = False, is_item: bool = False) -> Label | None:
    """Return the label that a line is or begins with.

    A name without marks or a colon counts where it is the whole paragraph (`is_whole`), or alone on the first line of
    one (`begins`). An item of a list (`is_item`) needs marks or a colon.
    """
    text = row.strip().rstrip("\\").strip()
    if is_item:
        text = _ITEM.sub("", text)
    marked = _MARKED.match(text)
    if marked is not None and (section := section_named(marked[2])) is not None:
        rest = marked[4].strip()
        return Label(marked[2].strip().rstrip(":").strip(), section, rest.lstrip("-\u2013\u2014 ") if rest else "")
    colon = _COLON.match(text)
    if colon is not None and (section := section_named(colon[1])) is not None:
        return Label(colon[1].strip("*_ "), section, colon[2].strip())
    alone = not is_item and (is_whole or begins or text.isupper())
    if alone and text and (section := section_named(text)) is not None:
        return Label(text, section, "")
    return None


def unwrapped(body: str) -> str:
    """Return a body in which callouts, admonitions, tabs and rows named like a section begin with a heading for it."""
    rows = lines(body)
    level = min((int(token.tag[1:]) for token in blocks(body) if token.type == "heading_open"), default=1)
    marks = "#" * min(level + 1, 6)
    for token in reversed(blocks(body)):
        if token.level or token.map is None:
            continue
        start, stop = token.map
        if token.type == "blockquote_open":
            rows[start:stop] = _quote(rows[start:stop], marks)
        elif token.type == "table_open":
            rows[start:stop] = _table(rows[start:stop], marks)
    return "\n".join(_containers(rows, marks))


def _quote(rows: list[str], marks: str) -> list[str]:
    inner = [re.sub(r"^\s{0,3}>\s?", "", row) for row in rows]
    called = _CALLOUT.match(inner[0])
    if called is not None and section_named(called[1]) is not None:
        return [f"{marks} {called[1].strip()}", "", *inner[1:], ""]
    first = next((row for row in inner if row.strip()), "")
    heading = re.sub(r"^#{1,6}\s+", "", first.strip())
    if heading != first.strip() and section_named(heading) is not None:
        return [*inner, ""]
    return [*inner, ""] if (label := label_of_line(first)) is not None and label.section else rows


def _table(rows: list[str], marks: str) -> list[str]:
    """Return a table's rows as sections: a name and its text in each row, or the names in the first row."""
    cells = [_cells(row) for row in rows[:1] + rows[2:]]
    pairs: list[Sequence[str]] = [row for row in cells if any(row)]
    if len(pairs) > 1 and len(pairs[0]) > 1 and all(section_named(cell) for cell in pairs[0]):
        pairs = [(column[0], _numbered(column[1:])) for column in zip(*pairs, strict=False)]
    elif pairs and len(pairs[0]) == 2 and not section_named(pairs[0][0]):
        pairs = pairs[1:] if all(section_named(cell) is None for cell in pairs[0]) else pairs
    if not pairs or any(len(pair) != 2 or section_named(pair[0]) is None for pair in pairs):
        return rows
    return [line for name, text in pairs for line in ("", f"{marks} {name}", "", text, "")]


def _numbered(cells: Sequence[str]) -> str:
    """Return the cells below a name; several by the numbers of their rows."""
    return cells[0] if len(cells) == 1 else "\n".join(f"{number}. {cell}" for number, cell in enumerate(cells, start=1))


def _cells(row: str) -> list[str]:
    cells = [cell.strip() for cell in _CELL.split(row.strip())]
    return cells[row.strip().startswith("|") : len(cells) - (len(cells) > 1 and not cells[-1])]


def _containers(rows: Sequence[str], marks: str) -> Iterator[str]:
    """Yield lines, with the body of an admonition or tab (indented) or container (fenced) below its name."""
    dedenting = fenced = False
    for row in rows:
        admonition, container = _ADMONITION.match(row), _CONTAINER.match(row)
        if admonition is not None and section_named(admonition[1]) is not None:
            dedenting = True
            yield from ("", f"{marks} {admonition[1]}", "")
        elif container is not None and section_named(container[1] or container[2] or "") is not None:
            fenced = True
            yield from ("", f"{marks} {container[1] or container[2]}", "")
        elif fenced and _FENCE_END.match(row):
            fenced = False
            yield ""
        elif dedenting and (row.startswith(("    ", "\t")) or not row.strip()):
            yield row[1:] if row.startswith("\t") else row[4:]
        else:
            dedenting = False
            yield row
