"""Clock mark: when the next target of an open incident is used up, kept so that a list can be ordered by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kb.records.clock_state import Measure

# From this probability on, a breach is likelier than not.
LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class ClockMark:
    """Where the clocks of an open incident stand, as long as nothing happens to it.

    `measure` is that of response or resolution which is used up next, `None` where no target matches. From `warns_at`
    on its highest share to warn at is used up, after `breaches_at` it is exceeded. While it is paused, only `left` is
    known, in seconds, unless it is exceeded already. `stage_since` is when it entered its stage, `None` where
    nobody told, `hops` how often it went from group to group.
    """

    number: str
    stage_since: datetime | None = None
    measure: Measure | None = None
    warns_at: datetime | None = None
    due_at: datetime | None = None
    breaches_at: datetime | None = None
    left: int | None = None
    breach_probability: float | None = None
    hops: int = 0

    def is_breached(self, now: datetime) -> bool:
        """Return whether the target is exceeded."""
        return self.breaches_at is not None and self.breaches_at < now

    def is_breaching(self, now: datetime) -> bool:
        """Return whether the target is nearly used up and can still be met."""
        return self.warns_at is not None and self.warns_at <= now and not self.is_breached(now)

    def is_at_risk(self, now: datetime) -> bool:
        """Return whether a breach is likely that has not happened yet."""
        likely = self.breach_probability is not None and self.breach_probability >= LIKELY
        return likely and not self.is_breached(now)
