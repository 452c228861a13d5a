"""Breach course: how probable the breach of an incident was at each hour of its past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kb.practice.calendar import moment_of
from kb.practice.clock import Clock
from kb.practice.life import Life
from kb.practice.target import CONDITIONS
from kb.records.clock_state import Effect
from kb.records.incident import Incident
from models.breach_model import Features
from triage.breach import AGE, HOUR, IDLE, LOAD, RATED, USED, BreachRates, Snapshot, breach_features

Seconds = NDArray[np.int64]

_HOUR = 3600
_DAY = 24 * _HOUR
_PRIORITY = CONDITIONS.index("priority")
_PAST_LABELS = tuple((name, CONDITIONS.index(name)) for name in RATED if name in CONDITIONS)
"""Labels that a practice may depend on, so that their past values are known."""


class GroupLoads:
    """How many incidents each group had open at a time."""

    def __init__(self, spells: Iterable[tuple[str, int, int | None]]) -> None:
        """Count spells of open incidents: group, first second, and the second of the end, `None` while it is open."""
        starts, ends = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
        for group, start, end in spells:
            starts[group].append(start)
            if end is not None:
                ends[group].append(max(start, end))
        self._starts = {group: np.sort(np.array(some, dtype=np.int64)) for group, some in starts.items()}
        self._ends = {group: np.sort(np.array(some, dtype=np.int64)) for group, some in ends.items()}

    def at(self, group: str | None, seconds: Seconds) -> NDArray[np.int64]:
        """Return the number of open incidents of a group at each second."""
        known = self._starts.get(group or ""), self._ends.get(group or "")
        begun, ended = (0 if some is None else np.searchsorted(some, seconds, side="right") for some in known)
        return np.zeros(len(seconds), dtype=np.int64) + begun - ended


@dataclass(frozen=True, slots=True)
class BreachCourse:
    """An incident at some seconds of its past, in their order, and its features (seconds, features) at each.

    The first feature, the share of the target that is used, is 0: it depends on the target.
    """

    seconds: Seconds
    features: Features

    def with_used(self, used: NDArray[np.float64], at: NDArray[np.bool_]) -> Features:
        """Return the features at some of the seconds, with the share of a target that is used at each."""
        found = self.features[at]
        found[:, USED] = used[at]
        return found


def breach_course(incident: Incident, life: Life, until: int, rates: BreachRates, loads: GroupLoads) -> BreachCourse:
    """Return an incident at each change of its life, and at each full hour, before a second."""
    changes = np.array([situation.at for situation in life.situations], dtype=np.int64)
    hours = np.arange(-(-int(changes[0]) // _HOUR) * _HOUR, until, _HOUR, dtype=np.int64)
    seconds = np.union1d(changes[changes < until], hours)
    held = np.searchsorted(changes, seconds, side="right") - 1
    features = breach_features(list(_snapshots(incident, life)), rates)[held]
    features[:, AGE] = (seconds - changes[0]) / _HOUR
    features[:, IDLE] = (seconds - changes[held]) / _HOUR
    features[:, HOUR] = seconds % _DAY // _HOUR
    bounds = [*np.searchsorted(seconds, changes), len(seconds)]
    for situation, (first, last) in zip(life.situations, pairwise(bounds), strict=True):
        if first < last:
            features[first:last, LOAD] = loads.at(situation.group, seconds[first:last])
    return BreachCourse(seconds, features)


def _snapshots(incident: Incident, life: Life) -> Iterator[Snapshot]:
    """Yield what was known at each change of a life, but for what time changes."""
    logged_on = moment_of(life.situations[0].at).weekday()
    labels = {name: value for name in RATED if (value := incident.value(name))}
    labels.pop("assignment_group", None)
    hops = reopenings = 0
    group: str | None = None
    stage = life.situations[0].stage
    for changes, situation in enumerate(life.situations):
        hops += bool(group and situation.group and situation.group != group)
        reopenings += stage.is_finished and situation.stage.is_open
        group, stage = situation.group or group, situation.stage
        past = {name: next(iter(situation.circumstances[place]), "") for name, place in _PAST_LABELS}
        known = {**labels, **past, "assignment_group": group or ""}
        yield Snapshot(
            used=0.0,
            age=0.0,
            idle=0.0,
            stage=stage,
            priority=next(iter(situation.circumstances[_PRIORITY]), None),
            changes=changes,
            hour=0,
            logged_on=logged_on,
            hops=hops,
            reopenings=reopenings,
            load=0,
            labels={name: value for name, value in known.items() if value},
        )


def shares_used(clock: Clock, seconds: Seconds) -> NDArray[np.float64]:
    """Return the share of a clock's target that is used at each second.

    It is not a number where the clock cannot be breached any more: before or after its time, once it is breached, and
    while the incident is resolved or no target matches.
    """
    found = np.full(len(seconds), np.nan)
    before, is_breached = 0, False
    starts = np.searchsorted(seconds, [span.start for span in clock.spans])
    ends = np.searchsorted(seconds, [span.end for span in clock.spans])
    for span, first, last in zip(clock.spans, starts, ends, strict=True):
        if span.target is None or span.effect not in (Effect.RUNS, Effect.PAUSED):
            continue
        within = span.target.within
        is_breached = is_breached and before > within
        elapsed = np.full(last - first, before, dtype=np.float64)
        if span.seconds and first < last:
            elapsed += _passed(span.target.calendar.openings(span.start, span.end), seconds[first:last])
        if not is_breached:
            elapsed[(elapsed > within) & (elapsed > before)] = np.nan
            found[first:last] = elapsed / within
        before += span.seconds
        is_breached = is_breached or (span.seconds > 0 and before > within)
    return found


def _passed(openings: Iterable[tuple[int, int]], seconds: Seconds) -> NDArray[np.float64]:
    """Return how many seconds of openings have passed at each second."""
    bounds = np.array(list(openings), dtype=np.int64)
    total = np.concatenate([[0], np.cumsum(bounds[:, 1] - bounds[:, 0])])
    marks = np.stack([total[:-1], total[1:]], axis=1)
    return np.asarray(np.interp(seconds, bounds.ravel(), marks.ravel()), dtype=np.float64)
