"""Decision: what the evidence on a suggested value allows."""

from __future__ import annotations

from enum import StrEnum


class Decision(StrEnum):
    """What the evidence allows: fill it in, offer it, or say that it is unclear."""

    AUTOMATIC = "automatic"
    SUGGESTED = "suggested"
    UNSURE = "unsure"
