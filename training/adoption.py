"""Adoption: whether another encoder is better than the one that serves, on what neither has learnt from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.search import Memory
from training.fit import fit_model
from training.history import Report
from training.weights import LearntWeights, learn_weights
from triage.model import TriageModel

LINKED_ARTICLE = "linked article"
_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class Difference:
    """Share of held-out examples that each of two encoders got right in one thing: a field, or the linked article."""

    name: str
    examples: int
    serving: float
    tuned: float

    @property
    def is_loss(self) -> bool:
        """Whether the tuned one is worse by more than chance: two standard errors."""
        error = math.sqrt(max(self.serving * (1 - self.serving), 1e-4) / max(self.examples, 1))
        return self.serving - self.tuned > _ERRORS * error


def is_better(differences: Sequence[Difference]) -> bool:
    """Whether the other encoder gets more right overall, by more than one standard error, and loses nowhere."""
    gain = sum(entry.examples * (entry.tuned - entry.serving) for entry in differences)
    variance = sum(entry.examples * entry.serving * (1 - entry.serving) for entry in differences)
    return gain > math.sqrt(variance) and not any(entry.is_loss for entry in differences)


def compare(
    serving: Memory, tuned: Memory, fields: Sequence[str], *, report: Report = lambda *_: None
) -> list[Difference]:
    """Learn with both encoders in the same way, and judge both by the texts that the tuned one was not tuned on."""
    return [*_by_field(serving, tuned, fields, report), *_by_link(serving, tuned)]


def _by_field(serving: Memory, tuned: Memory, fields: Sequence[str], report: Report) -> Iterator[Difference]:
    if not fields:
        return
    seen = tuned.store.encoder.has_seen
    before = fit_model(serving, fields=fields, seen=seen, report=report)
    after = fit_model(tuned, fields=fields, seen=seen, report=report)
    yield from field_differences(before, after)


def _by_link(serving: Memory, tuned: Memory) -> Iterator[Difference]:
    seen = tuned.store.encoder.has_seen
    yield from link_difference(learn_weights(serving, seen=seen), learn_weights(tuned, seen=seen))


def field_differences(before: TriageModel, after: TriageModel) -> Iterator[Difference]:
    """How two models of the same fields did on what each had held out."""
    for name, figures in before.metrics.items():
        yield Difference(name, figures["examples"], figures["accuracy"], after.metrics[name]["accuracy"])


def link_difference(before: LearntWeights | None, after: LearntWeights | None) -> Iterator[Difference]:
    """How often two encoders found the linked article first, where there were links enough to say."""
    if before is not None and after is not None:
        yield Difference(LINKED_ARTICLE, len(before.ranks), before.found_within(1), after.found_within(1))
