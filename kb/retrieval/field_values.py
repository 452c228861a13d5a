"""Field values: which values of a field incidents have, and how many resolved ones have each."""

from __future__ import annotations

from collections.abc import Mapping

from kb.records.incident import Incident
from kb.records.label_change import relabelled
from kb.retrieval.memory import Memory

# lists that are cached until something is written: one for each field and some parents; bounds memory
_MOST_KEPT = 500


class FieldValues:
    """Values that incidents have, by their present names; cached until the store changes."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._revision = -1
        self._kept: dict[tuple[str, str | None, str | None], Mapping[str, int]] = {}

    def counts(self, field: str, *, parent: tuple[str, str] | None = None) -> Mapping[str, int]:
        """Return each value of a field with its resolved incidents, the most used first.

        A value that only unresolved incidents have counts 0. `parent` is another field and the value that the incidents
        must have in it.
        """
        key = (field, *(parent or (None, None)))
        with self._memory.lock:
            self._memory.refresh()
            if self._revision != self._memory.revision or len(self._kept) >= _MOST_KEPT:
                self._revision, self._kept = self._memory.revision, {}
            if key not in self._kept:
                self._kept[key] = self._counted(field, parent)
            return self._kept[key]

    def _counted(self, field: str, parent: tuple[str, str] | None) -> dict[str, int]:
        found = dict.fromkeys(self._unresolved(field, parent), 0) | self._memory.incidents.counts(field, parent=parent)
        return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0].casefold(), entry[0])))

    def _unresolved(self, field: str, parent: tuple[str, str] | None) -> set[str]:
        """Return the values of incidents that are not resolved, by their present names."""
        changes = self._memory.store.label_changes.all()
        given = {} if parent is None else dict([parent])
        values = set[str]()
        for value, logged in self._memory.store.values_of_unresolved(field, parent=parent):
            today = relabelled(Incident("", opened_at=logged).with_values({**given, field: value}), changes)
            if found := today.value(field):
                values.add(found)
        return values
