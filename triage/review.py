"""Review: open tickets in the order in which they need a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kb.records.decision import Decision
from kb.records.incident import Incident
from triage.suggestion import FieldSuggestion


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An open ticket with the fields that nobody has set yet.

    `fields` are those that are shown, at least one. The order follows `predicted`, so that a ticket of the control
    share, which shows nothing, keeps its place.
    """

    incident: Incident
    fields: Mapping[str, FieldSuggestion]
    predicted: Mapping[str, FieldSuggestion]

    @property
    def need(self) -> tuple[int, float]:
        """Return the sort key: more unsure fields first, then the lowest confidence."""
        predicted = [self.predicted[name] for name in self.fields]
        unsure = sum(field.decision is Decision.UNSURE for field in predicted)
        return -unsure, min(field.confidence for field in predicted)


def most_in_need_first(items: Iterable[ReviewItem]) -> list[ReviewItem]:
    """Sort open tickets, the one that most needs a person first."""
    return sorted(items, key=lambda item: item.need)
