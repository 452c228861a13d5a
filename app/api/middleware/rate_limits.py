"""Rate limits: how many requests a key may send, told in the headers of the IETF draft "RateLimit header fields"."""

from __future__ import annotations

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


class RateLimit:
    """Counts requests by caller, in this process."""

    def __init__(self, rate: str) -> None:
        self._rate = parse(rate)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, caller: str) -> tuple[bool, dict[str, str]]:
        """Whether a caller may send a request now, and the headers that say how many are left."""
        allowed = self._limiter.hit(self._rate, caller)
        window = self._limiter.get_window_stats(self._rate, caller)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        headers = {
            "RateLimit-Policy": f'"key";q={self._rate.amount};w={self._rate.get_expiry()}',
            "RateLimit": f'"key";r={window.remaining};t={seconds}',
        }
        return allowed, headers if allowed else {**headers, "Retry-After": str(seconds)}
