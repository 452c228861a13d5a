"""Finding: a problem in the organisation's history that keeps suggestions from being right."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem that concerns a `share` of all incidents, with the `numbers` of some.

    `facts` are what the message says beside the field, by name: counts, shares of one, values and days.
    """

    kind: str
    field: str | None
    share: float
    message: str
    examples: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    facts: Mapping[str, str | int | float] = dataclasses.field(default_factory=dict)
