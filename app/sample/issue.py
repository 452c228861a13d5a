"""Issues of the sample desk: where they belong, how callers put them, and which are taken for each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Issue:
    """One kind of incident: its labels, how often it comes, how callers put it and how it is resolved.

    `last_day` is the day of the year of history after which it no longer comes.
    """

    id: str
    category: str
    subcategory: str
    assignment_group: str
    service: str
    configuration_item: str
    impact: int
    urgency: int
    weight: int
    say: Sequence[str]
    more: Sequence[str]
    notes: Sequence[str]
    article: str | None = None
    last_day: int | None = None


@dataclass(frozen=True, slots=True)
class SharedWording:
    """What callers say about several issues, with how often it is which."""

    say: Sequence[str]
    issues: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An issue of which a share is closed with the labels of another one."""

    issue: str
    closed_as: str
    share: float


@dataclass(frozen=True, slots=True)
class Issues:
    """All issues by id, and what makes them hard to tell apart."""

    by_id: Mapping[str, Issue]
    shared: Sequence[SharedWording]
    contradictions: Mapping[str, Contradiction]

    @classmethod
    def read(cls) -> Issues:
        """Return what issues.yaml and shared_wordings.yaml say."""
        alike = read_yaml("shared_wordings")
        contradictions = [Contradiction(**entry) for entry in alike["contradictions"]]
        return cls(
            {issue.id: issue for issue in (Issue(**entry) for entry in read_yaml("issues"))},
            [SharedWording(**entry) for entry in alike["wordings"]],
            {entry.issue: entry for entry in contradictions},
        )

    def taken_for(self, issue: Issue) -> list[Issue]:
        """Return the other issues that share a wording with this one."""
        ids = {key: None for wording in self.shared if issue.id in wording.issues for key in wording.issues}
        return [self.by_id[key] for key in ids if key != issue.id]


def read_yaml(name: str) -> Any:
    """Return the content of one of the sample desk's YAML files."""
    return yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
