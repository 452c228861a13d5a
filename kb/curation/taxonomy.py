"""Taxonomy: categories that are unused or cannot be told apart, and issues that deserve a separate one."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta

from kb.curation.corpus import Case, CurationCorpus, spread
from kb.curation.gaps import clusters
from models.vector_index import VectorIndex


@dataclass(frozen=True, slots=True)
class TaxonomySettings:
    """When something is wrong with a category; all chosen by hand, none tuned."""

    # days without an incident: a quarter may pass without a seasonal issue
    idle_days: float = 90.0
    # fewest incidents of a category that is judged
    fewest: int = 10
    # incidents that are sampled: bounds time
    asked: int = 4000
    # nearest incidents that say which category one looks like
    neighbours: int = 15
    # mean share of two categories' incidents that look like the other one
    mixed: float = 0.25
    # incidents of an issue that deserves a separate category
    big: int = 25
    # smallest share of its category that such an issue takes, and leaves
    part: float = 0.15
    # share of an issue in one subcategory from which that subcategory already covers it
    own: float = 0.6


_SETTINGS = TaxonomySettings()


@dataclass(frozen=True, slots=True)
class Unused:
    """A category without incidents for a number of days."""

    category: str
    count: int
    days: int


@dataclass(frozen=True, slots=True)
class Mixed:
    """Two categories whose incidents are nearest to each other's: shares of either that look like the other."""

    categories: tuple[str, str]
    shares: tuple[float, float]
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deserving:
    """An issue inside a category, with its distinctive terms, big and distinct enough for a separate category."""

    category: str
    name: str
    count: int
    share: float
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """What is wrong with the categories, each list the worst first."""

    unused: tuple[Unused, ...]
    mixed: tuple[Mixed, ...]
    deserving: tuple[Deserving, ...]


def taxonomy(corpus: CurationCorpus) -> Taxonomy:
    """Return what is wrong with the categories, judged by their incidents."""
    cases = [case for case in corpus.cases if case.incident.category]
    return Taxonomy(tuple(_unused(corpus, cases)), tuple(_mixed(corpus, cases)), tuple(_deserving(corpus, cases)))


def _unused(corpus: CurationCorpus, cases: list[Case]) -> list[Unused]:
    counts = Counter(case.incident.category or "" for case in cases)
    recent = {case.incident.category for case in corpus.since(_SETTINGS.idle_days)}
    found = list[Unused]()
    for category, count in counts.items():
        if category not in recent:
            last = max(case.moment for case in cases if case.incident.category == category and case.moment)
            found.append(Unused(category, count, (corpus.now - last) // timedelta(days=1)))
    return sorted(found, key=lambda one: (-one.days, one.category))


def _mixed(corpus: CurationCorpus, cases: list[Case]) -> list[Mixed]:
    """Return pairs of categories that an incident's nearest neighbours, without itself, cannot tell apart."""
    if len(cases) <= _SETTINGS.neighbours:
        return []
    index = VectorIndex(corpus.vectors.shape[1])
    index.append(corpus.vectors[[case.place for case in cases]])
    asked = spread(cases, _SETTINGS.asked)
    seen, taken = Counter[str](), dict[tuple[str, str], list[str]]()
    found_near = index.search(corpus.vectors[[case.place for case in asked]], _SETTINGS.neighbours + 1)
    for case, cosines, slots in zip(asked, *found_near, strict=True):
        category = case.incident.category or ""
        seen[category] += 1
        votes = defaultdict[str, float](float)
        for cosine, slot in zip(cosines.tolist(), slots.tolist(), strict=True):
            if cases[slot] is not case:
                votes[cases[slot].incident.category or ""] += cosine**4
        best = max(votes, key=lambda value: (votes[value], value))
        if best != category:
            taken.setdefault((category, best), []).append(case.incident.number)
    found = list[Mixed]()
    for (one, other), numbers in taken.items():
        back = taken.get((other, one), [])
        if one < other and min(seen[one], seen[other]) >= _SETTINGS.fewest:
            shares = (len(numbers) / seen[one], len(back) / seen[other])
            if sum(shares) >= 2 * _SETTINGS.mixed:
                found.append(Mixed((one, other), shares, tuple((numbers + back)[:6])))
    return sorted(found, key=lambda one: (-sum(one.shares), one.categories))


def _deserving(corpus: CurationCorpus, cases: list[Case]) -> list[Deserving]:
    """Return large clusters inside a category that no subcategory covers."""
    by_category = defaultdict[str, list[Case]](list)
    for case in cases:
        by_category[case.incident.category or ""].append(case)
    found = list[Deserving]()
    for category, inside in sorted(by_category.items()):
        if len(inside) < 2 * _SETTINGS.big:
            continue
        for issue in clusters(corpus, [case.place for case in inside], fewest=_SETTINGS.big):
            share = len(issue.cases) / len(inside)
            subs = Counter(case.incident.subcategory for case in issue.cases)
            sub, most = subs.most_common(1)[0]
            has_own = sub is not None and most >= _SETTINGS.own * len(issue.cases)
            if _SETTINGS.part <= share <= 1 - _SETTINGS.part and not has_own:
                numbers = tuple(case.incident.number for case in issue.cases[:5])
                found.append(Deserving(category, issue.name, len(issue.cases), share, numbers))
    return sorted(found, key=lambda one: (-one.count, one.category, one.name))
