"""Demand: known against new issues, link rate and link accuracy, counted by case so that any part can be summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from kb.curation.corpus import Case, CurationCorpus, Report, spread
from kb.records.known import Known
from models.encoder import Vectors
from models.intervals import wilson


@dataclass(frozen=True, slots=True)
class DemandSettings:
    """How the measures of demand are sampled and counted."""

    # cosine from which an earlier incident was about the same; chosen by hand
    seen_before: float = 0.6
    # cases sampled to tell known from new: a share's interval is then two to three points either way
    classed: int = 1500
    # linked cases sampled to check their links: five points either way
    judged: int = 400
    # places in which the linked article is expected: what a person reads at a glance
    first: int = 3


_SETTINGS = DemandSettings()


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Facts of one resolved incident that the measures count.

    `known` is `None` for cases outside the sample. `expected` says whether the linked article is among the first three
    that the incident's text finds, `None` where nothing is linked or the case is outside the sample.
    """

    number: str
    day: date | None
    team: str | None
    service: str | None
    articles: tuple[str, ...]
    reopened: bool
    known: Known | None
    expected: bool | None


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval (Wilson) and the number of cases it was counted on."""

    value: float | None
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Demand:
    """The measures of a set of cases: `months` are link rate and cases by month, `reuse` links by article."""

    cases: int
    known: dict[str, Share]
    link_rate: Share
    link_accuracy: Share
    reopened_with: Share
    reopened_without: Share
    months: tuple[tuple[str, int, float], ...]
    reuse: tuple[tuple[str, int], ...]
    to_check: tuple[tuple[str, str, bool], ...]


def case_facts(corpus: CurationCorpus, report: Report = lambda _: None) -> list[CaseFacts]:
    """Return facts of every case; two costly ones are computed for even samples only."""
    drawn = {case.place for case in spread(list(corpus.cases), _SETTINGS.classed)}
    judged = {case.place for case in spread([case for case in corpus.cases if case.articles], _SETTINGS.judged)}
    looked_at = [case for case in corpus.cases if case.place in drawn | judged] if corpus.articles else []
    found = dict(zip((case.place for case in looked_at), corpus.similarities(looked_at), strict=True))
    facts = list[CaseFacts]()
    for done, case in enumerate(corpus.cases):
        similarities = found.get(case.place)
        facts.append(
            CaseFacts(
                case.incident.number,
                case.moment.date() if case.moment else None,
                case.incident.assignment_group,
                case.incident.service,
                case.articles,
                case.reopened,
                _known(corpus, case, similarities) if case.place in drawn else None,
                _expected(corpus, case, similarities) if similarities is not None else None,
            )
        )
        report((done + 1) / len(corpus.cases))
    return facts


def _known(corpus: CurationCorpus, case: Case, similarities: Vectors | None) -> Known:
    if case.articles:
        return Known.KNOWN_LINKED
    if similarities is not None and float(similarities.max()) >= corpus.fit:
        return Known.KNOWN_NOT_LINKED
    earlier = corpus.vectors[: case.place]
    seen = len(earlier) and float((earlier @ corpus.vectors[case.place]).max()) >= _SETTINGS.seen_before
    return Known.SOLVED_NOT_CAPTURED if seen else Known.NEW


def _expected(corpus: CurationCorpus, case: Case, similarities: Vectors) -> bool | None:
    """Return whether the linked article is in the text's first three results, `None` if none is live."""
    linked = [similarities[corpus.column[key]] for key in case.articles if key in corpus.column]
    return int((similarities > max(linked)).sum()) < _SETTINGS.first if linked else None


def cases_of(
    facts: Sequence[CaseFacts],
    *,
    team: str | None = None,
    service: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[CaseFacts]:
    """Return the cases of a team, a service and a time before `until`."""
    return [
        one
        for one in facts
        if (team is None or one.team == team)
        and (service is None or one.service == service)
        and (since is None or (one.day is not None and one.day >= since))
        and (until is None or (one.day is not None and one.day < until))
    ]


def demand(
    facts: Sequence[CaseFacts],
    *,
    team: str | None = None,
    service: str | None = None,
    since: date | None = None,
    until: date | None = None,
    to_check: int = 20,
) -> Demand:
    """Return the measures of the cases of a team, a service and a time before `until`."""
    chosen = cases_of(facts, team=team, service=service, since=since, until=until)
    linked = [one for one in chosen if one.articles]
    judged = [one for one in linked if one.expected is not None]
    drawn = [one for one in chosen if one.known is not None]
    reuse = Counter(key for one in linked for key in one.articles)
    doubtful = sorted(judged, key=lambda one: (bool(one.expected), one.number))
    return Demand(
        cases=len(chosen),
        known={kind.value: _share(drawn, partial(_is, kind)) for kind in Known},
        link_rate=_share(chosen, lambda one: bool(one.articles)),
        link_accuracy=_share(judged, lambda one: bool(one.expected)),
        reopened_with=_share(linked, lambda one: one.reopened),
        reopened_without=_share([one for one in chosen if not one.articles], lambda one: one.reopened),
        months=_months(chosen),
        reuse=tuple(sorted(reuse.items(), key=lambda entry: (-entry[1], entry[0]))),
        to_check=tuple((one.number, one.articles[0], bool(one.expected)) for one in doubtful[:to_check]),
    )


def _is(kind: Known, one: CaseFacts) -> bool:
    return one.known is kind


def _share(cases: Sequence[CaseFacts], holds: Callable[[CaseFacts], bool]) -> Share:
    if not cases:
        return Share(None, 0.0, 1.0, 0)
    value = sum(holds(one) for one in cases) / len(cases)
    return Share(value, *wilson(value, len(cases)), len(cases))


def _months(cases: Iterable[CaseFacts]) -> tuple[tuple[str, int, float], ...]:
    counts, linked = Counter[str](), Counter[str]()
    for one in cases:
        if one.day is not None:
            month = f"{one.day:%Y-%m}"
            counts[month] += 1
            linked[month] += bool(one.articles)
    return tuple((month, counts[month], linked[month] / counts[month]) for month in sorted(counts))
