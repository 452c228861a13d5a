"""Gaps: issues that are solved repeatedly without an article that says how."""

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

# cosine distance up to which clusters are merged: a smaller one splits one issue, a larger one mixes two;
# experiment 013
DISTANCE = 0.5
# incidents from which an issue is worth an article; chosen by hand
FEWEST = 5
_YEAR, _QUARTER = 365.0, 90.0

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GapSettings:
    """Parameters of gaps; chosen by hand, checked by the benchmark workbench-gaps."""

    # share of a cluster's incidents that must have its best word: with less it has no common topic
    least_telling: float = 0.3
    # incidents of a cluster that are read: bounds time
    members_read: int = 12
    # issues that are compared with all articles at a time: bounds memory
    issues_a_step: int = 50
    # nearest incidents whose links decide whether an issue has an article
    neighbours: int = 15
    # incidents searched for at a time: bounds memory
    block: int = 512
    # part of the usual share of links below which an issue counts as one without an article
    linked_part: float = 1 / 3
    # share of an issue's incidents with a fitting article from which it is no gap
    fitting_part: float = 0.5
    # share of common incidents from which a gap is one that was found before
    same: float = 0.5
    # words that name a gap: as many as can be read at a glance
    words: int = 3
    # fewest incidents of a group that may be merged with others
    fewest_joined: int = 3
    # cosine of callers' words in two groups about one item whose notes agree
    akin: float = 0.4
    # the same where notes are missing: the wording alone must decide
    akin_without_notes: float = 0.6
    # cosine of the notes of two groups that are one issue
    resolved_alike: float = 0.75
    # share of a group's incidents that must concern one item of one service
    nearly_all: float = 0.8


_SETTINGS = GapSettings()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Resolved incidents about one issue, the most typical first, with its distinctive terms."""

    cases: tuple[Case, ...]
    telling: tuple[DistinctiveTerm, ...]

    @property
    def name(self) -> str:
        """Return its distinctive terms."""
        return ", ".join(word.term for word in self.telling[: _SETTINGS.words])

    @property
    def linked(self) -> float:
        """Return the share of its incidents with a linked article."""
        return sum(bool(case.articles) for case in self.cases) / len(self.cases)


@dataclass(frozen=True, slots=True)
class Gap:
    """An issue without a fitting article.

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
        """Return the hours a year spent on solving it again."""
        return self.yearly * self.minutes / 60


def clusters(corpus: CurationCorpus, among: Sequence[int], *, fewest: int = FEWEST) -> list[Cluster]:
    """Return the issues with at least so many of the cases at these places, the most frequent first.

    Clusters without a distinctive term have no common topic and are left out.
    """
    if not among:
        return []
    chosen = np.array(among, dtype=np.int64)
    labels = cluster(corpus.vectors[chosen], distance=DISTANCE)
    groups = [
        chosen[labels == label]
        for label, count in sorted(Counter(labels.tolist()).items(), key=lambda entry: (-entry[1], entry[0]))
        if count >= _SETTINGS.fewest_joined
    ]
    found = list[Cluster]()
    for places in _joined(corpus, groups):
        if len(places) < fewest:
            continue
        typical = corpus.vectors[places] @ corpus.vectors[places].mean(axis=0)
        cases = tuple(corpus.cases[place] for place in places[np.argsort(-typical, kind="stable")].tolist())
        telling = tuple(corpus.vocabulary.distinctive_terms([case.incident.text for case in cases]))
        if telling and max(word.share for word in telling) >= _SETTINGS.least_telling:
            found.append(Cluster(cases, telling))
    return sorted(found, key=lambda issue: -len(issue.cases))


def _joined(corpus: CurationCorpus, groups: Sequence[Places]) -> list[Places]:
    """Return groups, the biggest first, after merging those about the same item, service and issue.

    Callers describe one issue in words that have little in common; the resolution notes show that it is one.
    """
    by_item: dict[tuple[str, str], list[_Group]] = {}
    joined = list[_Group]()
    for places in groups:
        concerns = _concerns([corpus.cases[place] for place in places.tolist()])
        group = _Group.of(corpus, places, noted=concerns is not None)
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
    """Places of cases about one issue, with the unit vectors of its callers' words and of its resolution notes."""

    places: list[Places]
    said: Vectors
    resolved: Vectors | None

    @classmethod
    def of(cls, corpus: CurationCorpus, places: Places, *, noted: bool) -> _Group:
        """Return the group of cases at these places; its notes are only read where `noted`."""
        cases = [corpus.cases[place] for place in places.tolist()]
        read = spread(cases, _SETTINGS.members_read) if noted else []
        notes = [note for case in read if (note := (case.incident.resolution or "").strip())]
        resolved = _direction(corpus.encode(notes)) if notes else None
        return cls([places], _direction(corpus.vectors[places]), resolved)

    def is_one_with(self, other: _Group) -> bool:
        """Return whether both are the same issue in other words."""
        akin = float(self.said @ other.said)
        if self.resolved is None or other.resolved is None:
            return akin >= _SETTINGS.akin_without_notes
        return akin >= _SETTINGS.akin and float(self.resolved @ other.resolved) >= _SETTINGS.resolved_alike


