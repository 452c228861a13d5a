"""Corrections: store what a person decided, so that the next suggestion takes it into account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from kb.privacy.masking import Masking
from kb.records.errors import UnknownRecordError
from kb.records.feedback import Feedback
from kb.records.incident import EXAMPLE_PREFIX, EXAMPLE_STATE, LABELS, TEXTS, Incident
from kb.records.incident_event import EventSource, Origin
from kb.storage.act_store import with_state
from kb.storage.incident_store import IncidentStore
from models.encoder import Vectors

_NO_LABELS: dict[str, Any] = dict.fromkeys(LABELS)


def teach(
    store: IncidentStore,
    decision: Feedback,
    ticket: Incident | None,
    source: EventSource = EventSource.CORRECTION,
    *,
    check: Callable[[Incident, Incident], None] = lambda _before, _after: None,
) -> tuple[int, str]:
    """Store a decision and set the chosen value on its incident, in one act; return the id and the incident's number.

    An incident that is still open, or a ticket that was not stored, teaches through an example: a record that votes
    as a neighbour and is shown to nobody. Where no value is chosen, the suggested one is refused for tickets like this
    one. `check` gets a stored incident before and after the decision, within the act, which it may end by raising.
    Raises UnknownRecordError where neither a stored number nor a ticket says what the decision is about.
    """
    vectors: dict[str, Vectors] = {}
    if ticket is not None:
        ticket, _ = store.masking.incident(ticket)
        ticket = store.embeddings.as_read(ticket)
        vectors = store.embeddings.missing([ticket.text])
    decision = replace(decision, ticket=_masked(store.masking, decision.ticket, ticket))
    with store.database.writing():
        found = _stored(store, decision.number)
        if found is None and ticket is None:
            raise UnknownRecordError(f"no incident {decision.number}: write it first, or send the ticket's text along")
        before = None if found is None else {"value": found.value(decision.field)}
        key = store.feedback.put(decision, (found or ticket or Incident("")).text, vectors, before=before)
        if decision.chosen is None:
            return key, decision.number or ""
        chosen = {decision.field: decision.chosen}
        if found is not None:
            origin = Origin(source, decision.by, decision.at)
            check(found, store.update(found.number, lambda incident: incident.with_values(chosen), origin))
            if found.is_history:
                return key, found.number
        number = f"{EXAMPLE_PREFIX}{decision.number or key}"

        def example(known: Incident | None) -> Incident:
            known = known or replace(found or ticket or Incident(number), number=number, **_NO_LABELS)
            return replace(known, state=EXAMPLE_STATE, articles=()).with_values(chosen)

        store.add_or_update(number, example, masked=found or ticket)
        return key, number if found is None else found.number


def withdraw(store: IncidentStore, keys: Iterable[int], *, by: str | None, at: datetime) -> None:
    """Withdraw decisions in one act, so that what they taught is forgotten, now and after a restart.

    An incident that still has the chosen value gets its previous one back, as far as that is known; an example keeps
    the values of other decisions. Decisions that are already withdrawn stay so.
    """
    with store.database.writing():
        for decision in store.feedback.withdraw(keys, at):
            if decision.chosen is None:
                continue
            example = f"{EXAMPLE_PREFIX}{decision.number or decision.id}"
            if decision.number is None or decision.is_last:
                store.remove(example)
            elif _stored(store, example) is not None:
                store.update(example, partial(_with_value, name=decision.field, value=decision.left))
            found = _stored(store, decision.number)
            if found is None or decision.before is None or found.value(decision.field) != decision.chosen:
                continue
            value = decision.left or decision.before["value"]
            origin = Origin(EventSource.CORRECTION, by, at)
            store.update(found.number, partial(_with_value, name=decision.field, value=value), origin)


def _with_value(incident: Incident, *, name: str, value: str | None) -> Incident:
    return with_state(incident, {name: value})


def _masked(masking: Masking, values: Mapping[str, str] | None, ticket: Incident | None) -> dict[str, str] | None:
    """Return a masked copy of what was sent of a ticket; the texts of `ticket` are masked already."""
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
