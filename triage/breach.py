"""Breach features: numbers that predict whether the target of an open incident will be breached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from kb.practice.calendar import moment_of
from kb.practice.clock import Clock
from kb.practice.life import Life
from kb.records.incident import Incident
from kb.vocabulary.stage import Stage
from models.breach_model import Features
from triage.priority import level

RATED = ("assignment_group", "category", "subcategory", "service", "location")
"""Labels whose share of breaches in history counts."""
USED, AGE, IDLE, HOUR, LOAD = 0, 1, 2, 6, 10
"""Positions among the features of what time alone changes."""

_STAGES = {Stage.NEW: 0.0, Stage.ASSIGNED: 1.0, Stage.IN_PROGRESS: 2.0, Stage.WAITING: 3.0}
# Strength, in incidents, by which a value's share of breaches is drawn to the overall share: ten incidents prove
# little.
_PRIOR = 20.0
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of an open incident at a moment.

    `used` is the share of the target that has passed, `age` and `idle` the hours since it was logged and since
    anything changed, `load` the open incidents of its group. `changes` are those of stage, group and classification,
    `hour` is that of the day in UTC, `logged_on` the day of the week, from 0 for Monday.
    """

    used: float
    age: float
    idle: float
    stage: Stage
    priority: str | None
    changes: int
    hour: int
    logged_on: int
    hops: int
    reopenings: int
    load: int
    labels: Mapping[str, str] = field(default_factory=dict)


def snapshot_of(incident: Incident, life: Life, clock: Clock, at: int, load: int) -> Snapshot:
    """Return what is known of an incident at a second, given the state of its `clock` then."""
    past = [situation for situation in life.situations if situation.at <= at]
    groups = [situation.group for situation in past if situation.group]
    stages = [situation.stage for situation in past]
    labels = {name: value for name in RATED if (value := incident.value(name))}
    return Snapshot(
        used=clock.elapsed / clock.target.within,
        age=(at - past[0].at) / _HOUR,
        idle=(at - past[-1].at) / _HOUR,
        stage=stages[-1],
        priority=incident.priority,
        changes=len(past) - 1,
        hour=moment_of(at).hour,
        logged_on=moment_of(past[0].at).weekday(),
        hops=sum(one != other for one, other in pairwise(groups)),
        reopenings=sum(one.is_finished and other.is_open for one, other in pairwise(stages)),
        load=load,
        labels={**labels, "assignment_group": groups[-1]} if groups else labels,
    )


@dataclass(frozen=True, slots=True)
class BreachRates:
    """The share of breaches in all, and by field and value."""

    base: float
    by_value: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, outcomes: Iterable[tuple[Mapping[str, str], bool]]) -> BreachRates:
        """Count over incidents, each with its labels and whether its target was breached."""
        counts: dict[str, dict[str, list[int]]] = {name: {} for name in RATED}
        total = [0, 0]
        for labels, is_breached in outcomes:
            total = [total[0] + is_breached, total[1] + 1]
            for name in RATED:
                if name in labels:
                    held = counts[name].setdefault(labels[name], [0, 0])
                    held[0] += is_breached
                    held[1] += 1
        base = total[0] / max(total[1], 1)
        rates = {
            name: {value: (held[0] + _PRIOR * base) / (held[1] + _PRIOR) for value, held in values.items()}
            for name, values in counts.items()
        }
        return cls(base, rates)


def breach_features(snapshots: Sequence[Snapshot], rates: BreachRates) -> Features:
    """Return the features of snapshots (snapshots, features), the share of the target that is used first."""
    return np.array([_row(snapshot, rates) for snapshot in snapshots], dtype=np.float64)


def _row(snapshot: Snapshot, rates: BreachRates) -> list[float]:
    return [
        snapshot.used,
        snapshot.age,
        snapshot.idle,
        _STAGES.get(snapshot.stage, 0.0),
        float(level(snapshot.priority or "") or 0),
        float(snapshot.changes),
        float(snapshot.hour),
        float(snapshot.logged_on),
        float(snapshot.hops),
        float(snapshot.reopenings),
        float(snapshot.load),
        *(rates.by_value[name].get(snapshot.labels.get(name, ""), rates.base) for name in RATED),
    ]
