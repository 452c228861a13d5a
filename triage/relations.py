"""Relations: how the values of different fields belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kb.records.columns import standard_name
from kb.records.decision import Decision
from kb.retrieval.label_columns import LabelColumn
from triage.agreement import AGREEING, SeenPairs
from triage.hierarchy import PARENTS, parent_of, parent_values
from triage.suggestion import FieldSuggestion


@dataclass(frozen=True, slots=True)
class Relations:
    """How values of different fields belong together, as of one state of the memory."""

    state: object
    agreeing: Sequence[str]
    pairs: SeenPairs
    parents: Mapping[str, tuple[str, Mapping[str, str]]]

    @classmethod
    def of(cls, state: object, columns: Mapping[str, LabelColumn]) -> Relations:
        """Return the relations between the values of fields, one column each."""
        called = {standard_name(name): name for name in columns}
        agreeing = [called[name] for name in AGREEING if name in called]
        parents = {
            called[child]: (called[parent], parent_values(columns[called[child]], columns[called[parent]]))
            for child, parent in PARENTS.items()
            if child in called and parent in called
        }
        return cls(state, agreeing, SeenPairs({name: columns[name] for name in agreeing}), parents)

    def with_parent(self, name: str, field: FieldSuggestion, ranked: Sequence[tuple[str, float]]) -> FieldSuggestion:
        """Return the field with the value that is clear one level up, where its own value is not."""
        if field.decision is not Decision.UNSURE or name not in self.parents:
            return field
        parent, values = self.parents[name]
        return replace(field, parent=parent_of(parent, ranked, values))
