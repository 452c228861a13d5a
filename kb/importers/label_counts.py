"""Label counts: counts the values of an import, to report those that are spelled in several ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kb.records.incident import FIELDS, Incident
from kb.records.rejects import Reject, RejectKind
from kb.records.spellings import spellings_of

_LEARNT = tuple(field.name for field in FIELDS if field.learnt)
# most values of a field: more were not chosen from a list, and would take memory
_MOST_VALUES = 5_000
# values named for each field: enough to see what is wrong
_NAMED = 5


class LabelCounts:
    """How often each value of a learnt field occurs in a file."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in _LEARNT}

    def add(self, incident: Incident) -> None:
        """Count the values of an incident."""
        for name, counts in self._counts.items():
            value: str | None = getattr(incident, name)
            if value and (value in counts or len(counts) < _MOST_VALUES):
                counts[value] += 1

    def notes(self, file: str) -> Iterator[Reject]:
        """Yield notes on values in several spellings; the values stay as they are."""
        for name, counts in self._counts.items():
            several = spellings_of(counts)
            for found in several[:_NAMED]:
                other = found.counts[1][0]
                unify = f'triage labels change {name} "{other}" "{found.usual}"'
                yield Reject(file, None, name, f"{found}; to read them as one: {unify}", RejectKind.NOTE)
            if len(several) > _NAMED:
                more = f"and {len(several) - _NAMED:,} more values in several spellings"
                yield Reject(file, None, name, more, RejectKind.NOTE)
