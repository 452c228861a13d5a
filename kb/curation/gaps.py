"""Gaps: issues that are solved again and again without an article that says how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select

from kb.curation.corpus import Case, CurationCorpus, Report, mostly, spread
from kb.storage.database import Database
from kb.storage.schema import gaps
from models.clusters import cluster
from models.distinctive_terms import DistinctiveTerm
from models.encoder import Vectors
from models.vector_index import VectorIndex

DISTANCE = 0.5
FEWEST = 5
_LEAST_TELLING = 0.3
_MEMBERS_READ = 12
_ISSUES_A_STEP = 50
_NEIGHBOURS = 15
_BLOCK = 512
_LINKED_PART = 1 / 3
_FITTING_PART = 0.5
_YEAR, _QUARTER = 365.0, 90.0
_SAME = 0.5
_WORDS = 3
_FEWEST_JOINED = 3
_AKIN = 0.4
_AKIN_WITHOUT_NOTES = 0.6
_RESOLVED_ALIKE = 0.75
_NEARLY_ALL = 0.8

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Resolved incidents about one issue, the most typical first, with the words that tell it from others."""

    cases: tuple[Case, ...]
    telling: tuple[DistinctiveTerm, ...]

    @property
    def name(self) -> str:
        """Its telling words."""
        return ", ".join(word.term for word in self.telling[:_WORDS])

    @property
    def linked(self) -> float:
        """Share of its incidents that have an article linked."""
        return sum(bool(case.articles) for case in self.cases) / len(self.cases)


@dataclass(frozen=True, slots=True)
class Gap:
    """An issue without fitting article.

    `yearly` of its incidents were resolved in the last year, `recent` in its last quarter and `earlier` in the
    quarter before; each takes `minutes`. `nearest` is the article that comes nearest, with its cosine.
    """

    id: str
    name: str
    cluster: Cluster
    yearly: int
    recent: int
    earlier: int
    minutes: float
    nearest: tuple[str, float] | None

    @property
    def hours(self) -> float:
        """Hours a year that go into solving it anew."""
        return self.yearly * self.minutes / 60


def clusters(holdings: CurationCorpus, among: Sequence[int], *, fewest: int = FEWEST) -> list[Cluster]:
    """Issues that came at least so often among the cases at these places, the most frequent first.

    Clusters that no word tells from the rest are about nothing in particular and left out.
    """
    if not among:
        return []
    chosen = np.array(among, dtype=np.int64)
    labels = cluster(holdings.vectors[chosen], distance=DISTANCE)
    groups = [
        chosen[labels == label]
        for label, count in sorted(Counter(labels.tolist()).items(), key=lambda entry: (-entry[1], entry[0]))
        if count >= _FEWEST_JOINED
    ]
    found = list[Cluster]()
    for places in _joined(holdings, groups):
        if len(places) < fewest:
            continue
        typical = holdings.vectors[places] @ holdings.vectors[places].mean(axis=0)
        cases = tuple(holdings.cases[place] for place in places[np.argsort(-typical, kind="stable")].tolist())
        telling = tuple(holdings.vocabulary.distinctive_terms([case.incident.text for case in cases]))
        if telling and max(word.share for word in telling) >= _LEAST_TELLING:
            found.append(Cluster(cases, telling))
    return sorted(found, key=lambda issue: -len(issue.cases))


def _joined(holdings: CurationCorpus, groups: Sequence[Places]) -> list[Places]:
    """Groups, the biggest first, with those joined that concern the same item of the same service and are one issue.

    Callers put one issue in words that have little in common; that it is one shows in what resolved it.
    """
    by_item: dict[tuple[str, str], list[_Group]] = {}
    joined = list[_Group]()
    for places in groups:
        concerns = _concerns([holdings.cases[place] for place in places.tolist()])
        group = _Group.of(holdings, places, noted=concerns is not None)
        alike = by_item.setdefault(concerns, []) if concerns is not None else []
        home = next((other for other in alike if group.is_one_with(other)), None)
        if home is None:
            joined.append(group)
            alike.append(group)
        else:
            home.places.append(places)
    return [np.sort(np.concatenate(group.places)) for group in joined]


@dataclass(slots=True)
class _Group:
    """Places of cases about one issue, with the unit vectors of what was said and of what resolved it."""

    places: list[Places]
    said: Vectors
    resolved: Vectors | None

    @classmethod
    def of(cls, holdings: CurationCorpus, places: Places, *, noted: bool) -> _Group:
        """The group of cases at these places; its notes are only read where `noted`."""
        cases = [holdings.cases[place] for place in places.tolist()]
        read = spread(cases, _MEMBERS_READ) if noted else []
        notes = [note for case in read if (note := (case.incident.resolution or "").strip())]
        resolved = _direction(holdings.encode(notes)) if notes else None
        return cls([places], _direction(holdings.vectors[places]), resolved)

    def is_one_with(self, other: _Group) -> bool:
        """Whether both are the same issue in other words."""
        akin = float(self.said @ other.said)
        if self.resolved is None or other.resolved is None:
            return akin >= _AKIN_WITHOUT_NOTES
        return akin >= _AKIN and float(self.resolved @ other.resolved) >= _RESOLVED_ALIKE


def _direction(vectors: Vectors) -> Vectors:
    mean: Vectors = vectors.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def _concerns(cases: Sequence[Case]) -> tuple[str, str] | None:
    """Service and configuration item of nearly all of these cases, `None` where they have no such one in common."""
    service = mostly(case.incident.service for case in cases)
    item = mostly(case.incident.configuration_item for case in cases)
    if service is None or item is None or min(service[1], item[1]) < _NEARLY_ALL:
        return None
    return service[0], item[0]