def _direction(vectors: Vectors) -> Vectors:
    mean: Vectors = vectors.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def _concerns(cases: Sequence[Case]) -> tuple[str, str] | None:
    """Return service and configuration item of nearly all of these cases, `None` where they differ."""
    service = mostly(case.incident.service for case in cases)
    item = mostly(case.incident.configuration_item for case in cases)
    if service is None or item is None or min(service[1], item[1]) < _SETTINGS.nearly_all:
        return None
    return service[0], item[0]


def find_gaps(
    corpus: CurationCorpus, registry: GapRegistry, *, fewest: int = FEWEST, report: Report = lambda _: None
) -> list[Gap]:
    """Return issues without a fitting article, those that cost most hours a year first.

    Where the desk links articles, an issue is without one where links are rare among the incidents nearest to it; and
    no article may fit it as well as linked articles mostly fit.
    """
    issues = clusters(corpus, _without_links(corpus), fewest=fewest)
    report(0.6)
    fitted = zip(issues, _fitting(corpus, issues), strict=True)
    open_issues = [(issue, nearest) for issue, (fits, nearest) in fitted if fits < _SETTINGS.fitting_part]
    report(0.9)
    names = registry.recognise([issue for issue, _ in open_issues])
    found = [_gap(corpus, issue, nearest, *names[place]) for place, (issue, nearest) in enumerate(open_issues)]
    return sorted(found, key=lambda gap: (-gap.hours, -len(gap.cluster.cases), gap.id))


def _without_links(corpus: CurationCorpus) -> list[int]:
    """Return the cases whose nearest neighbours have at most a third of the usual share of links.

    Where nobody links, all cases are returned.
    """
    if corpus.linked_share is None:
        return list(range(len(corpus.cases)))
    linked = np.array([bool(case.articles) for case in corpus.cases], dtype=np.float32)
    found = list[int]()
    index = VectorIndex(corpus.vectors.shape[1])
    index.append(corpus.vectors)
    for start in range(0, len(linked), _SETTINGS.block):
        cosines, nearest = index.search(
            corpus.vectors[start : start + _SETTINGS.block], min(_SETTINGS.neighbours, len(linked))
        )
        near = cosines >= 1 - DISTANCE
        rare = (linked[nearest] * near).sum(axis=1) < _SETTINGS.linked_part * corpus.linked_share * near.sum(axis=1)
        found += (start + np.flatnonzero(rare)).tolist()
    return found


def _fitting(corpus: CurationCorpus, issues: Sequence[Cluster]) -> Iterator[tuple[float, tuple[str, float] | None]]:
    """Yield for each issue the share of sampled incidents that an article fits, and the nearest article."""
    if not corpus.articles:
        yield from ((0.0, None) for _ in issues)
        return
    for start in range(0, len(issues), _SETTINGS.issues_a_step):
        read = [
            spread(list(issue.cases), _SETTINGS.members_read)
            for issue in issues[start : start + _SETTINGS.issues_a_step]
        ]
        found = corpus.similarities([case for cases in read for case in cases])
        for rows in np.split(found, np.cumsum([len(cases) for cases in read])[:-1]):
            best = rows.max(axis=1)
            nearest = int(rows[int(best.argmax())].argmax())
            share = float((best >= corpus.fit).mean())
            yield share, (corpus.articles[nearest].article.id, float(best.max()))


def _gap(corpus: CurationCorpus, issue: Cluster, nearest: tuple[str, float] | None, key: str, name: str) -> Gap:
    age = [(corpus.now - case.moment) / timedelta(days=1) if case.moment is not None else 0.0 for case in issue.cases]
    return Gap(
        id=key,
        name=name,
        cluster=issue,
        yearly=sum(days <= _YEAR for days in age),
        recent=sum(days <= _QUARTER for days in age),
        earlier=sum(_QUARTER < days <= 2 * _QUARTER for days in age),
        minutes=corpus.minutes(issue.cases),
        nearest=nearest,
    )


class GapRegistry:
    """Earlier gaps by their incidents, so that each keeps its id and its name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recognise(self, found: Sequence[Cluster]) -> list[tuple[str, str]]:
        """Return id and name of each gap, reused from an earlier gap that shares half of its incidents."""
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
    able = [key for key, share in shared.items() if share >= _SETTINGS.same]
    return max(able, key=lambda key: (len(members & known[key][1]), key), default=None)


def _new_id(issue: Cluster, known: Mapping[str, object]) -> str:
    """Return an id made from its oldest incident that no other gap's id is made from."""
    numbers = [case.incident.number for case in sorted(issue.cases, key=lambda case: case.place)]
    return next(key for number in numbers if (key := f"gap-{number}") not in known)
