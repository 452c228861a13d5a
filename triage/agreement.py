"""Agreement: values of different fields that were never seen together are not suggested together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from kb.records.incident import FIELDS
from kb.retrieval.label_columns import LabelColumn

AGREEING = tuple(field.name for field in FIELDS if field.agreeing)
# combinations of values kept from field to field: more rarely find a better one and take longer; by hand
_BEAM = 24
# probability below which a value's logarithm does not fall
_LEAST = 1e-6

Ranked = Sequence[tuple[str, float]]
Pair = tuple[str, str]


class SeenPairs:
    """Which values of two fields have occurred on one incident."""

    def __init__(self, columns: Mapping[str, LabelColumn]) -> None:
        self._seen = {
            (one, other): _pairs(columns[one], columns[other]) for one, other in combinations(sorted(columns), 2)
        }

    def agree(self, field: str, value: str, other_field: str, other: str) -> bool:
        """Return whether two values have occurred together, or one of them with no value of the other's field."""
        if field > other_field:
            return self.agree(other_field, other, field, value)
        pairs, ones, others = self._seen[field, other_field]
        return (value, other) in pairs or value not in ones or other not in others


def reconcile(ranked: Mapping[str, Ranked], seen: SeenPairs) -> dict[str, str | None]:
    """Return one value per field such that all pairs have occurred, with the highest joint probability.

    `ranked` holds the values of each field, best first. A field for which nothing agrees with the others gets
    `None`. Beam search, most confident field first; where the best values agree already they are the answer.
    """
    fields = sorted((name for name in ranked if ranked[name]), key=lambda name: -ranked[name][0][1])
    best = {name: ranked[name][0][0] for name in fields}
    if all(seen.agree(one, best[one], other, best[other]) for one, other in combinations(fields, 2)):
        return {**dict.fromkeys(ranked), **best}
    beam: list[tuple[float, dict[str, str]]] = [(0.0, {})]
    for field in fields:
        grown = [
            (score + math.log(max(chance, _LEAST)), {**chosen, field: value})
            for score, chosen in beam
            for value, chance in ranked[field]
            if all(seen.agree(field, value, other, chosen[other]) for other in chosen)
        ]
        if grown:
            beam = sorted(grown, key=lambda entry: -entry[0])[:_BEAM]
    return {**dict.fromkeys(ranked), **beam[0][1]}


def _pairs(one: LabelColumn, other: LabelColumn) -> tuple[set[Pair], set[str], set[str]]:
    """Return the pairs of values that have occurred, and the values of each field that have a partner."""
    codes = np.stack([one.codes(), other.codes()], axis=1)
    distinct = np.unique(codes[(codes >= 0).all(axis=1)], axis=0)
    pairs = {(one.values[a], other.values[b]) for a, b in distinct}
    return pairs, {value for value, _ in pairs}, {value for _, value in pairs}
