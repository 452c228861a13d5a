"""Security incidents: their kinds, how severe they are, who may see them, and who asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # an incident takes long to load, which commands need not wait for
    from kb.records.incident import Incident
    from kb.records.incident_event import IncidentEvent


class SecurityKind(StrEnum):
    """What a security incident is about."""

    PHISHING = "phishing"
    MALWARE = "malware"
    LOST_DEVICE = "lost_device"
    LEAKED_CREDENTIAL = "leaked_credential"
    UNAUTHORISED_ACCESS = "unauthorised_access"
    DATA_SENT_WRONGLY = "data_sent_wrongly"
    SUSPICIOUS_CALL = "suspicious_call"


class Severity(StrEnum):
    """How much harm a security incident may do."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Tlp(StrEnum):
    """The Traffic Light Protocol 2.0 of FIRST: how far what an incident says may spread, the widest first."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"

    @property
    def is_restricted(self) -> bool:
        """Whether only those who are named may see it."""
        return self not in {Tlp.CLEAR, Tlp.GREEN}


RESTRICTED = tuple(tlp for tlp in Tlp if tlp.is_restricted)


def strictest(markings: Iterable[Tlp]) -> Tlp:
    """Return the strictest of several markings, `CLEAR` where there is none."""
    return max(markings, key=list(Tlp).index, default=Tlp.CLEAR)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: a person where one is known, and the groups of that person or of the key."""

    person: str | None = None
    groups: frozenset[str] = frozenset()


NOBODY = Viewer()
"""Who asks where nobody in particular does: commands, background work, webhooks, assistants."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """Who may see an incident: named people and groups, as far as the marking lets them."""

    tlp: Tlp
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def is_seen_by(self, viewer: Viewer) -> bool:
        """Return whether a viewer may see it, as TLP 2.0 says.

        Amber: named people and groups, be they of a person or of a program's key. Amber+strict: the same, but people
        only. Red: named people, whatever their groups.
        """
        if not self.tlp.is_restricted:
            return True
        if viewer.person is not None and same_name(viewer.person) in map(same_name, self.people):
            return True
        if self.tlp is Tlp.RED or (self.tlp is Tlp.AMBER_STRICT and viewer.person is None):
            return False
        return not set(map(same_name, viewer.groups)).isdisjoint(map(same_name, self.groups))


@dataclass(frozen=True, slots=True)
class RestrictedIncident:
    """A security incident that only named people and groups may see, with everything that happened to it.

    `by` is who restricted it, `at` when that was.
    """

    incident: Incident
    events: tuple[IncidentEvent, ...]
    kind: SecurityKind
    severity: Severity
    restriction: Restriction
    by: str | None
    at: datetime


def same_name(name: str) -> str:
    """Return a name for comparison: any case, any spaces."""
    return " ".join(name.split()).casefold()
