"""Priority matrix: the priority of each impact and urgency."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

PriorityMatrix: TypeAlias = Mapping[tuple[int, int], int]

# Priority of (impact, urgency); 1 is the highest level of each. The matrix ServiceNow ships with.
DEFAULT_MATRIX: PriorityMatrix = {
    (1, 1): 1, (1, 2): 2, (1, 3): 3,
    (2, 1): 2, (2, 2): 3, (2, 3): 4,
    (3, 1): 3, (3, 2): 4, (3, 3): 5,
}  # fmt: skip


def parse_matrix(entries: Mapping[str, int]) -> PriorityMatrix:
    """Return the matrix from entries such as {"1,2": 2}: impact, urgency and the priority of both.

    Raises:
        ValueError: a key is not two numbers with a comma between them.

    """
    matrix = {}
    for key, priority in entries.items():
        levels = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*", key)
        if levels is None:
            raise ValueError(f"priority matrix: {key!r} is not IMPACT,URGENCY such as 1,2")
        matrix[int(levels[1]), int(levels[2])] = int(priority)
    return matrix
