"""Corrections: what a person decided teaches the next suggestion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kb.records.errors import UnknownRecordError
from kb.records.feedback import Feedback
from kb.records.incident import EXAMPLE_STATE, LABELS, Incident
from kb.storage.incident_store import IncidentStore

EXAMPLE_PREFIX = "EXAMPLE-"
_NO_LABELS: dict[str, Any] = dict.fromkeys(LABELS)


def teach(store: IncidentStore, decision: Feedback, ticket: Incident | None) -> tuple[int, str]:
    """Keep a decision and let the incident it concerns carry the chosen value; returns its id and the number.

    An incident that is still open, or a ticket that was not stored, teaches through an example: a record that votes
    as a neighbour and is shown to nobody. Where no value is chosen, the suggested one is refused for tickets like this
    one. Raises UnknownRecordError where neither a stored number nor a ticket says what the decision is about.
    """
    found = _stored(store, decision.number)
    if found is None and ticket is None:
        raise UnknownRecordError(f"no incident {decision.number}: write it first, or send the ticket's text along")
    ticket = ticket and store.masking.incident(ticket)[0]
    text = (found or ticket or Incident("")).text
    key = store.put_feedback(decision, text)
    if decision.chosen is None:
        return key, decision.number or ""
    changed = []
    if found is not None:
        changed.append(found.with_values({decision.field: decision.chosen}))
    if found is None or not found.is_history:
        number = f"{EXAMPLE_PREFIX}{decision.number or key}"
        known = _stored(store, number) or replace(found or ticket or Incident(number), number=number, **_NO_LABELS)
        example = replace(known, state=EXAMPLE_STATE, articles=())
        changed.append(example.with_values({decision.field: decision.chosen}))
    store.put_incidents(changed)
    return key, changed[0].number


def _stored(store: IncidentStore, number: str | None) -> Incident | None:
    try:
        return store.incident(number) if number else None
    except UnknownRecordError:
        return None
