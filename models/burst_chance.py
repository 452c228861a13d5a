"""Chance of a burst: from which score on a burst is rare enough, by simulating what is usual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_RUNS = 12_000
# share of the simulated scores, the highest ones, whose decrease is continued beyond what was simulated
_TAIL = 0.01
# rates and dispersions between two that were simulated are taken as the next higher one
_RATES_A_DOUBLING = 2
_DISPERSIONS = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
_STEPS_AN_HOUR = 12
_LEAST_RATE, _MOST_RATE = 2.0**-14, 2.0**7


def least_score(expected: Sequence[float], spread: float, chance: float) -> float:
    """Return the score of a burst that an event ends by chance with this probability.

    `expected` is how many events are usual in each step of five minutes before the event, `spread` how much more the
    counts of an hour vary than those of a Poisson process. Where that is more than one, each hour's rate is drawn from
    a gamma distribution, which makes counts negative binomial. Beyond the simulated scores the tail decreases
    exponentially, as that of likelihood ratios does.
    """
    rate = min(max(sum(expected) / len(expected), _LEAST_RATE), _MOST_RATE)
    level = math.ceil(math.log2(rate) * _RATES_A_DOUBLING)
    width = next((one for one in _DISPERSIONS if one >= spread - 0.05), _DISPERSIONS[-1])
    start, mean = _tail(level, width, len(expected))
    return start + mean * math.log(_TAIL / chance) if chance < _TAIL else start


@lru_cache(maxsize=256)
def _tail(level: int, spread: float, steps: int) -> tuple[float, float]:
    """Return from which score on the tail begins, and the mean excess above it."""
    scores = _scores(2.0 ** (level / _RATES_A_DOUBLING), spread, steps)
    start = float(np.quantile(scores, 1 - _TAIL))
    excess = scores[scores > start] - start
    # likelihood ratios decrease at least as fast as exp(-score); a smaller mean would trust few runs too much
    return start, max(float(excess.mean()) if len(excess) else 1.0, 1.0)


def _scores(rate: float, spread: float, steps: int) -> NDArray[np.float64]:
    """Return the simulated scores of events at the end of so many usual steps, in float64 of shape (runs,)."""
    chance = np.random.default_rng(round(rate * 1e6))
    means = np.full((_RUNS, steps), rate)
    if spread > 1:
        hours = -(-steps // _STEPS_AN_HOUR)
        shape = rate * _STEPS_AN_HOUR / (spread - 1)
        factors = chance.gamma(shape, 1 / shape, (_RUNS, hours))
        means = means * np.repeat(factors, _STEPS_AN_HOUR, axis=1)[:, -steps:]
    counts = chance.poisson(means).astype(np.float64)
    counts[:, -1] += 1
    backwards = np.cumsum(counts[:, ::-1], axis=1)
    usual = rate * np.arange(1, steps + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = backwards * np.log(backwards / usual) - (backwards - usual)
    scores: NDArray[np.float64] = np.where(backwards > usual, ratios, 0.0).max(axis=1)
    return scores