def find_gaps(
    holdings: CurationCorpus, shelf: GapRegistry, *, fewest: int = FEWEST, report: Report = lambda _: None
) -> list[Gap]:
    """Issues without fitting article, those that cost most hours a year first.

    Where the desk links articles, an issue is without one where links are rare among the incidents nearest to it; no
    text of an article may fit it as well as the text of a linked one mostly does.
    """
    issues = clusters(holdings, _without_links(holdings), fewest=fewest)
    report(0.6)
    fitted = zip(issues, _fitting(holdings, issues), strict=True)
    open_issues = [(issue, nearest) for issue, (fits, nearest) in fitted if fits < _FITTING_PART]
    report(0.9)
    names = shelf.recognise([issue for issue, _ in open_issues])
    found = [_gap(holdings, issue, nearest, *names[place]) for place, (issue, nearest) in enumerate(open_issues)]
    return sorted(found, key=lambda gap: (-gap.hours, -len(gap.cluster.cases), gap.id))


def _without_links(holdings: CurationCorpus) -> list[int]:
    """Places of cases among whose nearest of the same issue links are a third as frequent as elsewhere, or less.

    All are, where nobody links.
    """
    if holdings.linked_share is None:
        return list(range(len(holdings.cases)))
    linked = np.array([bool(case.articles) for case in holdings.cases], dtype=np.float32)
    found = list[int]()
    index = VectorIndex(holdings.vectors.shape[1])
    index.append(holdings.vectors)
    for start in range(0, len(linked), _BLOCK):
        cosines, nearest = index.search(holdings.vectors[start : start + _BLOCK], min(_NEIGHBOURS, len(linked)))
        near = cosines >= 1 - DISTANCE
        rare = (linked[nearest] * near).sum(axis=1) < _LINKED_PART * holdings.linked_share * near.sum(axis=1)
        found += (start + np.flatnonzero(rare)).tolist()
    return found


def _fitting(holdings: CurationCorpus, issues: Sequence[Cluster]) -> Iterator[tuple[float, tuple[str, float] | None]]:
    """For each issue the share of its incidents that some article fits, by a sample, and the nearest article."""
    if not holdings.articles:
        yield from ((0.0, None) for _ in issues)
        return
    for start in range(0, len(issues), _ISSUES_A_STEP):
        read = [spread(list(issue.cases), _MEMBERS_READ) for issue in issues[start : start + _ISSUES_A_STEP]]
        found = holdings.similarities([case for cases in read for case in cases])
        for rows in np.split(found, np.cumsum([len(cases) for cases in read])[:-1]):
            best = rows.max(axis=1)
            nearest = int(rows[int(best.argmax())].argmax())
            share = float((best >= holdings.fit).mean())
            yield share, (holdings.articles[nearest].article.id, float(best.max()))


def _gap(holdings: CurationCorpus, issue: Cluster, nearest: tuple[str, float] | None, key: str, name: str) -> Gap:
    age = [(holdings.now - case.moment) / timedelta(days=1) if case.moment is not None else 0.0 for case in issue.cases]
    return Gap(
        id=key,
        name=name,
        cluster=issue,
        yearly=sum(days <= _YEAR for days in age),
        recent=sum(days <= _QUARTER for days in age),
        earlier=sum(_QUARTER < days <= 2 * _QUARTER for days in age),
        minutes=holdings.minutes(issue.cases),
        nearest=nearest,
    )


class GapRegistry:
    """Gaps that were found before, by the incidents in them, so that each keeps its id and its name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recognise(self, found: Sequence[Cluster]) -> list[tuple[str, str]]:
        """Id and name of each gap: new ones, or those of an earlier gap that shares half of the incidents of either."""
        with self._database.writing() as connection:
            known = {row.id: (row.name, frozenset(row.members)) for row in connection.execute(select(gaps))}
            named = list[tuple[str, str]]()
            for issue in found:
                members = frozenset(case.incident.number for case in issue.cases)
                key = _recognised(members, {k: v for k, v in known.items() if k not in {one for one, _ in named}})
                named.append((key, known[key][0]) if key else (_new_id(issue, known), issue.name))
            self._keep(connection, found, named)
        return named

    @staticmethod
    def _keep(connection: Connection, found: Sequence[Cluster], named: Sequence[tuple[str, str]]) -> None:
        rows = [
            {
                "id": key,
                "name": name,
                "members": sorted(case.incident.number for case in issue.cases),
                "at": datetime.now(UTC),
            }
            for issue, (key, name) in zip(found, named, strict=True)
        ]
        for row in rows:
            connection.execute(delete(gaps).where(gaps.c.id == row["id"]))
        if rows:
            connection.execute(insert(gaps), rows)


def _recognised(members: frozenset[str], known: Mapping[str, tuple[str, frozenset[str]]]) -> str | None:
    shared = {key: len(members & others) / min(len(members), len(others)) for key, (_, others) in known.items()}
    able = [key for key, share in shared.items() if share >= _SAME]
    return max(able, key=lambda key: (len(members & known[key][1]), key), default=None)


def _new_id(issue: Cluster, known: Mapping[str, object]) -> str:
    """An id by the oldest incident in it that no other gap took its id from."""
    numbers = [case.incident.number for case in sorted(issue.cases, key=lambda case: case.place)]
    return next(key for number in numbers if (key := f"gap-{number}") not in known)
