"""Safeguards: when a suggestion is only offered although the evidence would allow more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.mode import Mode
from triage.priority import level
from triage.suggestion import FieldSuggestion

# priorities 1 and 2: a mistake there costs most, so a person decides
URGENT = 2
_NEW = frozenset({"new", "open", "resolved"})  # a record that says nothing of its state counts as resolved


def restrained(
    fields: Mapping[str, FieldSuggestion], ticket: Incident, held_back: str | None
) -> dict[str, FieldSuggestion]:
    """Fields that are only recommended where something holds them back, or where the ticket has a value for them."""
    return {name: _downgraded(field, held_back or _set_already(ticket, name)) for name, field in fields.items()}


def within(fields: Mapping[str, FieldSuggestion], catalogue: Mapping[str, list[str]]) -> dict[str, FieldSuggestion]:
    """Fields with only those values that exist in the target system, for fields whose values are known."""
    return {
        name: _within(field, set(catalogue[name])) if name in catalogue else field for name, field in fields.items()
    }


def restraint(fields: Mapping[str, FieldSuggestion], ticket: Incident, *, urgent_too: bool) -> str | None:
    """Why nothing is to be filled in by itself: a person has acted, or a mistake would cost most.

    The ticket is assigned already or not new, or is, or may well be, of priority 1 or 2 (unless `urgent_too`).
    `fields` is all that is suggested, whether it is shown or not.
    """
    if ticket.assignment_group or ticket.assigned_at or ticket.extra.get("assigned_to"):
        return "the ticket is assigned already"
    if ticket.extra.get("state", ticket.state).strip().lower() not in _NEW:
        return "the ticket is not new"
    best = fields["priority"].best if "priority" in fields else None
    priority = ticket.priority or (best.value if best else None)
    if not urgent_too and priority is not None and (level(priority) or URGENT + 1) <= URGENT:
        return f"priority {priority}: a person decides"
    return None


def _set_already(ticket: Incident, name: str) -> str | None:
    return "the ticket has a value for it" if ticket.value(name) else None


def _downgraded(field: FieldSuggestion, reason: str | None) -> FieldSuggestion:
    if reason is None or field.mode is not Mode.AUTOMATIC:
        return field
    return replace(field, mode=Mode.RECOMMEND, held_back=reason)


def _within(field: FieldSuggestion, known: set[str]) -> FieldSuggestion:
    first = field.best
    if first is None:
        return field
    left = tuple(entry for entry in field.alternatives if entry.value in known)
    kept = replace(field, alternatives=left, prediction_set=tuple(one for one in field.prediction_set if one in known))
    if first.value in known:
        return kept
    best = left[0].confidence if left else 0.0
    return replace(
        kept,
        value=None,
        confidence=best,
        decision=Decision.UNSURE,
        reason=f"the best guess, {first.value}, does not exist in the target system",
        parent=None,
    )
