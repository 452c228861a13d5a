"""Facts: builds an article from named values, its texts, and what its tool says about its state and readers."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kb.importers.articles.columns import IMPORTED_FROM, WHOLE
from kb.importers.articles.states import Flags, most_cautious, state_named
from kb.records.article import (
    KCS_SECTIONS,
    SECTION_LIMIT,
    TITLE_LIMIT,
    Article,
    Audience,
    Governance,
    Section,
    State,
    says_something,
)
from kb.storage.article_rows import article_from_content, article_row
from models.errors import InvalidError

_AUDIENCES = {
    "internal": Audience.INTERNAL,
    "partners": Audience.PARTNERS,
    "partner": Audience.PARTNERS,
    "customers": Audience.CUSTOMERS,
    "customer": Audience.CUSTOMERS,
    "external": Audience.CUSTOMERS,
    "public": Audience.CUSTOMERS,
}


class FactError(InvalidError):
    """A fact prevents an article from being imported: which one, and why."""

    def __init__(self, fact: str, reason: str) -> None:
        super().__init__(f"{fact}: {reason}", field=fact)
        self.fact = fact
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Read:
    """An article that was read, and notes for its owner as (column, note)."""

    article: Article
    notes: tuple[tuple[str, str], ...] = ()


def article_from_facts(
    named: Mapping[str, Any],
    title: str,
    texts: Mapping[str, str],
    further: tuple[Section, ...],
    extra: dict[str, Any],
    *,
    source: str | None,
    flags: Flags,
    columns: Iterable[str] = (),
) -> Read:
    """Return the article of these facts; it is Work in Progress where it holds no answer.

    Raises FactError where there is no text, one is too long, or a value is not one of the allowed ones.
    """
    if len(title) > TITLE_LIMIT:
        raise FactError("title", f"longer than {TITLE_LIMIT} characters")
    if not any(text.strip() for text in texts.values()) and not further:
        raise FactError("text", "is empty: an article needs a text")
    for name, text in [*texts.items(), *((section.heading, section.text) for section in further)]:
        if len(text) > SECTION_LIMIT:
            raise FactError(name or "introduction", f"longer than {SECTION_LIMIT:,} characters; split the article")
    answers = says_something(texts["resolution"]) or says_something(texts["workaround"])
    state, notes = _state(named.get("state"), flags, columns, answers=answers, further=further)
    article = Article(
        id=flat(named.get("id"))[:200] or article_id(source or title),
        title=title,
        summary=flat(named.get("summary")),
        service=flat(named.get("service")) or None,
        category=_first(named.get("category")) or None,
        state=state,
        audience=_audience(named.get("audience"), extra),
        governance=_governance(named.get("governance")),
        merged_into=flat(named.get("merged_into")) or None,
        sections=further,
        source=flat(named[IMPORTED_FROM]) or None if IMPORTED_FROM in named else source,
        extra=extra,
        **texts,
    )
    return Read(article, tuple(notes))


def whole_article(content: dict[str, Any]) -> Article:
    """Return an article whose front matter holds all of it; raises FactError where that is damaged."""
    defaults: dict[str, Any] = article_row(Article(id="", title=""))
    try:
        article = article_from_content({**defaults, **{name: plain(value) for name, value in content.items()}})
    except (KeyError, TypeError, ValueError) as error:
        raise FactError("front matter", f"{WHOLE} is not an article ({error}); export it again") from None
    texts = (article.id, article.title, article.summary, *(getattr(article, name) for name in KCS_SECTIONS))
    if not article.id or not article.title or not all(isinstance(text, str) for text in texts):
        raise FactError("front matter", f"{WHOLE} lacks id, title or texts; export it again")
    is_unproven = article.state is State.VALIDATED and not article.solves
    return replace(article, state=State.WORK_IN_PROGRESS) if is_unproven else article


def article_id(source: str) -> str:
    """Return the id of an article without one: the same source always gets the same."""
    return f"KB-{hashlib.sha256(source.encode()).hexdigest()[:10]}"


def flat(value: Any) -> str:
    """Return a value as one line of text."""
    return "" if value is None else " ".join(str(value).split())


def plain(value: Any) -> Any:
    """Return a value in a form that JSON can hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return value.isoformat() if isinstance(value, date) else json.loads(json.dumps(value, default=str))


def _state(
    value: Any, flags: Flags, columns: Iterable[str], *, answers: bool, further: tuple[Section, ...]
) -> tuple[State, list[tuple[str, str]]]:
    """Return the state of an imported article, and notes about it."""
    said = flat(value)
    named = state_named(said, columns) if said else None
    notes = []
    if said and named is None:
        notes.append(("state", f"{said[:100]!r} is not a known state: the article is kept as if it named none"))
    stated = most_cautious([*([named] if named else []), *flags.states(is_named=named is not None)])
    if answers or stated in {State.ARCHIVED, State.WORK_IN_PROGRESS}:
        return stated or (State.NOT_VALIDATED if answers else State.WORK_IN_PROGRESS), notes
    if stated is not None:
        headings = ", ".join(section.heading or "text without a heading" for section in further[:8]) or "none"
        notes.append((
            "state",
            f"{said or stated.value!r} with neither resolution nor workaround (its other sections: {headings}): "
            "kept as Work in Progress",
        ))  # fmt: skip
    return State.WORK_IN_PROGRESS, notes


def _first(value: Any) -> str:
    return flat(value[0] if value else "") if isinstance(value, list) else flat(value)


def _audience(value: Any, extra: dict[str, Any]) -> Audience:
    """Return the audience stated; other tools' words for readers (such as "ITPro") do not say who may read."""
    found = _AUDIENCES.get(flat(value).lower())
    if found is None and value is not None:
        extra["audience"] = plain(value)
    return found or Audience.INTERNAL


def _governance(value: Any) -> Governance:
    text = flat(value).lower() or Governance.EXPERIENCE
    if text not in set(Governance):
        raise FactError("governance", f"{text!r} is none of {', '.join(Governance)}")
    return Governance(text)
