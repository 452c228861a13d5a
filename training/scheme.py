"""Scheme: the day since which a field has its present values."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from kb.retrieval.incident_index import IncidentIndex
from models.classifier import LEAST_EXAMPLES
from models.encoder import Vectors
from models.top_k import top_k
from models.votes import NEIGHBOURS, vote_shares

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SchemeSettings:
    """How a change of a field's values is found."""

    # examples that stand for today: fewer vote too coarsely, more may reach back beyond a change
    newest: int = 1000
    # examples compared at a time: bounds memory
    block: int = 2048
    # fewest examples of an earlier scheme, to tell it from chance; chosen by hand
    least_older: int = 100
    # share of today's accuracy below which older values belong to another scheme; chosen by hand (experiment 015)
    left: float = 0.5


_SETTINGS = SchemeSettings()


@dataclass(frozen=True, slots=True)
class Scheme:
    """The present values of a field: the day `since` which they hold, `None` for always, and the `slots` with them.

    Corrected incidents have present values whenever they were logged; `slots` has the shape (slots,).
    """

    since: float | None
    slots: NDArray[np.bool_]

    @property
    def date(self) -> str | None:
        """Return the day in ISO 8601."""
        return None if self.since is None else f"{_EPOCH + timedelta(days=self.since):%Y-%m-%d}"


def scheme_of(index: IncidentIndex, name: str) -> Scheme:
    """Return the present scheme of a field.

    A scheme with fewer than two learnable values does not count: a single value appears after an outage or a new
    default.
    """
    column, days = index.labels(name), index.days()
    codes, everything = column.codes(), np.ones(index.slots, dtype=bool)
    labelled = np.flatnonzero(codes >= 0)
    begins = scheme_begins(days[labelled], codes[labelled], index.vectors()[labelled])
    if begins is None:
        return Scheme(None, everything)
    today = index.counting(name, begins)
    values, _ = column.common(LEAST_EXAMPLES, among=today)
    return Scheme(begins, today) if len(values) > 1 else Scheme(None, everything)


@dataclass(frozen=True, slots=True)
class Successor:
    """What a value of an earlier scheme is called today, for a `share` of the `incidents` that had it."""

    value: str
    incidents: int
    today: str
    share: float


def successors(index: IncidentIndex, name: str, scheme: Scheme) -> list[Successor]:
    """Return for each value of an earlier scheme the value that most of its incidents would have today.

    An incident would have the value of the nearest incident in the present scheme. Most frequent values come first.
    """
    column = index.labels(name)
    codes, vectors = column.codes(), index.vectors()
    old, new = np.flatnonzero((codes >= 0) & ~scheme.slots), np.flatnonzero((codes >= 0) & scheme.slots)
    said = defaultdict[str, Counter[str]](Counter)
    for start in range(0, len(old), _SETTINGS.block):
        rows = old[start : start + _SETTINGS.block]
        nearest = new[(vectors[rows] @ vectors[new].T).argmax(axis=1)]
        for before, after in zip(codes[rows], codes[nearest], strict=True):
            said[column.values[before]][column.values[after]] += 1
    found = [
        Successor(value, counts.total(), today, count / counts.total())
        for value, counts in said.items()
        for today, count in counts.most_common(1)
    ]
    return sorted(found, key=lambda successor: -successor.incidents)


def scheme_begins(days: NDArray[np.float64], codes: NDArray[np.int32], vectors: Vectors) -> float | None:
    """Return the day from which on examples have present values; `None` where all do.

    `days` are those of logging, NaN where unknown, and `codes` the values, both of shape (examples,); `vectors` has the
    shape (examples, dimension).

    After a field gets a new scheme, older examples label the same texts differently. So the newest thousand vote on
    every example that resembles them as much as half of them resemble each other. If their votes are right for less
    than half as many examples before some day as since, the older ones belong to another scheme. The day is where the
    two parts differ most (the split of greatest variance between them), at least a thousand examples ago.
    """
    order = np.argsort(np.nan_to_num(days, nan=-np.inf), kind="stable")
    if len(order) < _SETTINGS.newest + _SETTINGS.least_older or np.isnan(days[order[-_SETTINGS.newest]]):
        return None
    right, closest = _judged(codes[order], vectors[order])
    alike = np.flatnonzero(closest >= np.median(closest[-_SETTINGS.newest :]))
    begins = _greatest_split(alike, right[alike], len(order))
    if begins is None:
        return None
    since = order[begins:]
    first = float(days[since[0]])
    return None if np.isnan(first) else scheme_begins(days[since], codes[since], vectors[since]) or first


def _judged(codes: NDArray[np.int32], vectors: Vectors) -> tuple[NDArray[np.bool_], Vectors]:
    """Return whether the newest examples vote right on each example, and its highest cosine with them."""
    newest, labels = vectors[-_SETTINGS.newest :], int(codes.max()) + 1
    right, closest = np.zeros(len(codes), dtype=bool), np.zeros(len(codes), dtype=np.float32)
    for start in range(0, len(codes), _SETTINGS.block):
        rows = np.arange(start, min(start + _SETTINGS.block, len(codes)))
        cosines = vectors[rows] @ newest.T
        itself = np.flatnonzero(rows >= len(codes) - _SETTINGS.newest)
        cosines[itself, rows[itself] - (len(codes) - _SETTINGS.newest)] = -1.0  # no example votes on itself
        near = top_k(cosines, NEIGHBOURS)
        similarities = np.take_along_axis(cosines, near, axis=1)
        right[rows] = vote_shares(similarities, codes[-_SETTINGS.newest :][near], labels).argmax(axis=1) == codes[rows]
        closest[rows] = similarities[:, 0]
    return right, closest


def _greatest_split(places: NDArray[np.int64], right: NDArray[np.bool_], examples: int) -> int | None:
    """Return the place of the first example of the present scheme, `None` where there is one scheme only."""
    before = np.arange(1, len(places))
    possible = (before >= _SETTINGS.least_older) & (places[1:] <= examples - _SETTINGS.newest)
    if not possible.any():
        return None
    since, sums = len(places) - before, np.cumsum(right)[:-1]
    older, newer = sums / before, (right.sum() - sums) / since
    split = int(np.argmax(np.where(possible, (newer - older) ** 2 * before * since, -1.0)))
    return int(places[split + 1]) if older[split] < _SETTINGS.left * newer[split] else None
