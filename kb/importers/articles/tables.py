"""Tables: reads an article from each row, its sections from separate columns or from headings in one column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kb.importers.articles.columns import column_keys, fact_names, section_of_column
from kb.importers.articles.facts import FactError, Read, article_from_facts, flat
from kb.importers.articles.html import html_to_markdown, is_html
from kb.importers.articles.sections import split_sections
from kb.importers.articles.states import Flags
from kb.importers.articles.wiki import wiki_to_markdown
from kb.records.article import HEADING, KCS_SECTIONS, SECTION_LIMIT, TITLE_LIMIT, Section
from kb.vocabulary.column_name import name_key

_DEPTH = 4
"""Objects in objects: one more than Confluence's `body.storage.value` needs."""
_SUMMARY_LIMIT = 500
"""A longer description, one in HTML or one of several lines is the article's text, as Freshservice calls it."""


def article_from_row(values: Mapping[str, str]) -> Read:
    """Return the article in a row, with what its owner should know.

    Raises FactError where it has no text, no title, a text that is too long, or a value that is not allowed.
    """
    cells = dict(_lifted(values))
    named, extra, flags = _facts(cells)
    if "text" not in named and _is_text(named.get("summary", "")):
        named["text"] = named.pop("summary")
    texts = _section_columns(named, extra)
    for fact in ("title", "text"):
        if fact not in named and (column := _nested(fact, extra)) is not None:
            named[fact] = extra.pop(column)
    sections = split_sections(_markdown(named.pop("text", "")))
    for name in KCS_SECTIONS:
        texts[name] = "\n\n".join(filter(None, (texts.get(name, ""), sections.texts.get(name, ""))))
    further = tuple(Section(name, text) for name, text in sections.texts.items() if name not in KCS_SECTIONS)
    further += _template_columns(extra)
    heading = sections.page_heading
    title = flat(named.get("title")) or heading or _first_line(texts["issue"])
    if not title:
        raise FactError("title", "is empty: an article needs a title")
    if heading and heading != title:
        extra[HEADING] = heading
    named["summary"] = flat(_markdown(named.get("summary", "")))
    source = named.pop("source", "") or None
    return article_from_facts(named, title, texts, further, extra, source=source, flags=flags, columns=cells)


def _facts(cells: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any], Flags]:
    """Return cells as our own facts, by the name that is preferred; the rest that is not empty; and flags of state."""
    facts, preferred = fact_names(), list(fact_names())
    found: dict[str, tuple[int, str]] = {}
    for column, value in cells.items():
        key = next((key for key in column_keys(column) if key in facts), None)
        if key is not None and value.strip():
            rank = preferred.index(key)
            if facts[key] not in found or rank < found[facts[key]][0]:
                found[facts[key]] = (rank, column)
    taken = {column: fact for fact, (_, column) in found.items()}
    flags = Flags()
    extra = {
        column: value
        for column, value in cells.items()
        if value.strip() and column not in taken and not flags.take(column, value)
    }
    return {fact: cells[column] for column, fact in taken.items()}, extra, flags


def _nested(fact: str, extra: Mapping[str, str]) -> str | None:
    """Return the column that holds a fact inside another object, such as TOPdesk's `translation.content.title`."""
    facts = fact_names()
    return next((column for column in extra if "." in column and facts.get(name_key(_last(column))) == fact), None)


def _last(column: str) -> str:
    return column.removesuffix(".value").rsplit(".", maxsplit=1)[-1]


def _section_columns(named: dict[str, Any], extra: dict[str, Any]) -> dict[str, str]:
    """Return the sections that columns hold, and remove these columns from the further ones."""
    texts = {name: _markdown(named.pop(name)) for name in KCS_SECTIONS if name in named}
    for column in list(extra):
        section = section_of_column(column)
        if section is not None:
            text = _markdown(extra.pop(column))
            texts[section] = f"{texts[section]}\n\n### {column}\n\n{text}" if texts.get(section) else text
    return texts


def _template_columns(extra: dict[str, Any]) -> tuple[Section, ...]:
    """Return the texts of a ServiceNow template that name no KCS section, such as `kb_introduction`."""
    columns = [column for column, text in extra.items() if column.lower().startswith("kb_") and is_html(text)]
    return tuple(Section(column[3:].replace("_", " ").capitalize(), _markdown(extra.pop(column))) for column in columns)


def _lifted(values: Mapping[str, str], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield cells; one that holds a JSON object, such as Confluence's `body`, as a cell for each of its values."""
    for name, value in values.items():
        held = _json_object(value) if value.startswith("{") and path.count(".") < _DEPTH else None
        if held is None:
            yield f"{path}{name}", value
        else:
            texts = {
                str(key): entry if isinstance(entry, str) else json.dumps(entry) if entry is not None else ""
                for key, entry in held.items()
            }
            yield from _lifted(texts, f"{path}{name}.")


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_text(description: str) -> bool:
    return is_html(description) or "\n" in description.strip() or len(description) > _SUMMARY_LIMIT


def _markdown(text: str) -> str:
    if len(text) > 5 * SECTION_LIMIT or not is_html(text):
        return wiki_to_markdown(text).strip()
    return html_to_markdown(text)


def _first_line(text: str) -> str:
    line = text.strip().split("\n", maxsplit=1)[0].strip("#*_ ")
    return line if len(line) <= TITLE_LIMIT else ""
