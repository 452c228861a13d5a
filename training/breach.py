"""Breach training: learns from past incidents how probable a breach is."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import numpy as np

from kb.practice.calendar import second_of
from kb.practice.clock import Clock, resolution_clock
from kb.practice.life import Life, life_of
from kb.practice.practice import Practice
from kb.records.clock_state import ClockState
from kb.records.incident import Incident
from kb.storage.incident_store import IncidentStore
from models.breach_model import BreachModel
from triage.breach import BreachRates, Snapshot, breach_features, snapshot_of
from triage.breach_forecast import BreachForecast


@dataclass(frozen=True, slots=True)
class BreachSettings:
    """Which incidents are learnt from; chosen by hand."""

    # newest incidents that are learnt from: bounds time
    incidents: int = 5_000
    # fewest incidents of either outcome, without which nothing is learnt
    least: int = 30
    # shares of the time to the first due time at which an incident is looked at
    shares: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
    # days after that time on which one that has waited is looked at again
    days: int = 10
    # share of the snapshots, the newest, that calibrate
    calibrated_on: float = 0.2


_SETTINGS = BreachSettings()
_DAY = 86_400
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class BreachTraining:
    """How many incidents had ended, and how many breached; `is_learnt` says whether that gave a model."""

    incidents: int
    breached: int
    is_learnt: bool


def learn_breaches(
    store: IncidentStore, practice: Practice, forecast: BreachForecast, *, now: datetime
) -> BreachTraining:
    """Learn the probability of a breach from the incidents whose resolution has met or breached its target.

    With too few of either, the forecast has no probabilities.
    """
    at = second_of(now)
    lives = list(_lives(store))
    ended = [
        (incident, life, clock)
        for incident, life in lives
        if (clock := resolution_clock(life, practice, at)) is not None and _is_settled(clock)
    ]
    breached = sum(clock.is_breached for _, _, clock in ended)
    rates = BreachRates.of((incident.values, clock.is_breached) for incident, _, clock in ended)
    enough = min(breached, len(ended) - breached) >= _SETTINGS.least
    model = _fitted(ended, rates, practice, _Loads(lives)) if enough else None
    forecast.put(model, rates)
    return BreachTraining(len(ended), breached, model is not None)


def _fitted(
    ended: Sequence[tuple[Incident, Life, Clock]], rates: BreachRates, practice: Practice, loads: _Loads
) -> BreachModel | None:
    taken = list[tuple[int, str, Snapshot, bool]]()
    for incident, life, clock in ended:
        for at in _moments(life, practice, clock):
            then = resolution_clock(life, practice, at)
            if then is not None and not then.is_breached and then.stopped_at is None:
                load = loads.at(life.situations[bisect_right([one.at for one in life.situations], at) - 1].group, at)
                taken.append((at, incident.number, snapshot_of(incident, life, then, at, load), clock.is_breached))
    if not taken:
        return None
    times = np.array([at for at, *_ in taken])
    breached = np.array([is_breached for *_, is_breached in taken])
    newest = times >= np.quantile(times, 1 - _SETTINGS.calibrated_on)
    if min(len(set(breached[newest])), len(set(breached[~newest]))) < 2:
        return None
    counts = Counter(number for _, number, *_ in taken)
    weights = np.array([counts[number] ** -0.5 for _, number, *_ in taken])
    return BreachModel.fit(breach_features([one for *_, one, _ in taken], rates), breached, weights, newest)


def _lives(store: IncidentStore) -> Iterator[tuple[Incident, Life]]:
    """Yield the newest incidents that have a time of logging, with their lives."""
    newest = store.newest_logged(_SETTINGS.incidents)
    while batch := list(islice(newest, _BATCH)):
        events = store.events.of_each(incident.number for incident in batch)
        yield from ((incident, life_of(incident, events[incident.number])) for incident in batch)


def _is_settled(clock: Clock) -> bool:
    return clock.is_breached or clock.state is ClockState.STOPPED


def _moments(life: Life, practice: Practice, clock: Clock) -> Iterator[int]:
    """Yield the seconds at which an open incident is looked at, none of which depends on how it ends.

    They are its changes, shares of the time to the first due time, and then one a day.
    """
    start, end = life.situations[0].at, clock.breached_at or clock.stopped_at or 0
    first = resolution_clock(life, practice, start)
    due = start + _DAY if first is None or first.due_at is None else first.due_at
    changes = [situation.at for situation in life.situations]
    shares = [start + round(share * (due - start)) for share in _SETTINGS.shares]
    days = [due + day * _DAY for day in range(1, _SETTINGS.days)]
    yield from sorted({at for at in (*changes, *shares, *days) if at < end})


class _Loads:
    """How many incidents each group had open at a time."""

    def __init__(self, lives: Iterable[tuple[Incident, Life]]) -> None:
        self._starts: dict[str | None, list[int]] = defaultdict(list)
        self._ends: dict[str | None, list[int]] = defaultdict(list)
        for _, life in lives:
            held: str | None = None
            for situation in life.situations:
                group = situation.group if situation.stage.is_open else None
                if group == held:
                    continue
                if held is not None:
                    self._ends[held].append(situation.at)
                if group is not None:
                    self._starts[group].append(situation.at)
                held = group
        for moments in (*self._starts.values(), *self._ends.values()):
            moments.sort()

    def at(self, group: str | None, second: int) -> int:
        """Return the number of open incidents of a group."""
        return bisect_right(self._starts[group], second) - bisect_right(self._ends[group], second)
