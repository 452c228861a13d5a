"""A call: what somebody says about an issue, over a channel, at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.sample.caller import Caller
from app.sample.issue import Issue


class Manner(StrEnum):
    """How an issue is put: in telling words, in words that fit others too, in hardly any, or in another language."""

    OWN = "own"
    SHARED = "shared"
    TERSE = "terse"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Call:
    """What a caller, or monitoring, says about an issue."""

    issue: Issue
    said: str
    caller: Caller
    channel: str
    opened: datetime
    manner: Manner = Manner.OWN
    language: str = "en"
