"""Finding: something in a desk's own history that stands in the way of right answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that stands in the way; `share` of all incidents are touched by it, some `numbers` named."""

    kind: str
    field: str | None
    share: float
    message: str
    examples: tuple[str, ...]
    numbers: tuple[str, ...] = ()
