"""Intervals: confidence limits of a counted share."""

from __future__ import annotations

from math import sqrt

_Z = 1.96


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `count` examples (Wilson 1927), (0, 1) without examples."""
    if count == 0:
        return 0.0, 1.0
    z2 = _Z * _Z
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = _Z * sqrt(share * (1 - share) / count + z2 / (4 * count * count)) / (1 + z2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)
