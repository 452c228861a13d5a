"""Contributions: who wrote, improved, flagged and linked articles, so that a coach sees whom to help; never to rank."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from kb.authoring.editing import ArticleEditing
from kb.importers.loading import IMPORT
from kb.records.article import State
from kb.storage.article_uses import UseKind


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one person did."""

    person: str
    created: int
    edited: int
    validated: int
    linked: int
    captured: int
    flagged: int


@dataclass(frozen=True, slots=True)
class Contributions:
    """People by name, and the days from an article's first version until it could be used, median of `published`."""

    people: tuple[Contribution, ...]
    days_to_publish: float | None
    published: int


def contributions(knowledge: ArticleEditing) -> Contributions:
    """Count what people did; imports have no author and count for nobody."""
    created, edited, validated = Counter[str](), Counter[str](), Counter[str]()
    begun, waits = dict[str, datetime](), list[float]()
    before: dict[str, State] = {}
    for step in knowledge.store.articles.steps():
        was = before.get(step.article)
        if was is None:
            begun[step.article] = step.at
            created[step.by or ""] += 1
        else:
            edited[step.by or ""] += 1
        if was is State.NOT_VALIDATED and step.state is State.VALIDATED:
            validated[step.by or ""] += 1
        if was is State.WORK_IN_PROGRESS and step.state in (State.NOT_VALIDATED, State.VALIDATED):
            start = begun.pop(step.article, None)
            if start is not None:
                waits.append((step.at - start).total_seconds() / 86400)
        before[step.article] = step.state
    linked = Counter(use.by or "" for use in knowledge.uses.all(kinds=[UseKind.LINKED]))
    captured = Counter(use.by or "" for use in knowledge.uses.all(kinds=[UseKind.CAPTURED]))
    flagged = Counter(flag.by or "" for flag in knowledge.flags.all())
    names = sorted({*created, *edited, *linked, *captured, *flagged} - {"", IMPORT})
    people = tuple(
        Contribution(name, created[name], edited[name], validated[name], linked[name], captured[name], flagged[name])
        for name in names
    )
    return Contributions(people, round(median(waits), 2) if waits else None, len(waits))
