"""Written: what a write did to records, and each of them as it is stored now."""

from __future__ import annotations

from dataclasses import dataclass

from kb.records.incident import Incident
from kb.records.sensitive_data import MaskedKind


@dataclass(frozen=True, slots=True)
class Written:
    """How many records a write added, changed and left as they were, and how many were older than what is stored."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.superseded + other.superseded,
        )


@dataclass(frozen=True, slots=True)
class IncidentVersion:
    """An incident as it is stored, and the revision of its last write."""

    incident: Incident
    revision: int


@dataclass(frozen=True, slots=True)
class WrittenIncident:
    """What became of a record: the incident as it is stored now, and the revision of its last write.

    `masked` says which kinds of secrets it had, `kept` in which fields the value that was sent is not the one that is
    stored. A record that is `superseded` was older than what is stored. Of a `restricted` one `incident` is what was
    sent.
    """

    incident: Incident
    revision: int
    masked: frozenset[MaskedKind]
    superseded: bool
    kept: tuple[str, ...]
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class WrittenIncidents:
    """What a write did, and every incident of it as it is stored now."""

    counts: Written
    incidents: tuple[WrittenIncident, ...]
