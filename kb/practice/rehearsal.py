"""Rehearsal: what another practice would have made of the incidents of the past."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from kb.practice.clock import Clock
from kb.records.clock_state import Difference, Measure


@dataclass(frozen=True, slots=True)
class ClockDifference:
    """A clock that comes out differently; `before` or `after` is `None` where no target counts."""

    number: str
    measure: Measure
    group: str | None
    difference: Difference
    before: Clock | None
    after: Clock | None


@dataclass(slots=True)
class MeasureTally:
    """How many clocks of a measure there are, are breached, and how often they warn, before and after."""

    clocks: list[int] = field(default_factory=lambda: [0, 0])
    breaches: list[int] = field(default_factory=lambda: [0, 0])
    warnings: list[int] = field(default_factory=lambda: [0, 0])

    def count(self, place: int, clock: Clock) -> None:
        """Count a clock of the practice before (0) or after (1)."""
        self.clocks[place] += 1
        self.breaches[place] += clock.is_breached
        self.warnings[place] += len(clock.warned)


@dataclass(slots=True)
class Rehearsal:
    """What a practice changes, counted by measure and listed clock by clock."""

    incidents: int = 0
    tallies: dict[Measure, MeasureTally] = field(default_factory=lambda: {one: MeasureTally() for one in Measure})
    differences: list[ClockDifference] = field(default_factory=list)

    def add(self, number: str, before: Iterable[Clock], after: Iterable[Clock]) -> None:
        """Count the clocks of one more incident, and list those that come out differently."""
        self.incidents += 1
        old, new = _by_name(before), _by_name(after)
        for place, clocks in enumerate((old, new)):
            for clock in clocks.values():
                self.tallies[clock.measure].count(place, clock)
        for name in dict.fromkeys((*old, *new)):
            difference = _difference(old.get(name), new.get(name))
            if difference is not None:
                measure, group, _ = name
                self.differences.append(
                    ClockDifference(number, measure, group, difference, old.get(name), new.get(name))
                )

    @property
    def counts(self) -> dict[Difference, int]:
        """Return how many clocks come out differently in which way."""
        found = Counter(one.difference for one in self.differences)
        return {difference: found[difference] for difference in Difference}


def _by_name(clocks: Iterable[Clock]) -> dict[tuple[Measure, str | None, int], Clock]:
    return {(clock.measure, clock.group, clock.started_at): clock for clock in clocks}


def _difference(before: Clock | None, after: Clock | None) -> Difference | None:
    was, will_be = (None if clock is None else clock.breached_at for clock in (before, after))
    if was is None and will_be is not None:
        return Difference.BREACHED
    if was is not None and will_be is None:
        return Difference.MET
    if was != will_be:
        return Difference.BREACHED_ANOTHER_TIME
    warned = tuple(() if clock is None else clock.warned for clock in (before, after))
    return Difference.WARNED_OTHERWISE if warned[0] != warned[1] else None
