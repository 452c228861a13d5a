"""Article value: counts how often an article was linked, whether that solved, and the time it saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from kb.curation.corpus import Case, CurationCorpus
from kb.curation.promotions import PEOPLE_LEAST, SOLVED_LEAST
from kb.storage.article_uses import UseKind

# fewest incidents with known times on each side: the median of fewer is mostly chance
_COMPARED_LEAST = 5


@dataclass(frozen=True, slots=True)
class ArticleValue:
    """How often an article was linked, how often that solved, and by how many minutes it shortened an incident.

    `minutes_saved` is the median handling time of incidents of the same category without a link, minus that of
    incidents with this link; `None` where fewer than five of either have times. `compared` counts both.
    """

    article: str
    linked: int
    solved: int
    reopened: int
    opened: int
    people: int
    last_used: datetime | None
    minutes_saved: float | None
    compared: tuple[int, int]

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {**asdict(self), "last_used": self.last_used.isoformat() if self.last_used else None}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ArticleValue:
        """Return the object of an `as_json` result."""
        last = content["last_used"]
        compared = (int(content["compared"][0]), int(content["compared"][1]))
        return cls(**{**content, "last_used": datetime.fromisoformat(last) if last else None, "compared": compared})

    @property
    def proposes_validation(self) -> bool:
        """Return whether enough people solved enough incidents with it."""
        return self.solved >= SOLVED_LEAST and self.people >= PEOPLE_LEAST


def worth(corpus: CurationCorpus, key: str) -> ArticleValue:
    """Return what an article achieved, by the incidents linked to it and its recorded uses."""
    cases = corpus.cases_of.get(key, [])
    uses = [use for use in corpus.uses if use.article == key]
    saved, compared = _saved(corpus, cases)
    moments = [*(case.moment for case in cases if case.moment), *(use.at for use in uses)]
    return ArticleValue(
        article=key,
        linked=len(cases),
        solved=sum(not case.reopened for case in cases),
        reopened=sum(case.reopened for case in cases),
        opened=sum(use.kind is UseKind.OPENED for use in uses),
        people=len({use.by.casefold() for use in uses if use.by}),
        last_used=max(moments, default=None),
        minutes_saved=saved,
        compared=compared,
    )


def _saved(corpus: CurationCorpus, cases: list[Case]) -> tuple[float | None, tuple[int, int]]:
    timed = [case for case in cases if case.minutes is not None]
    kinds = Counter((case.incident.category, case.incident.subcategory) for case in timed)
    if not kinds:
        return None, (len(timed), 0)
    kind = max(kinds, key=lambda one: kinds[one])
    others = corpus.unaided.get(kind, [])
    compared = (len(timed), len(others))
    if min(compared) < _COMPARED_LEAST:
        return None, compared
    return round(corpus.minutes(others) - corpus.minutes(timed), 1), compared
