"""Spellings: values of one field that differ only in letter case or spaces."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spellings:
    """One value in several spellings, each with how often it stands, the most frequent first."""

    counts: tuple[tuple[str, int], ...]

    @property
    def usual(self) -> str:
        """The most frequent spelling."""
        return self.counts[0][0]

    def __str__(self) -> str:
        (usual, most), *others = self.counts
        listed = ", ".join(f'"{value}" ({count:,})' for value, count in others)
        return f'"{usual}" ({most:,}) is also written {listed}'


def spellings_of(values: Mapping[str, int]) -> list[Spellings]:
    """Return the values, with their counts, that stand in several spellings; the most frequent first."""
    groups = defaultdict[str, Counter[str]](Counter)
    for value, count in values.items():
        groups[" ".join(value.casefold().split())][value] += count
    several = [Spellings(tuple(group.most_common())) for group in groups.values() if len(group) > 1]
    return sorted(several, key=lambda found: -sum(count for _, count in found.counts))
