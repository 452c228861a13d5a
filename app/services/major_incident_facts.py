"""Facts of a major incident: its reports, who is affected, and the articles and past major incidents like it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from app.composition import Services
from kb.records.excerpt import headline
from kb.records.incident import Incident
from kb.records.major_incident import (
    MajorDecision,
    MajorIncidentFacts,
    MajorIncidentProposal,
    PastMajor,
    SeriesPoint,
    shared_words,
)
from kb.records.record_kind import RecordKind
from kb.retrieval.article_index import ArticleHit
from kb.retrieval.incident_index import IncidentHit
from kb.retrieval.memory import Memory
from models.lexical_index import LexicalIndex

_ARTICLES, _PAST, _NEIGHBOURS = 3, 3, 30
# share of the other incidents with a word from which it tells nothing of these; by hand
_PLAIN = 0.1
# proposals that are compared with this one
_COMPARED = 100
# cosine of two subjects from which a past major incident is like this one: less names others; by hand
_LIKE = 0.5
_COUNTED = ("location", "service", "configuration_item")
# column in which histories name the major incident that an incident was part of
_NAMED = "major_incident"
_STEP = timedelta(minutes=5)
# what the series shows before the first report, and at most in all
_BEFORE, _LONGEST = timedelta(hours=1), timedelta(hours=12)


def major_incident_facts(services: Services, lead: str) -> MajorIncidentFacts:
    """Return what is known of a proposed major incident; raises UnknownRecordError."""
    with services.store.database.snapshot():
        proposal = services.major_proposals.get(lead)
        reports = sorted(services.store.incidents_of(proposal.numbers), key=_logged)
        others = services.major_proposals.newest(limit=_COMPARED)
    values = {name: _counts(reports, name) for name in _COUNTED}
    titles = [headline(one.short_description, one.description) for one in reports]
    memory = services.memory
    hits = memory.search(proposal.subject, limit=_NEIGHBOURS, kind=RecordKind.INCIDENTS) if proposal.subject else []
    alike = [hit for hit in hits if isinstance(hit, IncidentHit) and hit.incident.number not in proposal.numbers]
    articles = memory.search(proposal.subject, limit=_ARTICLES, kind=RecordKind.ARTICLES) if proposal.subject else []
    return MajorIncidentFacts(
        proposal,
        tuple(reports),
        tuple(_telling(shared_words(titles), len(reports), memory.incidents.lexical)),
        callers=len({one.caller.casefold() for one in reports if one.caller}),
        values=values,
        service=_most(values["service"]) or _likely(alike, "service"),
        configuration_item=_most(values["configuration_item"]),
        articles=tuple((hit.article.id, hit.article.title) for hit in articles if isinstance(hit, ArticleHit)),
        past=tuple(_past(memory, proposal, others, alike))[:_PAST],
        series=tuple(_series(proposal, reports)),
    )


def _telling(words: Sequence[str], reports: int, lexical: LexicalIndex) -> list[str]:
    """Return the words that few other incidents have: what nearly every ticket says tells nothing of these."""
    others = len(lexical) - reports
    if others < reports:
        return list(words)
    hashed = lexical.hashed(words)
    frequency = [max(lexical.frequency(np.array(sorted(one), dtype=np.int64)), default=0.0) for one in hashed]
    elsewhere = [(share * len(lexical) - reports) / others for share in frequency]
    return [word for word, share in zip(words, elsewhere, strict=True) if share < _PLAIN]


def _logged(incident: Incident) -> tuple[float, str]:
    return (incident.opened_at.timestamp() if incident.opened_at else float("inf"), incident.number)


def _counts(reports: Iterable[Incident], name: str) -> list[tuple[str, int]]:
    return Counter(value for one in reports if (value := one.value(name))).most_common()


def _most(counts: Sequence[tuple[str, int]]) -> str | None:
    return counts[0][0] if counts else None


def _likely(alike: Iterable[IncidentHit], name: str) -> str | None:
    """Return the value that similar incidents have, the more similar ones counting more."""
    votes = Counter[str]()
    for hit in alike:
        if hit.similarity >= _LIKE and (value := hit.incident.value(name)):
            votes[value] += round(1000 * hit.similarity)
    return votes.most_common(1)[0][0] if votes else None


def _past(
    memory: Memory,
    proposal: MajorIncidentProposal,
    others: Sequence[MajorIncidentProposal],
    alike: Sequence[IncidentHit],
) -> Iterable[PastMajor]:
    """Yield the major incidents of the past like this one: accepted ones, and those that the history names."""
    accepted = [
        one for one in others if one.decision is MajorDecision.ACCEPTED and one.lead != proposal.lead and one.subject
    ]
    if accepted:
        vectors = memory.store.encoder.encode([proposal.subject, *(one.subject for one in accepted)])
        near = zip((vectors[1:] @ vectors[0]).tolist(), accepted, strict=True)
        for cosine, one in sorted(near, key=lambda pair: -pair[0]):
            if cosine >= _LIKE:
                yield PastMajor(one.subject, one.lead, one.lead, one.since)
    named = dict[str, Incident]()
    for hit in alike:
        if (name := hit.incident.extra.get(_NAMED)) and hit.similarity >= _LIKE:
            named.setdefault(name, hit.incident)
    for name, incident in named.items():
        yield PastMajor(name, None, incident.number, incident.opened_at)


def _series(proposal: MajorIncidentProposal, reports: Sequence[Incident]) -> Iterable[SeriesPoint]:
    """Yield the reports by five minutes, beside how many are usual as far as that is known."""
    logged = [one.opened_at for one in reports if one.opened_at is not None]
    if not logged:
        return
    last = min(max(logged), logged[0] + _LONGEST)
    start = logged[0] - _BEFORE
    start -= timedelta(minutes=start.minute % 5, seconds=start.second, microseconds=start.microsecond)
    moments = [start + _STEP * step for step in range(int((last - start) / _STEP) + 2)]
    usual = None if proposal.reason is None else proposal.reason.usual
    for begins, ends in pairwise(moments):
        yield SeriesPoint(begins, _count(logged, begins, ends), 0.0 if usual is None else usual.between(begins, ends))


def _count(logged: Iterable[datetime], begins: datetime, ends: datetime) -> int:
    return sum(begins <= moment < ends for moment in logged)
