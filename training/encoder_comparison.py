"""Comparison of two encoders by the models trained on each, on incidents held out from both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.comparison import Comparison, Right
from training.learn import Learnt

LINKED_ARTICLE = "linked article"


def compare(before: Learnt, after: Learnt) -> tuple[Comparison, ...]:
    """Compare what was learnt on two encoders, for each field and for the linked article.

    Only incidents that both held out count, each once: two encoders may date a new scheme differently, and incidents
    may arrive between the two trainings. Near-duplicates, as found before, count as one group.
    """
    return *_by_field(before, after), *_by_link(before, after)


def _by_field(before: Learnt, after: Learnt) -> Iterator[Comparison]:
    if before.model is None or after.model is None:
        return
    for name, field in before.model.fields.items():
        if name in after.model.fields:
            yield from _compared(
                name,
                before.held_out[name],
                field.classifier.held_out.top_guesses.right,
                after.held_out[name],
                after.model.fields[name].classifier.held_out.top_guesses.right,
                group_of=before.groups,
            )


def _by_link(before: Learnt, after: Learnt) -> Iterator[Comparison]:
    """Compare how often the linked article comes first, where there are enough links."""
    one, other = before.weights, after.weights
    if one is not None and other is not None:
        yield from _compared(
            LINKED_ARTICLE, one.incidents, one.ranks < 1, other.incidents, other.ranks < 1, group_of=before.groups
        )


def _compared(
    name: str,
    incidents: Sequence[str],
    right: Right,
    other_incidents: Sequence[str],
    other_right: Right,
    *,
    group_of: Mapping[str, int],
) -> Iterator[Comparison]:
    """Compare which incidents, given by their numbers, each got right; nothing where none is common to both."""
    rows, other_rows = _common(incidents, other_incidents)
    if len(rows):
        groups = np.array([group_of.get(incidents[row], -1 - row) for row in rows.tolist()])
        yield Comparison.of(name, right[rows], other_right[other_rows], groups)


def _common(one: Sequence[str], other: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    _, rows, other_rows = np.intersect1d(np.array(one), np.array(other), return_indices=True)
    return rows, other_rows
