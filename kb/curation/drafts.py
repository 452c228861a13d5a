"""Drafts: articles quoted from callers' words and resolution notes, each sentence with its source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kb.curation.corpus import Case, mostly
from kb.curation.gaps import Gap
from kb.records.article import TITLE_LIMIT, Article, State
from models.encoder import Vectors
from models.sentences import sentences

Encode = Callable[[list[str]], Vectors]


@dataclass(frozen=True, slots=True)
class DraftSettings:
    """What a draft quotes; all chosen by hand, none tuned."""

    # most typical incidents: bounds the reading
    cases_read: int = 30
    # sentences of callers
    said: int = 3
    # sentences that other notes add to the best one
    further: int = 3
    # cosine from which two sentences say the same
    same: float = 0.75
    # share of incidents that must have a fact in common
    common: float = 0.5
    # fewest characters of a headline that says something
    title_least: int = 10
    # most characters of one that reads well
    title_most: int = 120
    # fewest characters of a quoted sentence: shorter ones are greetings
    sentence_least: int = 15
    # most characters of a quoted sentence: longer ones are pasted logs
    sentence_most: int = 400


_SETTINGS = DraftSettings()


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence quoted from an incident."""

    text: str
    number: str


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """An article quoted from incidents: a title, and quotes under the headings of KCS; nothing is invented.

    `environment` are facts that most of the incidents share. Without resolution notes there is no resolution.
    """

    title: Quote
    issue: tuple[Quote, ...]
    environment: tuple[str, ...]
    resolution: tuple[Quote, ...]
    service: str | None
    category: str | None

    def article(self, key: str, gap: str) -> Article:
        """Return the draft as an article, Work in Progress, that names the incidents it quotes."""
        quoted = dict.fromkeys(quote.number for quote in (self.title, *self.issue, *self.resolution))
        return Article(
            id=key,
            title=self.title.text[:TITLE_LIMIT],
            issue="\n".join(f"- {quote.text}" for quote in self.issue),
            environment="\n".join(f"- {fact}" for fact in self.environment),
            resolution="\n".join(f"{place}. {quote.text}" for place, quote in enumerate(self.resolution, start=1)),
            service=self.service,
            category=self.category,
            state=State.WORK_IN_PROGRESS,
            extra={"drafted_from": list(quoted), "gap": gap},
        )


def draft(gap: Gap, encode: Encode) -> ArticleDraft:
    """Return the draft for a gap, from its most typical incidents and their best notes."""
    typical = gap.cluster.cases[: _SETTINGS.cases_read]
    title = _title(typical)
    said = [quote for case in typical for quote in _quotes(case, case.incident.text) if quote.text != title.text]
    service = mostly(case.incident.service for case in gap.cluster.cases)
    item = mostly(case.incident.configuration_item for case in gap.cluster.cases)
    category = mostly(case.incident.category for case in gap.cluster.cases)
    facts = (("Service", service), ("Configuration item", item))
    return ArticleDraft(
        title=title,
        issue=tuple(_apart(_central(said, encode), _SETTINGS.said)),
        environment=tuple(f"{name}: {found[0]}" for name, found in facts if found and found[1] > _SETTINGS.common),
        resolution=_resolution(typical, encode),
        service=service[0] if service and service[1] > _SETTINGS.common else None,
        category=category[0] if category and category[1] > _SETTINGS.common else None,
    )


def _title(typical: Sequence[Case]) -> Quote:
    """Return the short description of the most typical incident whose length reads well."""
    lines = [Quote(" ".join(case.incident.short_description.split()), case.incident.number) for case in typical]
    lines += [
        Quote(" ".join(line.split()), case.incident.number)
        for case in typical
        for line in sentences(case.incident.text)[:1]
    ]
    fitting = (quote for quote in lines if _SETTINGS.title_least <= len(quote.text) <= _SETTINGS.title_most)
    return next(fitting, lines[-1])


def _resolution(typical: Sequence[Case], encode: Encode) -> tuple[Quote, ...]:
    """Return the most central note, preferring first-time solutions, and what other notes add to it."""
    noted = [case for case in typical if (case.incident.resolution or "").strip()]
    first_time = [case for case in noted if not case.reopened and not case.bounced]
    noted = first_time or noted
    if not noted:
        return ()
    vectors = encode([case.incident.resolution or "" for case in noted])
    order = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable").tolist()
    best, *others = (_quotes(noted[place], noted[place].incident.resolution or "") for place in order)
    added = [quote for quotes in others for quote in quotes]
    kept = [(quote, vector) for quote, vector in zip(best, _encoded(best, encode), strict=True)]
    for quote, vector in zip(added, _encoded(added, encode), strict=True):
        if len(kept) >= len(best) + _SETTINGS.further:
            break
        if all(float(vector @ other) < _SETTINGS.same for _, other in kept):
            kept.append((quote, vector))
    return tuple(quote for quote, _ in kept)


def _quotes(case: Case, text: str) -> list[Quote]:
    lines = (" ".join(line.split()).lstrip("-*#>0123456789.) ") for line in sentences(text))
    return [
        Quote(line, case.incident.number)
        for line in lines
        if _SETTINGS.sentence_least <= len(line) <= _SETTINGS.sentence_most
    ]


def _central(quotes: Sequence[Quote], encode: Encode) -> list[tuple[Quote, Vectors]]:
    """Return quotes, the most central one first."""
    if not quotes:
        return []
    vectors = _encoded(quotes, encode)
    order = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable").tolist()
    return [(quotes[place], vectors[place]) for place in order]


def _apart(ranked: Iterable[tuple[Quote, Vectors]], limit: int) -> list[Quote]:
    """Return the first quotes that do not repeat each other."""
    kept = list[tuple[Quote, Vectors]]()
    for quote, vector in ranked:
        if len(kept) < limit and all(float(vector @ other) < _SETTINGS.same for _, other in kept):
            kept.append((quote, vector))
    return [quote for quote, _ in kept]


def _encoded(quotes: Sequence[Quote], encode: Encode) -> Vectors:
    return encode([quote.text for quote in quotes])
