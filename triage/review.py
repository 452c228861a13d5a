"""Review: open tickets in the order in which they need a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kb.records.decision import Decision
from kb.records.incident import Incident
from triage.assistant import Assistant
from triage.suggestion import FieldSuggestion


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An open ticket with the fields that nobody has set yet, as suggested."""

    incident: Incident
    fields: Mapping[str, FieldSuggestion]

    @property
    def need(self) -> tuple[int, float]:
        """What orders the list: more unsure fields first, then the lowest confidence."""
        unsure = sum(field.decision is Decision.UNSURE for field in self.fields.values())
        return -unsure, min(field.confidence for field in self.fields.values())


def review(assistant: Assistant, incidents: Iterable[Incident]) -> list[ReviewItem]:
    """The open tickets that have fields to decide, the one that most needs a person first."""
    tickets = list(incidents)
    items = []
    for incident, answer in zip(tickets, assistant.classify(tickets), strict=True):
        undecided = {name: field for name, field in answer.fields.items() if incident.value(name) is None}
        if undecided:
            items.append(ReviewItem(incident, undecided))
    return sorted(items, key=lambda item: item.need)
