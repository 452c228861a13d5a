"""Priority: derived from impact and urgency by the organisation's matrix."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from kb.records.priority_matrix import PriorityMatrix
from kb.vocabulary.priorities import level_number
from triage.distributions import Distribution

NAMES = {1: "1 - Critical", 2: "2 - High", 3: "3 - Moderate", 4: "4 - Low", 5: "5 - Planning"}
_WORDS = {
    "critical": 1, "extensive": 1, "high": 1, "urgent": 1,
    "significant": 2, "medium": 2, "moderate": 2, "normal": 2,
    "low": 3, "minor": 3,
}  # fmt: skip


def level(text: str) -> int | None:
    """Return the level of an impact or urgency such as "2", "2 - Medium", "P2" or "Medium", or `None`."""
    number = level_number(text)
    if number is not None and number < 10:
        return number
    return next((number for word, number in _WORDS.items() if word in text.lower()), None)


def from_matrix(
    impact: Distribution, urgency: Distribution, matrix: PriorityMatrix, used_names: Iterable[str]
) -> Distribution | None:
    """Return the distribution of the priority, with impact and urgency independent given the text.

    `used_names` are the priorities of past incidents: a level is called as the organisation calls it. `None`
    where no pair of values stands in the matrix.
    """
    names = {**NAMES, **{number: name for name in sorted(used_names, reverse=True) if (number := level(name))}}
    impact_levels = [level(value) for value in impact.values]
    urgency_levels = [level(value) for value in urgency.values]
    priorities = sorted(set(matrix.values()))
    chances = np.zeros((len(impact.probabilities), len(priorities)))
    for i, impact_level in enumerate(impact_levels):
        for j, urgency_level in enumerate(urgency_levels):
            found = matrix.get((impact_level or 0, urgency_level or 0))
            if found is not None:
                chances[:, priorities.index(found)] += impact.probabilities[:, i] * urgency.probabilities[:, j]
    if not chances.any():
        return None
    return Distribution([names.get(number, str(number)) for number in priorities], chances)
