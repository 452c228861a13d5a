"""Label counts: which values an import brings, to name those that are written in several ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kb.records.incident import FIELDS, Incident
from kb.records.rejects import Reject, RejectKind
from kb.records.spellings import spellings_of

_LEARNT = tuple(field.name for field in FIELDS if field.learnt)
# values of a field above which nobody chose them from a list, and which would take memory
_MOST_VALUES = 5_000
# values named for each field: enough to see what is wrong
_NAMED = 5


class LabelCounts:
    """How often each value of a learnt field stands in a file."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in _LEARNT}

    def add(self, incident: Incident) -> None:
        """Count the values of an incident."""
        for name, counts in self._counts.items():
            value: str | None = getattr(incident, name)
            if value and (value in counts or len(counts) < _MOST_VALUES):
                counts[value] += 1

    def notes(self, file: str) -> Iterator[Reject]:
        """Yield what people should know of the spellings; the values stay as they came."""
        for name, counts in self._counts.items():
            several = spellings_of(counts)
            for found in several[:_NAMED]:
                other = found.counts[1][0]
                unify = f'triage labels change {name} "{other}" "{found.usual}"'
                yield Reject(file, None, name, f"{found}; to read them as one: {unify}", RejectKind.NOTE)
            if len(several) > _NAMED:
                more = f"and {len(several) - _NAMED:,} more values in several spellings"
                yield Reject(file, None, name, more, RejectKind.NOTE)
