"""Short texts: tickets of a few words, such as a phone or walk-up note, on which predictions are less certain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# words up to which a text is terse: a phone note; such texts are right less often; experiment 009
TERSE_WORDS = 8
# fewest words of a shortened copy: nothing can be learnt from fewer
_SHORTEST = 3


def is_terse(text: str) -> bool:
    """Return whether a text has at most eight words."""
    return len(text.split(maxsplit=TERSE_WORDS)) <= TERSE_WORDS


def terse(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which of the texts are terse, shape (texts,)."""
    return np.array([is_terse(text) for text in texts], dtype=bool)


def first_words(text: str, random: np.random.Generator) -> str:
    """Return the first three to eight words of a text, as a note taken in haste would hold them."""
    return " ".join(text.split()[: int(random.integers(_SHORTEST, TERSE_WORDS + 1))])
