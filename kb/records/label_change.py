"""Label change: a value of a field that was renamed, merged, split or retired at a date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kb.records.columns import label_of, standard_name
from kb.records.incident import LABELS, Incident


@dataclass(frozen=True, slots=True)
class LabelChange:
    """From `since` on, `old` is called what stands in `new`: one value, one of several after a split, none if retired.

    What was logged before is read as if it had carried the new value; what carries the old one later means it.
    """

    field: str
    old: str
    new: tuple[str, ...]
    since: datetime
    at: datetime
    by: str | None = None
    id: int = 0

    def concerns(self, incident: Incident) -> bool:
        """Return whether an incident was logged with the old value before the change."""
        before = incident.opened_at is None or incident.opened_at < self.since
        return before and label_of(incident, self.field) == self.old

    def applied(self, incident: Incident) -> Incident:
        """Return the incident with the new value; after a split or a retirement with none, since nobody knows which."""
        if not self.concerns(incident):
            return incident
        name = self.field if self.field in LABELS or incident.extra.get(self.field) else standard_name(self.field)
        return incident.with_values({name: self.new[0] if len(self.new) == 1 else ""})


def relabelled(incident: Incident, changes: Sequence[LabelChange]) -> Incident:
    """Return the incident with the values that it would carry today; changes apply in the order of their dates."""
    for change in changes:
        incident = change.applied(incident)
    return incident
