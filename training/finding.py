"""Finding: a problem in the organisation's history that keeps suggestions from being right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem that concerns a `share` of all incidents, with the `numbers` of some."""

    kind: str
    field: str | None
    share: float
    message: str
    examples: tuple[str, ...]
    numbers: tuple[str, ...] = ()
