"""Mode: what the organisation does with suggestions on a field."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What is done with suggestions on a field: nothing, predict silently, show them, or fill automatic ones in."""

    OFF = "off"
    MONITOR = "monitor"
    RECOMMEND = "recommend"
    AUTOMATIC = "automatic"
