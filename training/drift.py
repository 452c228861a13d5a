"""Drift: changes in the mix of tickets, in confidence and in accuracy, by field and value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from kb.records.columns import label_of
from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.wording import Wording
from kb.service.prediction_log import Prediction, PredictionLog
from kb.storage.incident_store import IncidentStore
from models.errors import ConflictError
from training.estimates import Estimate, estimate, share


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """When something counts as moving; all chosen by hand, none tuned."""

    # length of the earlier span, in later spans: a longer one is steadier, a shorter one closer to now
    reference: int = 3
    # fewest tickets or answers in each span: fewer say nothing
    least: int = 30
    # p-value under which a difference counts
    chance: float = 0.01
    # values that are named: as many as can be read at a glance
    movers: int = 8
    # smallest divergence in bits that counts: with many tickets, even tiny differences are significant
    least_divergence: float = 0.01
    # newest outcomes that are read: bounds the time of an answer
    outcomes: int = 5000


_SETTINGS = DriftSettings()


class NotEnoughDatesError(ConflictError):
    """There are too few dated incidents to compare two spans of time."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A value whose share of all tickets changed: before and now."""

    value: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Mix:
    """How the values of a field are distributed, before and now.

    `divergence` is the Jensen-Shannon divergence in bits (0: the same, 1: nothing in common), `chance` the probability
    of such a difference without any change (chi-square).
    """

    tickets_before: int
    tickets_now: int
    divergence: float
    chance: float
    moving: bool
    movers: tuple[Mover, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers on a field, before and now: mean confidence, share automatic, share of best guesses that were right.

    `chance` is the probability of such confidences without any change (Kolmogorov-Smirnov).
    """

    answers_before: int
    answers_now: int
    confidence_before: float | None
    confidence_now: float | None
    automatic_before: float | None
    automatic_now: float | None
    right_before: Estimate
    right_now: Estimate
    chance: float | None
    confidence_moving: bool
    agreement_moving: bool


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One field: the mix of its values, and what was answered on it."""

    mix: Mix
    answers: Answers


@dataclass(frozen=True, slots=True)
class Drift:
    """Two spans of time compared: `before` begins, `now` begins, and the last moment that counts."""

    before: datetime
    now: datetime
    until: datetime
    fields: Mapping[str, FieldDrift]

    @property
    def moving(self) -> list[str]:
        """Return the fields in which anything moves."""
        return [
            name
            for name, field in self.fields.items()
            if field.mix.moving or field.answers.confidence_moving or field.answers.agreement_moving
        ]


def drift(store: IncidentStore, log: PredictionLog, fields: Sequence[str], *, days: float = 30.0) -> Drift:
    """Compare the last days with three times as many before them.

    The last days of incidents end with the newest one, those of answers now. Raises NotEnoughDatesError.
    """
    until = store.last_logged()
    if until is None:
        raise NotEnoughDatesError(
            Wording("no incident says when it was logged (opened_at), so nothing can be compared")
        )
    now = until - timedelta(days=days)
    before = now - timedelta(days=_SETTINGS.reference * days)
    dated = store.logged_since(before)
    earlier = [incident for incident in dated if _opened(incident) < now]
    later = [incident for incident in dated if now <= _opened(incident)]
    if min(len(earlier), len(later)) < _SETTINGS.least:
        raise NotEnoughDatesError(
            Wording(
                "{later} incidents in the last {days} days and {earlier} in the {before} before: {least} are needed in "
                "each; try more days",
                {
                    "later": len(later),
                    "days": f"{days:g}",
                    "earlier": len(earlier),
                    "before": f"{_SETTINGS.reference * days:g}",
                    "least": _SETTINGS.least,
                },
            )
        )
    end = datetime.now(UTC)
    return Drift(
        before,
        now,
        until,
        {name: FieldDrift(_mix(name, earlier, later), _answers(name, log, end, days)) for name in fields},
    )


def _mix(name: str, earlier: Sequence[Incident], later: Sequence[Incident]) -> Mix:
    old, new = (Counter(filter(None, (label_of(incident, name) for incident in some))) for some in (earlier, later))
    values = sorted(old.keys() | new.keys())
    counts = np.array([[old[value] for value in values], [new[value] for value in values]], dtype=float)
    totals = counts.sum(axis=1)
    if len(values) < 2 or totals.min() < _SETTINGS.least:
        return Mix(int(totals[0]), int(totals[1]), 0.0, 1.0, False, ())
    shares = counts / totals[:, None]
    divergence = _divergence(shares[0], shares[1])
    from scipy.stats import chi2_contingency  # it takes half a second to load, which no other command needs

    chance = float(chi2_contingency(counts).pvalue)
    order = np.argsort(-np.abs(shares[1] - shares[0]))[: _SETTINGS.movers]
    movers = tuple(Mover(values[i], round(float(shares[0, i]), 4), round(float(shares[1, i]), 4)) for i in order)
    moving = chance < _SETTINGS.chance and divergence >= _SETTINGS.least_divergence
    return Mix(int(totals[0]), int(totals[1]), round(divergence, 4), chance, moving, movers)


def _divergence(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the Jensen-Shannon divergence in bits (Lin 1991)."""
    middle = (one + other) / 2

    def relative(part: NDArray[np.float64]) -> float:
        there = part > 0
        return float((part[there] * np.log2(part[there] / middle[there])).sum())

    return (relative(one) + relative(other)) / 2


def _answers(name: str, log: PredictionLog, end: datetime, days: float) -> Answers:
    now = end - timedelta(days=days)
    before = now - timedelta(days=_SETTINGS.reference * days)
    old, new = log.entries(name, since=before, until=now), log.entries(name, since=now, until=end)
    outcomes = log.outcomes(name, limit=_SETTINGS.outcomes)
    right_old = np.array([entry.right for entry in outcomes if before <= entry.entry.at < now], dtype=bool)
    right_new = np.array([entry.right for entry in outcomes if entry.entry.at >= now], dtype=bool)
    enough = min(len(old), len(new)) >= _SETTINGS.least
    from scipy.stats import ks_2samp  # as above

    chance = float(ks_2samp(_confidences(old), _confidences(new)).pvalue) if enough else None
    agreed = estimate(share(right_old), len(right_old)), estimate(share(right_new), len(right_new))
    return Answers(
        answers_before=len(old),
        answers_now=len(new),
        confidence_before=_mean(_confidences(old)),
        confidence_now=_mean(_confidences(new)),
        automatic_before=_mean([entry.decision == Decision.AUTOMATIC for entry in old]),
        automatic_now=_mean([entry.decision == Decision.AUTOMATIC for entry in new]),
        right_before=agreed[0],
        right_now=agreed[1],
        chance=chance,
        confidence_moving=chance is not None and chance < _SETTINGS.chance,
        agreement_moving=min(len(right_old), len(right_new)) >= _SETTINGS.least and _apart(*agreed),
    )


def _apart(one: Estimate, other: Estimate) -> bool:
    """Return whether the intervals of two figures do not overlap."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.high < other.low or other.high < one.low


def _confidences(entries: Sequence[Prediction]) -> list[float]:
    return [entry.confidence for entry in entries]


def _mean(numbers: Sequence[float]) -> float | None:
    return round(float(np.mean(numbers)), 4) if len(numbers) else None


def _opened(incident: Incident) -> datetime:
    assert incident.opened_at is not None  # noqa: S101 (only dated ones come here)
    return incident.opened_at
