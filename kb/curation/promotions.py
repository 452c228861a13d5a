"""Promotions: articles that solved often, for several people, may be validated or published, since reuse is review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kb.curation.corpus import Case, CurationCorpus
from kb.records.article import Audience, State
from kb.records.wording import Wording

# fewest incidents that an article must have solved to be validated by reuse; chosen by hand
SOLVED_LEAST = 5
# fewest people who must have linked it: one person's habit is no review; chosen by hand
PEOPLE_LEAST = 3
_WORKED_BY = ("resolved_by", "assigned_to", "closed_by")
_CUSTOMER_CHANNELS = frozenset({"customer", "customer portal", "self-service", "self service", "portal", "web"})


@dataclass(frozen=True, slots=True)
class PromotionSettings:
    """When reuse counts as review; after KCS v6 (reuse is review), the numbers chosen by hand."""

    # incidents solved where it is unknown who linked: twice as many instead of three people
    anonymous_least: int = 10
    # share of its incidents that may have been opened again
    reopened_most: float = 0.2
    # portal tickets that it solved, from which on customers should read it themselves
    customer_least: int = 10


_SETTINGS = PromotionSettings()


@dataclass(frozen=True, slots=True)
class Promotion:
    """An article ready for its next state: how often it solved, and for how many people where that is known."""

    article: str
    publish: bool
    solved: int
    reopened: int
    people: int | None
    message: Wording
    incidents: tuple[str, ...]


def find_promotions(corpus: CurationCorpus) -> list[Promotion]:
    """Return Not Validated articles with enough reuse, and internal ones that customers need."""
    found = list[Promotion]()
    for record in corpus.articles:
        article, cases = record.article, corpus.cases_of[record.article.id]
        solved = [case for case in cases if not case.reopened]
        reopened = len(cases) - len(solved)
        if not article.solves or not cases or reopened / len(cases) > _SETTINGS.reopened_most:
            continue
        people = _people(corpus, article.id, solved)
        if article.state is State.NOT_VALIDATED:
            least = SOLVED_LEAST if people else _SETTINGS.anonymous_least
            if len(solved) >= least and (not people or len(people) >= PEOPLE_LEAST):
                values = {"solved": len(solved), "reopened": reopened, "people": len(people)}
                words = "Solved {solved} tickets, {reopened} reopened; linked by {people} people."
                alone = "Solved {solved} tickets, {reopened} reopened; linked by unknown."
                message = Wording(words if people else alone, values)
                found.append(_ready(article.id, solved, reopened, people, message, publish=False))
        elif article.state is State.VALIDATED and article.audience is Audience.INTERNAL:
            needed = [case for case in solved if (case.incident.channel or "").casefold() in _CUSTOMER_CHANNELS]
            if len(needed) >= _SETTINGS.customer_least:
                words = "Solved {solved} portal tickets that callers could have solved themselves."
                message = Wording(words, {"solved": len(needed)})
                found.append(_ready(article.id, needed, reopened, people, message, publish=True))
    return sorted(found, key=lambda ready: (ready.publish, -ready.solved, ready.article))


def _people(corpus: CurationCorpus, article: str, solved: Iterable[Case]) -> frozenset[str]:
    noted = {use.by for use in corpus.uses if use.article == article and use.by}
    worked = {case.incident.extra[name] for case in solved for name in _WORKED_BY if case.incident.extra.get(name)}
    return frozenset(name.casefold() for name in noted | worked)


def _ready(
    article: str, solved: list[Case], reopened: int, people: frozenset[str], message: Wording, *, publish: bool
) -> Promotion:
    numbers = tuple(case.incident.number for case in reversed(solved[-5:]))
    return Promotion(article, publish, len(solved), reopened, len(people) or None, message, numbers)
