"""Export of articles: a folder of Markdown to keep in git, which imports again as the same articles."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from kb.importers.articles.columns import FURTHER, IMPORTED_FROM, WHOLE
from kb.importers.articles.pages import is_our_name, parse_markdown
from kb.importers.encodings import decode
from kb.records.article import HEADING, KCS_SECTIONS, Article, Governance
from kb.records.clean_text import clean
from kb.storage.article_rows import article_row
from models.errors import InvalidError

_UNSAFE = re.compile(r"[^\w.-]+")
_ONE_LINE = 10**9
_FACTS = ("summary", "service", "category", "state", "audience")


class _Quoting(yaml.SafeDumper):
    """Writes every text in quotes on one line, so that no line of it looks like the end of the front matter."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        """Return a text in quotes."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _Quoting.represent_str)


def export_articles(
    articles: Iterable[Article], folder: Path, former_titles: Callable[[str], Iterable[str]] = lambda _: ()
) -> int:
    """Write each article as a Markdown file inside a folder and return how many were written.

    An article goes back to the file that it was imported from. An existing file is replaced only if it holds the same
    article: the same id, and the present title or one of `former_titles`. Where the place belongs to another file, or a
    link leads out of the folder, the article gets a new name.

    Raises: OSError where a file cannot be written.
    """
    taken = set[str]()
    for article in sorted(articles, key=lambda one: one.id):
        place = next(
            place
            for place in _places(article)
            if place.casefold() not in taken and _is_ours(folder, place, article, former_titles)
        )
        taken.add(place.casefold())
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_markdown(article, place).encode())
    return len(taken)


def as_markdown(article: Article, place: str = "") -> str:
    """Return an article as readable Markdown that is parsed as the same article at this place.

    Where headings inside its texts would change the article, the front matter holds all of it.
    """
    text = _readable(article, place)
    try:
        if parse_markdown(text, place) == article:
            return text
    except (InvalidError, ValueError):
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


def _places(article: Article) -> Iterator[str]:
    """Yield paths below the folder by preference: the article's source if it is a path, then names made from its id."""
    source = PurePosixPath(article.source or "")
    is_below = bool(source.parts) and not source.is_absolute() and ".." not in source.parts
    if is_below and "\\" not in str(source) and source.suffix.lower() == ".md":
        yield str(source)
    name = _UNSAFE.sub("-", article.id).strip(".-")[:80].lower()
    if name.casefold() == article.id.casefold():
        yield f"{name}.md"
    name = f"{name}-{hashlib.sha256(article.id.encode()).hexdigest()[:8]}"
    yield f"{name}.md"
    yield from (f"{name}-{number}.md" for number in count(2))


def _is_ours(folder: Path, place: str, article: Article, former_titles: Callable[[str], Iterable[str]]) -> bool:
    """Return whether a path lies inside the folder, links followed, and is free or holds this article."""
    path, real_folder = folder / place, Path(os.path.realpath(folder))
    if not Path(os.path.realpath(path)).is_relative_to(real_folder):
        return False
    if not os.path.lexists(path):
        return True
    try:
        there = parse_markdown(clean(decode(path.read_bytes())), place)
    except (InvalidError, ValueError, OSError):
        return False
    return there.id == article.id and there.title in {article.title, *former_titles(article.id)}
