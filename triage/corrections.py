"""Corrections: what a person decided teaches the next suggestion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kb.privacy.masking import Masking
from kb.records.errors import UnknownRecordError
from kb.records.feedback import Feedback
from kb.records.incident import EXAMPLE_STATE, LABELS, TEXTS, Incident
from kb.storage.incident_store import IncidentStore
from models.encoder import Vectors

EXAMPLE_PREFIX = "EXAMPLE-"
_NO_LABELS: dict[str, Any] = dict.fromkeys(LABELS)


def teach(store: IncidentStore, decision: Feedback, ticket: Incident | None) -> tuple[int, str]:
    """Keep a decision and let the incident it concerns carry the chosen value, in one act; returns its id and number.

    An incident that is still open, or a ticket that was not stored, teaches through an example: a record that votes
    as a neighbour and is shown to nobody. Where no value is chosen, the suggested one is refused for tickets like this
    one. Raises UnknownRecordError where neither a stored number nor a ticket says what the decision is about.
    """
    vectors: dict[str, Vectors] = {}
    if ticket is not None:
        ticket, _ = store.masking.incident(ticket)
        vectors = store.embeddings.missing([ticket.text])
    decision = replace(decision, ticket=_masked(store.masking, decision.ticket, ticket))
    with store.database.writing():
        found = _stored(store, decision.number)
        if found is None and ticket is None:
            raise UnknownRecordError(f"no incident {decision.number}: write it first, or send the ticket's text along")
        key = store.feedback.put(decision, (found or ticket or Incident("")).text, vectors)
        if decision.chosen is None:
            return key, decision.number or ""
        chosen = {decision.field: decision.chosen}
        if found is not None:
            store.update(found.number, lambda incident: incident.with_values(chosen))
            if found.is_history:
                return key, found.number
        number = f"{EXAMPLE_PREFIX}{decision.number or key}"

        def example(known: Incident | None) -> Incident:
            known = known or replace(found or ticket or Incident(number), number=number, **_NO_LABELS)
            return replace(known, state=EXAMPLE_STATE, articles=()).with_values(chosen)

        store.add_or_update(number, example, masked=found or ticket)
        return key, number if found is None else found.number


def _masked(masking: Masking, values: Mapping[str, str] | None, ticket: Incident | None) -> dict[str, str] | None:
    """What was sent of a ticket, masked; its texts were masked before, as the `ticket`."""
    if values is None:
        return None
    known = {} if ticket is None else {**{name: getattr(ticket, name) for name in TEXTS}, **ticket.extra}
    texts = {name: known[name] for name, value in values.items() if name in known and isinstance(value, str)}
    return {**masking.fields({name: value for name, value in values.items() if name not in texts}), **texts}


def _stored(store: IncidentStore, number: str | None) -> Incident | None:
    try:
        return store.incident(number) if number else None
    except UnknownRecordError:
        return None
