"""Hierarchy: suggests the parent value where its children share the confidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kb.records.incident import FIELDS
from kb.retrieval.label_columns import LabelColumn

PARENTS: Mapping[str, str] = {field.name: field.parent for field in FIELDS if field.parent}
# confidence that siblings must hold together: with less than half, another parent could hold more
_SURE_ENOUGH = 0.5
# siblings that are named: as many as can be read at a glance
_UNCLEAR = 3


@dataclass(frozen=True, slots=True)
class Parent:
    """The value one level up that the siblings agree on, and which of them are unclear."""

    field: str
    value: str
    confidence: float
    unclear: tuple[str, ...]


def parent_values(child: LabelColumn, parent: LabelColumn) -> dict[str, str]:
    """Return for each value of the child field the parent value that it has occurred with most."""
    codes = np.stack([child.codes(), parent.codes()], axis=1)
    pairs, counts = np.unique(codes[(codes >= 0).all(axis=1)], axis=0, return_counts=True)
    found: dict[str, str] = {}
    for position in np.argsort(counts, kind="stable"):
        one, other = pairs[position]
        found[child.values[one]] = parent.values[other]
    return found


def parent_of(field: str, ranked: Sequence[tuple[str, float]], parents: Mapping[str, str]) -> Parent | None:
    """Return the value of the parent `field` whose children have half of the confidence, or `None`."""
    held: defaultdict[str, float] = defaultdict(float)
    for value, chance in ranked:
        if value in parents:
            held[parents[value]] += chance
    if not held:
        return None
    best = max(held, key=lambda value: held[value])
    if held[best] < _SURE_ENOUGH:
        return None
    children = tuple(value for value, _ in ranked if parents.get(value) == best)[:_UNCLEAR]
    return Parent(field, best, round(held[best], 4), children)
