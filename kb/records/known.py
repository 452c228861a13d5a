"""Known: how much of a case the knowledge base knew."""

from __future__ import annotations

from enum import StrEnum


class Known(StrEnum):
    """How much of a case the knowledge base knew."""

    KNOWN_LINKED = "known_linked"
    KNOWN_NOT_LINKED = "known_not_linked"
    SOLVED_NOT_CAPTURED = "solved_not_captured"
    NEW = "new"
