"""Refusals: values that people refused for a ticket, and that are not suggested for similar ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from kb.records.value_feedback import ValueFeedback
from models.encoder import Vectors

# cosine from which a ticket is similar to one that a value was refused for: only near copies; chosen by hand
_ALIKE = 0.8


class Refusals:
    """Values that are not suggested again for tickets similar to those that they were refused for."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, str, str], Vectors] = {}

    def put(self, feedback: Iterable[ValueFeedback]) -> None:
        """Add feedback, the oldest first: a value that is chosen later for a text is no longer refused for it."""
        for one in feedback:
            key = (one.field, one.value, one.text)
            if one.refused:
                self._refused[key] = one.vector
            else:
                self._refused.pop(key, None)

    def forget(self, withdrawn: Collection[tuple[str, str]]) -> None:
        """Remove the feedback on these fields of texts, by hash; the caller adds again those that still hold."""
        for key in [key for key in self._refused if (key[0], key[2]) in withdrawn]:
            del self._refused[key]

    def fields(self) -> set[str]:
        """Return the fields in which something is refused."""
        return {field for field, _, _ in self._refused}

    def of(self, field: str, vectors: Vectors) -> list[set[str]]:
        """Return the values refused for each text: those refused for a text with a cosine of at least 0.8."""
        refused = [(value, vector) for (name, value, _), vector in self._refused.items() if name == field]
        if not refused:
            return [set() for _ in vectors]
        alike = vectors @ np.stack([vector for _, vector in refused]).T >= _ALIKE
        return [{refused[place][0] for place in np.flatnonzero(row)} for row in alike]

    def of_one(self, field: str, vector: Vectors) -> set[str]:
        """Return the values refused for one text."""
        return self.of(field, vector[None, :])[0]
