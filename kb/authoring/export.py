"""Export of articles: a folder of Markdown that imports again as the same articles, to be kept in git."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from kb.importers.articles import FURTHER, IMPORTED_FROM, WHOLE, is_our_name, parse_markdown
from kb.records.article import HEADING, KCS_SECTIONS, Article, Governance
from kb.records.markdown import FrontMatterError
from kb.storage.article_rows import article_row

_UNSAFE = re.compile(r"[^\w.-]+")
_ONE_LINE = 10**9
_FACTS = ("summary", "service", "category", "state", "audience")


class _Quoting(yaml.SafeDumper):
    """Writes every text in quotes on one line, so that no line of it looks like the end of the front matter."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        """A text in quotes."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _Quoting.represent_str)


def export_articles(articles: Iterable[Article], folder: Path) -> int:
    """Write each article as a Markdown file below a folder, at its source where it has one; returns how many.

    Raises OSError where that cannot be written.
    """
    taken = set[str]()
    for article in sorted(articles, key=lambda one: one.id):
        place = _place(article, taken)
        taken.add(place.casefold())
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_markdown(article, place).encode())
    return len(taken)


def as_markdown(article: Article, place: str = "") -> str:
    """An article as Markdown that reads like one and is parsed as the same article at this place.

    Where headings inside its texts would make another article of it, the front matter holds it whole.
    """
    text = _readable(article, place)
    try:
        if parse_markdown(text, place) == article:
            return text
    except (FrontMatterError, ValueError):
        pass
    whole = {name: value for name, value in article_row(article).items() if value not in (None, "", [], {})}
    quoted = yaml.dump({WHOLE: whole}, Dumper=_Quoting, allow_unicode=True, sort_keys=False, width=_ONE_LINE)
    return f"---\n{quoted}---\n\n# {' '.join(article.title.split())}\n"


def _readable(article: Article, place: str) -> str:
    matter: dict[str, Any] = {"id": article.id, "title": article.title}
    matter |= {name: str(value) for name in _FACTS if (value := getattr(article, name))}
    if article.governance is not Governance.EXPERIENCE:
        matter["governance"] = article.governance.value
    if article.merged_into:
        matter["merged_into"] = article.merged_into
    if article.source != place:
        matter[IMPORTED_FROM] = article.source
    extra = {name: value for name, value in article.extra.items() if name != HEADING}
    hidden = {name: value for name, value in extra.items() if is_our_name(name)}
    matter |= {name: value for name, value in extra.items() if name not in hidden}
    if hidden:
        matter[FURTHER] = hidden
    parts = [f"---\n{_yaml(matter)}---", f"# {article.extra.get(HEADING, article.title)}"]
    parts += [section.text for section in article.sections if not section.heading]
    parts += [f"## {name.capitalize()}\n\n{text}" for name in KCS_SECTIONS if (text := getattr(article, name))]
    parts += [f"## {section.heading}\n\n{section.text}" for section in article.sections if section.heading]
    return "\n\n".join(parts) + "\n"


def _yaml(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=_ONE_LINE)


def _place(article: Article, taken: set[str]) -> str:
    """A path below the folder: the article's source where that is one and free, else a name made of its id."""
    source = PurePosixPath(article.source or "")
    inside = bool(source.parts) and not source.is_absolute() and ".." not in source.parts and "\\" not in str(source)
    if inside and source.suffix.lower() == ".md" and str(source).casefold() not in taken:
        return str(source)
    name = _UNSAFE.sub("-", article.id).strip(".-")[:80].lower()
    if name.casefold() != article.id.casefold() or f"{name}.md".casefold() in taken:
        name = f"{name}-{hashlib.sha256(article.id.encode()).hexdigest()[:8]}"
    return f"{name}.md"
