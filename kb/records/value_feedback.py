"""Value feedback: what people decided on a value for a text, by which refused values are not suggested again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ValueFeedback:
    """One decision on a text: `value` of a field is `refused` for it, or was chosen after all.

    The field `similar_incidents` refuses an incident by its number, `articles` an article by its id. `vector` has the
    shape (dimension,).
    """

    field: str
    value: str
    text: str
    refused: bool
    vector: NDArray[np.float32]
