"""Bursts: whether events come more often than usual, tested over windows of every length at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Burst:
    """The window that ends now in which counts exceed what is usual most clearly.

    `score` is the log of the likelihood ratio (nats) of a higher rate against the usual one, 0 where no window has
    more than usual; `steps` is the length of the window.
    """

    score: float = 0.0
    steps: int = 0
    observed: float = 0.0
    expected: float = 0.0


class PoissonFocus:
    """The strongest burst that ends now, in a stream of counts with known expected counts.

    Poisson-FOCuS (Ward, Dilillo, Eckley, Fearnhead: Poisson-FOCuS: an efficient online method for detecting count
    bursts, JASA 2023, arXiv 2208.01494) with functional pruning. A window's log likelihood at a rate of m times the
    usual one is n log m - (m - 1) e. A start is kept only while some m above 1 exists at which no other start is
    better: these are the corners of the lower convex hull of the cumulative counts over the cumulative expected
    counts, from the point on where its slope is above 1. The result equals that of testing every window.
    """

    def __init__(self) -> None:
        self._counts = 0.0
        self._expected = 0.0
        self._steps = 0
        self._starts: list[tuple[float, float, int]] = []
        """Expected count, count and step at each start that may still be the best."""

    def update(self, count: float, expected: float) -> None:
        """Take in the count of one more step; `expected` is above 0."""
        here = (self._expected, self._counts, self._steps)
        starts = self._starts
        while starts and not _is_needed(starts, here):
            starts.pop()
        starts.append(here)
        self._expected += expected
        self._counts += count
        self._steps += 1

    def strongest(self) -> Burst:
        """Return the strongest burst that ends with the last step."""
        best = Burst()
        for expected, counts, step in self._starts:
            score = log_likelihood_ratio(self._counts - counts, self._expected - expected)
            if score > best.score:
                window = self._counts - counts, self._expected - expected
                best = Burst(score, self._steps - step, *window)
        return best


def _is_needed(starts: Sequence[tuple[float, float, int]], here: tuple[float, float, int]) -> bool:
    """Return whether the last start may be the best of all windows that end after `here`."""
    last = starts[-1]
    count, expected = here[1] - last[1], here[0] - last[0]
    if count <= expected:
        return False
    if len(starts) == 1:
        return True
    before = starts[-2]
    return (last[1] - before[1]) * expected < count * (last[0] - before[0])


def log_likelihood_ratio(count: float, expected: float) -> float:
    """Return the log of the likelihood ratio of the best higher Poisson rate against the expected one."""
    if count <= expected:
        return 0.0
    return count * math.log(count / expected) - (count - expected)


def strongest_burst(counts: Sequence[float], expected: Sequence[float]) -> Burst:
    """Return the strongest burst that ends with the last of some steps."""
    stream = PoissonFocus()
    for count, usual in zip(counts, expected, strict=True):
        stream.update(count, usual)
    return stream.strongest()
