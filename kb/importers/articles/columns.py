"""Columns: which fact or section of an article a column or a name in front matter means, by `columns.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from kb.importers.articles.headings import section_of_key
from kb.vocabulary.column_name import name_forms, name_key

FURTHER = "further"
IMPORTED_FROM = "imported_from"
WHOLE = "article"
PAGE_FACTS = frozenset({
    "id", "title", "summary", "environment", "service", "category", "state", "audience", "governance", "merged_into",
    FURTHER, IMPORTED_FROM, WHOLE,
})  # fmt: skip
"""Facts that front matter may hold; the texts of a page are in its body."""

_DECORATION = re.compile(r"^(?:u|kb|article|faq|x|custom)[_ .]+|(?:__c|_html|_text)$", re.IGNORECASE)


def page_fact_named(name: str) -> str | None:
    """Return which fact a name in front matter stands for, `None` for a further one."""
    fact = fact_names().get(name_key(name))
    return fact if fact in PAGE_FACTS else None


def column_keys(column: str) -> Iterator[str]:
    """Yield the keys that a column of a table may be known by, the whole name first."""
    yield from name_forms(column)
    bare = column.strip()
    while (shorter := _DECORATION.sub("", bare)) not in {bare, ""}:
        bare = shorter
        yield from name_forms(bare)


def section_of_column(column: str) -> str | None:
    """Return the KCS section whose text a column holds."""
    return next((section for key in column_keys(column) if (section := section_of_key(key)) is not None), None)


@cache
def fact_names() -> dict[str, str]:
    """Return the fact of each name, by the names' keys in the order in which a name is preferred."""
    content = tomllib.loads((files(__package__) / "columns.toml").read_text(encoding="utf-8"))
    return {name_key(name): fact for fact, names in content.items() for name in names}
