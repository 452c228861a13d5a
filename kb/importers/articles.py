"""Import of articles: folders of Markdown, and tables."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from kb.importers.encodings import decode
from kb.importers.tables import Row, read_table
from kb.records.article import (
    HEADING,
    KCS_SECTIONS,
    SECTION_LIMIT,
    TITLE_LIMIT,
    Article,
    Audience,
    Governance,
    Section,
    State,
)
from kb.records.clean_text import clean
from kb.records.markdown import FrontMatterError, headed_parts, split_front_matter
from kb.records.rejects import Reject, UnreadableFileError
from kb.storage.article_rows import article_from_content, article_row

WHOLE = "article"
FURTHER = "further"
IMPORTED_FROM = "imported_from"
MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
_FILE_LIMIT = 5_000_000

_HEADINGS = {
    "issue": ["symptom", "symptoms", "issue", "issues", "problem", "problems", "question", "meaning"],
    "environment": ["environment", "applies to", "applicable to", "affected systems", "affected products"],
    "cause": ["cause", "causes", "root cause", "reason"],
    "resolution": ["resolution", "resolutions", "solution", "solutions", "fix", "answer", "how to fix"],
    "workaround": ["workaround", "workarounds", "mitigation", "mitigations", "work around"],
}
_SECTION_OF_HEADING = {heading: section for section, headings in _HEADINGS.items() for heading in headings}
_QUALIFIED = re.compile(r"\s+(\d+|[ivx]+)$|\s*\(.*\)$|[:/].*$")

_STATES = {
    "work in progress": State.WORK_IN_PROGRESS,
    "wip": State.WORK_IN_PROGRESS,
    "draft": State.WORK_IN_PROGRESS,
    "not validated": State.NOT_VALIDATED,
    "review": State.NOT_VALIDATED,
    "validated": State.VALIDATED,
    "published": State.VALIDATED,
    "archived": State.ARCHIVED,
    "retired": State.ARCHIVED,
    "outdated": State.ARCHIVED,
}
_AUDIENCES = {
    "internal": Audience.INTERNAL,
    "partners": Audience.PARTNERS,
    "partner": Audience.PARTNERS,
    "customers": Audience.CUSTOMERS,
    "customer": Audience.CUSTOMERS,
    "external": Audience.CUSTOMERS,
    "public": Audience.CUSTOMERS,
}
_FRONT_MATTER = {
    "id": ("id", "number", "article_id"),
    "title": ("title", "short_description", "subject", "name"),
    "summary": ("summary", "description", "abstract"),
    "environment": ("environment", "applies_to", "appliesto"),
    "service": ("service", "business_service"),
    "category": ("category", "kb_category"),
    "state": ("state", "workflow_state", "status"),
    "audience": ("audience", "visibility"),
    "governance": ("governance",),
    "merged_into": ("merged_into",),
    FURTHER: (FURTHER,),
    IMPORTED_FROM: (IMPORTED_FROM,),
    WHOLE: (WHOLE,),
}
_NAME_OF_ALIAS = {alias: name for name, aliases in _FRONT_MATTER.items() for alias in aliases}
_TABLE_TEXT = ("text", "body", "content", "article_body", "kb_text")


def read_articles(path: Path) -> Iterator[Article | Reject]:
    """Articles of a folder of Markdown, one Markdown file, or a table (CSV, JSON, JSONL, XLSX).

    Raises UnreadableFileError where there is nothing to read at the path.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in MARKDOWN_SUFFIXES)
        if not files:
            raise UnreadableFileError(f"{path}: holds no Markdown file (.md); name the folder that does")
        for file in files:
            yield _markdown_file(file, file.relative_to(path).as_posix())
    elif path.suffix.lower() in MARKDOWN_SUFFIXES:
        yield _markdown_file(path, path.name)
    else:
        for row in read_table(path):
            yield row if isinstance(row, Reject) else _table_row(row)


