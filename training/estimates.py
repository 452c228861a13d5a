"""Estimates: figures with their 95 % bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# more move the limits little and take longer; chosen by hand. scipy.stats.bootstrap gives the same limits in 2 to 13
# times as long, and none for one example or where a resample holds nothing to count
RESAMPLES = 300
# the usual 95 %
_INTERVAL = (0.025, 0.975)

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval, `None` all three where there is nothing to count."""

    value: float | None
    low: float | None
    high: float | None


def estimate(figure: Callable[[Rows], float | None], examples: int, *, seed: int = 0) -> Estimate:
    """Return the figure over all examples, its interval by the percentile bootstrap (Efron 1979).

    `figure` takes rows, which may repeat; it returns `None` where they hold nothing to count.
    """
    value = figure(np.arange(examples)) if examples else None
    if value is None:
        return Estimate(None, None, None)
    random = np.random.default_rng(seed)
    found = [figure(random.integers(0, examples, examples)) for _ in range(RESAMPLES)]
    low, high = np.quantile([entry for entry in found if entry is not None] or [value], _INTERVAL)
    return Estimate(round(float(value), 4), round(float(low), 4), round(float(high), 4))


def share(mask: NDArray[np.bool_]) -> Callable[[Rows], float | None]:
    """Return the share of rows for which something holds."""
    return lambda rows: float(mask[rows].mean()) if len(rows) else None


def share_among(mask: NDArray[np.bool_], among: NDArray[np.bool_]) -> Callable[[Rows], float | None]:
    """Return the share, of the rows in question, for which something holds."""

    def figure(rows: Rows) -> float | None:
        asked = rows[among[rows]]
        return float(mask[asked].mean()) if len(asked) else None

    return figure
