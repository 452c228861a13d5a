"""Clock states: what clocks measure, where they stand, and what a stretch of time does to them."""

from __future__ import annotations

from enum import StrEnum


class Measure(StrEnum):
    """What a clock measures: until somebody responds, until it is resolved, or while one group has it."""

    RESPONSE = "response"
    RESOLUTION = "resolution"
    ASSIGNMENT = "assignment"


class ClockState(StrEnum):
    """Where a clock stands: it runs, stands still for a reason, has stopped, or was cancelled."""

    RUNNING = "running"
    CLOSED = "closed"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class Effect(StrEnum):
    """What a stretch of time does to a clock; `CLOSED` is time outside the calendar's hours."""

    RUNS = "runs"
    CLOSED = "closed"
    PAUSED = "paused"
    RESOLVED = "resolved"
    NO_TARGET = "no_target"


class Difference(StrEnum):
    """What another practice changes for a clock, the weightiest first."""

    BREACHED = "breached"
    MET = "met"
    BREACHED_ANOTHER_TIME = "breached_another_time"
    WARNED_OTHERWISE = "warned_otherwise"