def count_articles(path: Path) -> int | None:
    """How many files `read_articles` will read, `None` where that is not known beforehand."""
    if not path.is_dir():
        return None
    return sum(1 for file in path.rglob("*") if file.suffix.lower() in MARKDOWN_SUFFIXES)


def parse_markdown(text: str, source: str) -> Article:
    """The article in a Markdown text.

    Raises FrontMatterError where the front matter cannot be read, and ValueError where a value in it is none
    of the allowed ones or there is no text at all.
    """
    matter, body = split_front_matter(text.lstrip("\ufeff"))
    named, extra = _named(matter)
    if isinstance(named.get(WHOLE), dict):
        return _whole_article(named[WHOLE])
    sections, heading = _sections(body)
    title = _flat(named.get("title")) or heading or Path(source).stem.replace("-", " ").replace("_", " ")
    if heading and heading != title:
        extra[HEADING] = heading
    environment = _listed(named.get("environment"))
    if environment:
        sections["environment"] = "\n\n".join(filter(None, (environment, sections.get("environment"))))
    further = tuple(Section(name, text) for name, text in sections.items() if name not in KCS_SECTIONS)
    return _article(
        named, title, {name: sections.get(name, "") for name in KCS_SECTIONS}, further, extra, source=source
    )


def is_our_name(name: str) -> bool:
    """Whether front matter of this name is read as one of our own facts."""
    return _our_name(name) in _NAME_OF_ALIAS


def _our_name(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _whole_article(content: dict[str, Any]) -> Article:
    """An article that its front matter holds whole; raises ValueError where that is damaged."""
    defaults: dict[str, Any] = article_row(Article(id="", title=""))
    try:
        article = article_from_content({**defaults, **{name: _plain(value) for name, value in content.items()}})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"front matter: {WHOLE} is no article ({error}); export it again") from None
    texts = (article.id, article.title, article.summary, *(getattr(article, name) for name in KCS_SECTIONS))
    if not article.id or not article.title or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"front matter: {WHOLE} lacks id, title or texts; export it again")
    return article


def _markdown_file(path: Path, source: str) -> Article | Reject:
    try:
        if path.stat().st_size > _FILE_LIMIT:
            return Reject(source, None, None, f"larger than {_FILE_LIMIT // 1_000_000} MB: split it")
        text = decode(path.read_bytes())
    except OSError as error:
        return Reject(source, None, None, f"cannot be read ({error.strerror})")
    if "\0" in text:
        return Reject(source, None, None, "is binary, not Markdown")
    try:
        return parse_markdown(clean(text), source)
    except FrontMatterError as error:
        return Reject(source, None, "front matter", str(error))
    except ValueError as error:
        return Reject(source, None, None, str(error))


