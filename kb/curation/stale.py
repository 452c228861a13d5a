"""Stale articles: no longer used, used without solving, contradicted by newer notes, or about a gone service."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import exp, sqrt

import numpy as np

from kb.curation.corpus import Case, CurationCorpus
from kb.records.article import Passage
from kb.records.wording import Wording
from kb.storage.article_rows import StoredArticle
from models.intervals import wilson

_ANSWERS = frozenset({"Resolution", "Workaround"})


@dataclass(frozen=True, slots=True)
class StaleSettings:
    """When an article is stale; all chosen by hand, none tuned."""

    # fewest incidents to conclude anything from
    fewest: int = 5
    # articles of the whole knowledge base that may be called unused by chance
    surprise: float = 0.05
    # days without use: a quarter may pass without a seasonal issue
    least_days: float = 90.0
    # days without an incident of its service, or without any use ever: half a year
    gone_days: float = 180.0
    # factor on the usual share of reopened incidents that the lower limit of the interval must exceed
    often_reopened: float = 1.5
    # first and last resolution notes that are compared: bounds reading
    notes: int = 20
    # drop in cosine between earlier and newer notes and the answer
    drop: float = 0.12
    # standard errors of that drop: with many articles, some would exceed two by chance
    sigma: float = 3.0


_SETTINGS = StaleSettings()


class Why(StrEnum):
    """What makes an article stale."""

    UNUSED = "unused"
    NOT_SOLVING = "not_solving"
    CONTRADICTED = "contradicted"
    ENVIRONMENT_GONE = "environment_gone"


@dataclass(frozen=True, slots=True)
class Stale:
    """A stale article: why, what was counted, incidents that show it, and a confidence, higher is surer."""

    article: str
    why: Why
    message: Wording
    incidents: tuple[str, ...]
    weight: float


def find_stale(corpus: CurationCorpus) -> list[Stale]:
    """Return stale articles, the surest first, each once with its strongest reason."""
    found = list[Stale]()
    services = _last_seen(corpus)
    base = _reopened_share(corpus.cases)
    for record in corpus.articles:
        reasons = [
            reason
            for reason in (
                _gone(record, services),
                _unused(corpus, record),
                _not_solving(corpus, record, base),
                _contradicted(corpus, record),
            )
            if reason is not None
        ]
        if reasons:
            found.append(max(reasons, key=lambda reason: reason.weight))
    return sorted(found, key=lambda stale: (-stale.weight, stale.article))


def _unused(corpus: CurationCorpus, record: StoredArticle) -> Stale | None:
    """Return the finding that an article is unused unusually long for its pace, or was never used where people link.

    Unusual means: the probability of such a pause at its pace (Poisson), times the number of articles, is small.
    """
    if corpus.linked_share is None:
        return None
    begin = corpus.begin
    if begin is None:
        return None
    cases = [case for case in corpus.cases_of[record.article.id] if case.moment is not None]
    used = [use.at for use in corpus.uses if use.article == record.article.id]
    moments = [*(case.moment for case in cases if case.moment), *used]
    if not moments:
        days = (corpus.now - begin) / timedelta(days=1)
        is_new = record.article.source is None and record.created_at > corpus.now - timedelta(days=_SETTINGS.least_days)
        message = Wording("Not used for {days} days.", {"days": round(days)})
        return None if days < _SETTINGS.gone_days or is_new else Stale(record.article.id, Why.UNUSED, message, (), 1.0)
    last = max(moments)
    idle = (corpus.now - last) / timedelta(days=1)
    expected = len(moments) / max((last - begin) / timedelta(days=1), 1.0) * idle
    if idle < _SETTINGS.least_days or exp(-expected) * len(corpus.articles) > _SETTINGS.surprise:
        return None
    message = Wording(
        "Used {count} times until {day}, never in the {days} days since.",
        {"count": len(moments), "day": f"{last:%Y-%m-%d}", "days": round(idle)},
    )
    return Stale(record.article.id, Why.UNUSED, message, _numbers(cases[-3:]), 2.0 + min(expected, 100) / 100)


def _gone(record: StoredArticle, seen: dict[str, tuple[int, float]]) -> Stale | None:
    service = record.article.service
    count, idle = seen.get((service or "").casefold(), (0, 0.0))
    if count < _SETTINGS.fewest or idle < _SETTINGS.gone_days:
        return None
    message = Wording(
        "Its service {service} had {count} tickets, none in the last {days} days.",
        {"service": str(service), "count": count, "days": round(idle)},
    )
    return Stale(record.article.id, Why.ENVIRONMENT_GONE, message, (), 3.0)


def _last_seen(corpus: CurationCorpus) -> dict[str, tuple[int, float]]:
    """Return by service, in lower case, how many incidents it had, and days since the last one."""
    counts, last = Counter[str](), dict[str, float]()
    for case in corpus.cases:
        if case.incident.service and case.moment:
            key = case.incident.service.casefold()
            counts[key] += 1
            last[key] = min(last.get(key, float("inf")), (corpus.now - case.moment) / timedelta(days=1))
    return {key: (counts[key], last[key]) for key in counts}


def _reopened_share(cases: tuple[Case, ...]) -> float:
    known = [case for case in cases if case.incident.reopen_count is not None]
    return sum(case.reopened for case in known) / len(known) if known else 0.0


def _not_solving(corpus: CurationCorpus, record: StoredArticle, base: float) -> Stale | None:
    """Return the finding that incidents linked to an article were reopened or handed on more often, beyond chance."""
    cases = [case for case in corpus.cases_of[record.article.id] if case.incident.reopen_count is not None]
    failed = [case for case in cases if case.reopened]
    if len(cases) < _SETTINGS.fewest or not failed:
        return None
    lowest = wilson(len(failed) / len(cases), len(cases))[0]
    if lowest <= _SETTINGS.often_reopened * base:
        return None
    message = Wording(
        "{failed} of {count} tickets were reopened after it was linked; usual is {percent}%.",
        {"failed": len(failed), "count": len(cases), "percent": round(100 * base)},
    )
    return Stale(record.article.id, Why.NOT_SOLVING, message, _numbers(failed[-5:]), 3.0 + lowest)


def _contradicted(corpus: CurationCorpus, record: StoredArticle) -> Stale | None:
    """Return the finding that the newest resolution notes contradict an article's answer, unlike earlier ones."""
    noted = [case for case in corpus.cases_of[record.article.id] if (case.incident.resolution or "").strip()]
    if len(noted) < 2 * _SETTINGS.fewest or record.vectors is None:
        return None
    count = min(_SETTINGS.notes, len(noted) // 2)
    answer = _answer(record.passages)
    if not answer:
        return None
    target = record.vectors[answer].astype(np.float32)
    texts = [case.incident.resolution or "" for case in (*noted[:count], *noted[-count:])]
    distinct = list(dict.fromkeys(texts))
    vectors = dict(zip(distinct, corpus.encode(distinct), strict=True))
    agree = np.array([float((target @ vectors[text]).max()) for text in texts])
    then, lately = agree[:count], agree[count:]
    drop = float(then.mean() - lately.mean())
    error = sqrt(float(then.var() + lately.var()) / count) or 1e-6
    if drop < _SETTINGS.drop or drop < _SETTINGS.sigma * error:
        return None
    message = Wording("The last {count} resolution notes say other things than its answer.", {"count": count})
    return Stale(record.article.id, Why.CONTRADICTED, message, _numbers(noted[-5:]), 2.5 + drop)


def _answer(passages: tuple[Passage, ...]) -> list[int]:
    return [place for place, passage in enumerate(passages) if passage.section in _ANSWERS]


def _numbers(cases: list[Case]) -> tuple[str, ...]:
    return tuple(case.incident.number for case in reversed(cases))
