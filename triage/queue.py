"""Queue: what each open incident needs from a person, given its record and its suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.records.clock_mark import ClockMark
from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.queue_entry import Need, QueueEntry, QueueFlag
from triage.priority import level
from triage.safeguards import URGENT
from triage.suggestion import FieldSuggestion

# Without a value in this field nobody owns an incident, so nobody begins.
OWNER = "assignment_group"


@dataclass(frozen=True, slots=True)
class QueuedIncident:
    """An open incident: where it stands in the queue, its marks, what is shown of its suggestions, and its clock."""

    incident: Incident
    entry: QueueEntry
    flags: Sequence[QueueFlag]
    shown: Mapping[str, FieldSuggestion]
    clock: ClockMark


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue, how many incidents match the filter, and how many of them have each need."""

    incidents: Sequence[QueuedIncident]
    total: int
    needs: Mapping[Need, int]


def need_of(incident: Incident, undecided: Mapping[str, FieldSuggestion], urgency: int | None) -> Need:
    """Return what an incident needs; `undecided` are the suggestions for its fields without a value.

    `urgency` is the level of its priority from 1, the highest, as `urgency_of` returns it.
    """
    has_group = incident.value(OWNER) is not None
    decisions = {name: field.decision for name, field in undecided.items()}
    if not has_group and not incident.assigned_to and urgency is not None and urgency <= URGENT:
        return Need.OWNER_NOW
    if not has_group and decisions.get(OWNER, Decision.UNSURE) is Decision.UNSURE:
        return Need.GROUP
    if Decision.UNSURE in decisions.values():
        return Need.CHOICE
    if Decision.SUGGESTED in decisions.values():
        return Need.CHECK
    return Need.CONFIRMATION if decisions else Need.WORK


def urgency_of(incident: Incident, undecided: Mapping[str, FieldSuggestion]) -> int | None:
    """Return the level of an incident's priority, of the one that is suggested where it has none, or `None`."""
    best = undecided["priority"].best if "priority" in undecided else None
    value = incident.priority or (best.value if best else None)
    return level(value) if value else None