def _named(matter: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Front matter as our own names, and the rest."""
    named: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in matter.items():
        name = _NAME_OF_ALIAS.get(_our_name(key))
        if name is None or name in named:
            extra[key] = _plain(value)
        else:
            named[name] = value
    further = named.pop(FURTHER, None)
    if isinstance(further, dict):
        extra |= {str(key): _plain(value) for key, value in further.items()}
    elif further is not None:
        extra[FURTHER] = _plain(further)
    return named, extra


def _sections(body: str) -> tuple[dict[str, str], str]:
    """Text by section, KCS sections by their name and others by their heading; and the page's own heading."""
    found: dict[str, str] = {}
    page_heading, current, current_level = "", "", 0
    for level, heading, text in headed_parts(body):
        if level == 1 and not page_heading:
            page_heading, current, current_level = heading, "", 1
            piece = text
        elif level > current_level > 1:
            piece = f"{'#' * level} {heading}\n\n{text}"
        else:
            known = _SECTION_OF_HEADING.get(_QUALIFIED.sub("", heading.strip().rstrip(":").lower()))
            repeated = known is not None and known in found
            piece = f"{'#' * (level + 1)} {heading}\n\n{text}" if repeated else text
            current, current_level = known or heading, level
        if piece.strip():
            found[current] = f"{found[current]}\n\n{piece}" if current in found else piece
    return {name: text.strip() for name, text in found.items()}, page_heading


def _article(
    named: Mapping[str, Any],
    title: str,
    texts: Mapping[str, str],
    further: tuple[Section, ...],
    extra: dict[str, Any],
    *,
    source: str | None,
) -> Article:
    if len(title) > TITLE_LIMIT:
        raise ValueError(f"title: longer than {TITLE_LIMIT} characters")
    if not any(text.strip() for text in texts.values()) and not further:
        raise ValueError("has no text")
    for name, text in [*texts.items(), *((section.heading, section.text) for section in further)]:
        if len(text) > SECTION_LIMIT:
            raise ValueError(f"{name or 'introduction'}: longer than {SECTION_LIMIT:,} characters; split the article")
    solved = texts["resolution"].strip() or texts["workaround"].strip()
    state = _choice(named.get("state"), _STATES, "state") or (State.NOT_VALIDATED if solved else State.WORK_IN_PROGRESS)
    return Article(
        id=_flat(named.get("id"))[:200] or article_id(source or title),
        title=title,
        summary=_flat(named.get("summary")),
        service=_flat(named.get("service")) or None,
        category=_flat(named.get("category")) or None,
        state=state,
        audience=_audience(named.get("audience"), extra),
        governance=_governance(named.get("governance")),
        merged_into=_flat(named.get("merged_into")) or None,
        sections=further,
        source=_flat(named[IMPORTED_FROM]) or None if IMPORTED_FROM in named else source,
        extra=extra,
        **texts,
    )


def article_id(source: str) -> str:
    """Id of an article that brings none: the same source always has the same."""
    return f"KB-{hashlib.sha256(source.encode()).hexdigest()[:10]}"


def _audience(value: Any, extra: dict[str, Any]) -> Audience:
    """The audience stated; other vendors' words for readers (such as "ITPro") say nothing about who may read."""
    found = _AUDIENCES.get(_flat(value).lower())
    if found is None and value is not None:
        extra["audience"] = _plain(value)
    return found or Audience.INTERNAL


def _governance(value: Any) -> Governance:
    text = _flat(value).lower() or Governance.EXPERIENCE
    if text not in set(Governance):
        raise ValueError(f"governance: {text!r} is none of {', '.join(Governance)}")
    return Governance(text)


def _choice(value: Any, choices: Mapping[str, State], name: str) -> State | None:
    text = _flat(value).lower().replace("_", " ")
    if not text:
        return None
    if text not in choices:
        raise ValueError(f"{name}: {text!r} is none of {', '.join(choices)}")
    return choices[text]


def _table_row(row: Row) -> Article | Reject:
    named, extra = _named(row.values)
    texts = {name: str(extra.pop(name, "") or named.get(name) or "") for name in KCS_SECTIONS}
    body = next((str(extra.pop(name)) for name in _TABLE_TEXT if extra.get(name)), "")
    further: tuple[Section, ...] = ()
    if body:
        sections, _ = _sections(body)
        texts = {name: texts[name] or sections.get(name, "") for name in KCS_SECTIONS}
        further = tuple(Section(name, text) for name, text in sections.items() if name not in KCS_SECTIONS)
    title = _flat(named.get("title"))
    source = str(extra.pop("source", "")) or None
    if not title:
        return Reject(row.file, row.number, "title", "is empty: an article needs a title")
    try:
        return _article(named, title, texts, further, {k: v for k, v in extra.items() if v}, source=source)
    except ValueError as error:
        return Reject(row.file, row.number, None, str(error))


def _flat(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _listed(value: Any) -> str:
    return "\n".join(f"- {_flat(entry)}" for entry in value) if isinstance(value, list) else _flat(value)


def _plain(value: Any) -> Any:
    """A value as JSON can keep it."""
    return json.loads(
        json.dumps(value, default=lambda other: other.isoformat() if isinstance(other, date) else str(other))
    )
