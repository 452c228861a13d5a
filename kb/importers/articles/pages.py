"""Pages: reads an article from one page in any supported format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from kb.importers.articles.columns import FURTHER, WHOLE, page_fact_named
from kb.importers.articles.facts import Read, article_from_facts, flat, plain, whole_article
from kb.importers.articles.front_matter import leading_lines, split_front_matter
from kb.importers.articles.sections import split_sections
from kb.importers.articles.states import Flags
from kb.records.article import HEADING, KCS_SECTIONS, Article, Section

_TOP = 2_000
"""Characters of a page that are read to recognise its format."""
_ATTRIBUTE = re.compile(r"^:([A-Za-z][\w -]*):[ \t]+(\S.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page in Markdown: its front matter, the title that its format has, and its body."""

    body: str
    title: str = ""
    matter: Mapping[str, Any] = field(default_factory=dict)


def parse_markdown(text: str, source: str) -> Article:
    """Return the article in a Markdown text.

    Raises FrontMatterError where the front matter cannot be read, and ValueError where a value in it is not allowed or
    there is no text at all.
    """
    return read_page(markdown_page(text), source).article


def markdown_page(text: str) -> Page:
    """Return the page in a Markdown text; raises FrontMatterError where its front matter cannot be read."""
    matter, body = split_front_matter(text.lstrip("\ufeff"))
    if not matter:
        named, rest = leading_lines(body)
        if any(page_fact_named(name) == "title" for name in named):
            matter, body = named, rest
    return Page(body, matter=matter)


def attributes_of(text: str) -> Mapping[str, str]:
    """Return the facts in `:name: value` lines at the top of a text in AsciiDoc or reStructuredText."""
    pairs = {match[1]: match[2] for match in _ATTRIBUTE.finditer(text[:_TOP])}
    return {name: value for name, value in pairs.items() if is_our_name(name) and page_fact_named(name) != "id"}


def is_our_name(name: str) -> bool:
    """Return whether front matter of this name is read as one of our own facts."""
    return page_fact_named(name) is not None or Flags().take(name, value=True)


def read_page(page: Page, source: str) -> Read:
    """Return the article on a page, with what its owner should know; raises ValueError as `parse_markdown` does."""
    named, extra, flags = _facts(page.matter)
    if isinstance(named.get(WHOLE), dict):
        return Read(whole_article(named[WHOLE]))
    sections = split_sections(page.body)
    texts, heading = dict(sections.texts), sections.page_heading
    title = flat(named.get("title")) or flat(page.title) or heading or _name_of(source)
    if heading and heading != title:
        extra[HEADING] = heading
    if environment := _listed(named.get("environment")):
        texts["environment"] = "\n\n".join(filter(None, (environment, texts.get("environment"))))
    further = tuple(Section(name, text) for name, text in texts.items() if name not in KCS_SECTIONS)
    texts = {name: texts.get(name, "") for name in KCS_SECTIONS}
    return article_from_facts(named, title, texts, further, extra, source=source, flags=flags)


def _name_of(source: str) -> str:
    return PurePosixPath(source).stem.replace("-", " ").replace("_", " ")


def _facts(matter: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], Flags]:
    """Return front matter as our own facts, the rest, and the flags of state in it."""
    named: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    flags = Flags()
    for key, value in matter.items():
        name = page_fact_named(key)
        if name is not None and name not in named:
            named[name] = value
        elif not flags.take(key, value):
            extra[key] = plain(value)
    further = named.pop(FURTHER, None)
    if isinstance(further, dict):
        extra |= {str(key): plain(value) for key, value in further.items()}
    elif further is not None:
        extra[FURTHER] = plain(further)
    return named, extra, flags


def _listed(value: Any) -> str:
    return "\n".join(f"- {flat(entry)}" for entry in value) if isinstance(value, list) else flat(value)
