"""Field choices: the values that a person may choose for a field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldChoices:
    """Values that a field may have, each with the number of its resolved incidents, the most used first.

    With `is_complete` the field may have no others.
    """

    field: str
    values: tuple[tuple[str, int], ...]
    is_complete: bool
