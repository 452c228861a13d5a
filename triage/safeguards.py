"""Safeguards: when a suggestion is only recommended although its confidence would allow automatic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.mode import Mode
from kb.vocabulary.stage import Stage
from triage.decision import held_below
from triage.priority import level
from triage.suggestion import FieldSuggestion

# priorities 1 and 2: a mistake there costs most, so a person decides
URGENT = 2
_NEW = frozenset({Stage.NEW, Stage.RESOLVED})  # a record without a state counts as resolved


def hold_back(
    fields: Mapping[str, FieldSuggestion], ticket: Incident, held_back: str | None
) -> dict[str, FieldSuggestion]:
    """Return the fields, only recommended where there is a reason to hold them back or the ticket has a value."""
    return {name: _downgraded(field, held_back or _set_already(ticket, name)) for name, field in fields.items()}


def within(
    fields: Mapping[str, FieldSuggestion], catalogue: Mapping[str, list[str]], *, unsure_below: float
) -> dict[str, FieldSuggestion]:
    """Return the fields with only those values that exist in the target system, where these are known.

    A field that becomes unsure by this gets a confidence below `unsure_below`.
    """
    return {
        name: _within(field, set(catalogue[name]), unsure_below) if name in catalogue else field
        for name, field in fields.items()
    }


def reason_to_hold_back(fields: Mapping[str, FieldSuggestion], ticket: Incident, *, urgent_too: bool) -> str | None:
    """Return why no field may be filled in automatically: a person has acted, or a mistake would cost most.

    Reasons: the ticket is assigned, not new, or has or may have priority 1 or 2 (unless `urgent_too`).
    `fields` has every suggestion, shown or not.
    """
    if ticket.assignment_group or ticket.assigned_at or ticket.assigned_to:
        return "the ticket is assigned already"
    if _stage(ticket) not in _NEW:
        return "the ticket is not new"
    best = fields["priority"].best if "priority" in fields else None
    priority = ticket.priority or (best.value if best else None)
    if not urgent_too and priority is not None and (level(priority) or URGENT + 1) <= URGENT:
        return f"priority {priority}: a person decides"
    return None


def _stage(ticket: Incident) -> Stage:
    state = ticket.extra.get("state")
    return ticket.stage if state is None else ticket.in_state(state).stage


def _set_already(ticket: Incident, name: str) -> str | None:
    return "the ticket has a value for it" if ticket.value(name) else None


def _downgraded(field: FieldSuggestion, reason: str | None) -> FieldSuggestion:
    if reason is None or field.mode is not Mode.AUTOMATIC:
        return field
    return replace(field, mode=Mode.RECOMMEND, held_back=reason)


def _within(field: FieldSuggestion, known: set[str], unsure_below: float) -> FieldSuggestion:
    first = field.best
    if first is None:
        return field
    left = tuple(entry for entry in field.alternatives if entry.value in known)
    kept = replace(field, alternatives=left, prediction_set=tuple(one for one in field.prediction_set if one in known))
    if first.value in known:
        return kept
    left = held_below(left, unsure_below)
    return replace(
        kept,
        value=None,
        alternatives=left,
        confidence=left[0].confidence if left else 0.0,
        decision=Decision.UNSURE,
        reason=f"the best guess, {first.value}, does not exist in the target system",
        parent=None,
    )
