"""KCS articles: structure, states, audiences, and the passages that are searched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kb.records.markdown import plain_text
from kb.vocabulary.nothing import is_unwritten

TITLE_LIMIT = 500
SECTION_LIMIT = 200_000
HEADING = "heading"
_PASSAGE_CHARACTERS = 900
_BEGINNING_CHARACTERS = 1000
_WORD = re.compile(r"\b[^\W\d_]{2,}\b")
_IMAGE = re.compile(r"!\[|<img\b", re.IGNORECASE)
_EMPTY_TAG = re.compile(r"</?\w+\s*/?>|<!--.*?-->", re.DOTALL)
_HEADING_LINE = re.compile(r"^#{1,6}\s.*$", re.MULTILINE)
_PLACEHOLDER_CHARACTERS = 300
"""Placeholders such as "TBD" are shorter, marks around them included; reading the words of a long text takes time."""


class State(StrEnum):
    """Confidence in an article, after KCS v6."""

    WORK_IN_PROGRESS = "work_in_progress"
    NOT_VALIDATED = "not_validated"
    VALIDATED = "validated"
    ARCHIVED = "archived"


class Audience(StrEnum):
    """Who may read an article, after KCS v6."""

    INTERNAL = "internal"
    PARTNERS = "partners"
    CUSTOMERS = "customers"


class Governance(StrEnum):
    """How an article may be changed, after KCS v6: by whoever knows better, or only by those who answer for it."""

    EXPERIENCE = "experience"
    COMPLIANCE = "compliance"


@dataclass(frozen=True, slots=True)
class Section:
    """A further part of an article, under its own heading, in Markdown."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """One KCS article; the texts are Markdown.

    `source` is its path below the folder it was imported from, `extra` the further front matter as it came,
    with the page's own heading where it differs from the title. A section without heading stands before the first.
    `merged_into` is the article that took its place.
    """

    id: str
    title: str
    issue: str = ""
    environment: str = ""
    cause: str = ""
    resolution: str = ""
    workaround: str = ""
    sections: tuple[Section, ...] = ()
    summary: str = ""
    service: str | None = None
    category: str | None = None
    state: State = State.NOT_VALIDATED
    audience: Audience = Audience.INTERNAL
    governance: Governance = Governance.EXPERIENCE
    source: str | None = None
    merged_into: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def solves(self) -> bool:
        """Whether it says what to do: it has a resolution or a workaround, and not only "N/A" or "TBD" there."""
        return says_something(self.resolution) or says_something(self.workaround)

    @property
    def named_sections(self) -> tuple[Section, ...]:
        """Every section that has text, KCS sections first and in their order."""
        known = (Section(name.capitalize(), getattr(self, name)) for name in KCS_SECTIONS)
        return tuple(section for section in (*known, *self.sections) if section.text.strip())


KCS_SECTIONS = ("issue", "environment", "cause", "workaround", "resolution")


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of an article small enough to be read at a glance: `section` names where it stands."""

    section: str
    text: str


BEGINNING = ""
"""Where the passage stands that goes across sections: under none of their headings."""


def passages(article: Article) -> tuple[Passage, ...]:
    """Return the passages of an article: its title with the summary, then each section in pieces at paragraph borders.

    Where there are sections, the last passage is their beginning, in one piece whatever section it belongs to.
    """
    heading = article.extra.get(HEADING, "")
    found = [Passage("Title", plain_text("\n".join(filter(None, (article.title, heading, article.summary)))))]
    for section in article.named_sections:
        found.extend(Passage(section.heading or "Introduction", piece) for piece in _pieces(plain_text(section.text)))
    body = "\n".join(passage.text for passage in found[1:])
    return (*found, Passage(BEGINNING, body[:_BEGINNING_CHARACTERS])) if body else tuple(found)


def surviving(key: str, successor: Callable[[str], str | None]) -> str:
    """Return the id of the article that stands for the one with this id after every merge.

    `successor` gives the article that took the place of another, `None` where there is none. Articles that an import
    merged in a circle stand for each other: the first of them by id is the answer for all, so that a redirect ends.
    """
    passed = [key]
    while (following := successor(passed[-1])) is not None:
        if following in passed:
            return min(passed[passed.index(following) :])
        passed.append(following)
    return passed[-1]


def says_something(text: str) -> bool:
    """Return whether a text in Markdown says or shows something; `N/A`, `-`, `TBD` and headings alone do not."""
    if len(text) > _PLACEHOLDER_CHARACTERS or _IMAGE.search(text):
        return bool(text.strip())
    below = _HEADING_LINE.sub("", text)
    return not is_unwritten(plain_text(below) or _EMPTY_TAG.sub(" ", below))  # a film has no words


def has_words(title: str) -> bool:
    """Return whether a title says something: a number or a code alone does not."""
    return _WORD.search(title) is not None


def _pieces(text: str) -> Iterator[str]:
    held = ""
    for paragraph in re.split(r"\n\s*\n", text):
        for part in _cut(paragraph.strip()):
            if held and len(held) + len(part) > _PASSAGE_CHARACTERS:
                yield held
                held = ""
            held = f"{held}\n{part}".strip()
    if held:
        yield held


def _cut(paragraph: str) -> Iterator[str]:
    """Parts of a paragraph, cut at the last line end or blank before the limit."""
    while len(paragraph) > _PASSAGE_CHARACTERS:
        window = paragraph[:_PASSAGE_CHARACTERS]
        stop = max(window.rfind("\n"), window.rfind(" "))
        stop = stop if stop > _PASSAGE_CHARACTERS // 2 else _PASSAGE_CHARACTERS
        yield paragraph[:stop].strip()
        paragraph = paragraph[stop:].strip()
    if paragraph:
        yield paragraph
