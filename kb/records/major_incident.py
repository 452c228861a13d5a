"""Major incident: what was proposed as one, why, and what a person decided on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # an incident takes long to load, which commands need not wait for
    from kb.records.incident import Incident

# The budget of false alarms where an organisation names none: what experiment 024 measured with.
FALSE_ALARMS_PER_WEEK = 1.0
# Callers without whom nothing is proposed: fewer alarm within minutes, and are next to nothing.
LEAST_CALLERS = 5
# A word that so many of the reports have says what they are about.
_SHARED = 0.5


class MajorDecision(StrEnum):
    """What a person decided on a major incident that was proposed; one that was accepted may be demoted."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEMOTED = "demoted"


class ReasonKind(StrEnum):
    """Why a major incident was proposed: more reports than usual, or a criterion of the organisation."""

    UNUSUAL = "unusual"
    CRITERION = "criterion"


@dataclass(frozen=True, slots=True)
class UsualRate:
    """How many reports are usual from a moment on, `per_hour` hour by hour."""

    start: datetime
    per_hour: tuple[float, ...]

    def between(self, start: datetime, end: datetime) -> float:
        """Return how many reports are usual from one moment to another; after its last hour, as in that."""
        first, last = ((moment - self.start).total_seconds() / 3600 for moment in (start, end))
        total = 0.0
        for hour, rate in enumerate(self.per_hour):
            ends = float("inf") if hour == len(self.per_hour) - 1 else hour + 1
            total += rate * max(0.0, min(last, ends) - max(first, hour))
        return total


@dataclass(frozen=True, slots=True)
class MajorReason:
    """Why a major incident was proposed at `at`: `observed` reports within `minutes`, where `expected` are usual.

    `field` and `value` name the group that was counted: a field of the incidents and its value, or neither where the
    reports are alike by their meaning. `criterion` is the name of the criterion that matched, if that was the reason.
    """

    kind: ReasonKind
    at: datetime
    observed: int
    expected: float
    minutes: float
    usual: UsualRate
    field: str | None = None
    value: str | None = None
    criterion: str | None = None


@dataclass(frozen=True, slots=True)
class MajorIncidentProposal:
    """A major incident that was proposed: the incidents that speak for it, of which `lead` was logged first.

    `subject` says what they report, `since` when the first of them was logged, as far as that is known, `still_open`
    how many of them are open. `merged_into` is the lead of the proposal that it was merged into, `merged` those
    of the ones that were merged into it.
    """

    lead: str
    proposed_at: datetime
    numbers: tuple[str, ...]
    subject: str = ""
    since: datetime | None = None
    still_open: int = 0
    decision: MajorDecision = MajorDecision.OPEN
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: MajorReason | None = None
    merged_into: str | None = None
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastMajor:
    """A major incident of the past: its name, its lead where it was proposed here, and one of its incidents."""

    name: str
    lead: str | None
    incident: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """The reports of the five minutes from a moment on, and how many are usual then."""

    at: datetime
    observed: int
    expected: float


@dataclass(frozen=True, slots=True)
class MajorIncidentFacts:
    """What is known of a proposed major incident: its `reports` in order of logging, and what follows from them.

    `values` has for each of some fields the values of the reports with their counts, the most frequent first;
    `articles` the ids and titles of articles that may help.
    """

    proposal: MajorIncidentProposal
    reports: tuple[Incident, ...]
    words: tuple[str, ...]
    callers: int
    values: Mapping[str, Sequence[tuple[str, int]]]
    service: str | None
    configuration_item: str | None
    articles: tuple[tuple[str, str], ...]
    past: tuple[PastMajor, ...]
    series: tuple[SeriesPoint, ...]


def shared_words(subjects: Sequence[str]) -> list[str]:
    """Return the words that at least half of the subjects share, the most frequent first."""
    counts = Counter(word for subject in subjects for word in set(subject.casefold().split()))
    least = max(2, _SHARED * len(subjects))
    return sorted((word for word, count in counts.items() if count >= least), key=lambda word: (-counts[word], word))


def common_subject(subjects: Sequence[str]) -> str:
    """Return the shortest of the subjects with the most of the words that at least half of them share."""
    words = {subject: set(subject.casefold().split()) for subject in subjects if subject.strip()}
    shared = set(shared_words(subjects))
    return min(words, key=lambda subject: (-len(words[subject] & shared), len(subject), subject), default="")
