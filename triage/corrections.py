"""Corrections: what a person decided teaches the next suggestion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kb.feedback import Feedback
from kb.incidents import EXAMPLE_STATE, LABELS, Incident
from kb.store import Store, UnknownRecordError


def teach(store: Store, decision: Feedback, ticket: Incident | None) -> tuple[int, str]:
    """Keep a decision and let the incident it concerns carry the chosen value; returns its id and the number.

    A ticket that was not stored is kept as an example: it votes as a neighbour and is shown to nobody. Raises
    UnknownRecordError where neither a stored number nor a ticket says what the decision is about.
    """
    found = _stored(store, decision.number)
    if found is None and ticket is None:
        raise UnknownRecordError(f"no incident {decision.number}: write it first, or send the ticket's text along")
    key = store.put_feedback(decision)
    if found is None and ticket is not None:
        found = replace(ticket, number=decision.number or f"EXAMPLE-{key}", state=EXAMPLE_STATE)
    if found is None or decision.chosen is None:
        return key, decision.number or ""
    store.put_incidents([_with_value(found, decision.field, decision.chosen)])
    return key, found.number


def _stored(store: Store, number: str | None) -> Incident | None:
    try:
        return store.incident(number) if number else None
    except UnknownRecordError:
        return None


def _with_value(incident: Incident, field: str, value: str) -> Incident:
    if field in LABELS:
        changed: dict[str, Any] = {field: value}
        return replace(incident, **changed)
    return replace(incident, extra={**incident.extra, field: value})
