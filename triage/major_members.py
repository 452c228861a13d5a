"""Members of a major incident: which new reports join one that is running."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from models.encoder import Vectors
from models.usual_rate import HOUR
from triage.major_detection import Group

# most members that a new report is compared with: enough for any wording, and bounded
_COMPARED = 200
# nearest members whose mean cosine decides whether a report joins: one odd member attracts nothing
_NEAREST = 3
# mean cosine from which a new report joins; the second one if it has the value that the others share
_ALIKE, _ALIKE_IN_GROUP = 0.6, 0.4
# after so long without reports, or so long since the first of them, a new one is about something else: what comes
# every few hours anyway would keep a major incident alive for ever
_QUIET, _LONGEST = 1.5 * HOUR, 12 * HOUR


@dataclass(slots=True)
class RunningMajor:
    """A major incident that accepts new reports: the moments of its first and last report, and its members' vectors."""

    lead: str
    group: Group
    last: float
    first: float = float("inf")
    vectors: list[Vectors] = field(default_factory=list)
    members: int = 0

    def add(self, vector: Vectors, moment: float) -> None:
        """Add a member."""
        self.members += 1
        self.vectors.append(vector)
        del self.vectors[:-_COMPARED]
        self.first, self.last = min(self.first, moment), max(self.last, moment)

    def likeness(self, vector: Vectors, values: Mapping[str, str], moment: float) -> float:
        """Return the similarity of a new report to its members, 0 if it does not join."""
        if not self.vectors or moment > min(self.last + _QUIET, self.first + _LONGEST):
            return 0.0
        cosines = np.sort(np.array(self.vectors) @ vector)[-_NEAREST:]
        mean = float(cosines.mean())
        is_in_group = self.group.field is not None and values.get(self.group.field) == self.group.value
        return mean if mean >= (_ALIKE_IN_GROUP if is_in_group else _ALIKE) else 0.0


def joined_major(
    running: Iterable[RunningMajor], vector: Vectors, values: Mapping[str, str], moment: float
) -> RunningMajor | None:
    """Return the running major incident that a new report joins, `None` if it joins none."""
    likeness = [(one.likeness(vector, values, moment), one) for one in running]
    best = max(likeness, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] > 0 else None
