"""Adoption: what another encoder would change, judged by what neither it nor the one that serves has learnt from."""

from __future__ import annotations

from collections.abc import Iterator

from training.comparison import Comparison
from training.learn import Learnt
from training.weights import LearntWeights
from triage.model import TriageModel

LINKED_ARTICLE = "linked article"


def compare(before: Learnt, after: Learnt) -> tuple[Comparison, ...]:
    """How what was learnt with two encoders, from the same incidents and judged by the same, did on each field."""
    return *_by_field(before.model, after.model), *_by_link(before.weights, after.weights)


def _by_field(before: TriageModel | None, after: TriageModel | None) -> Iterator[Comparison]:
    if before is None or after is None:
        return
    for name, field in before.fields.items():
        told = (model.classifier.judgement.held_out.right for model in (field, after.fields[name]))
        yield Comparison.of(name, *told)


def _by_link(before: LearntWeights | None, after: LearntWeights | None) -> Iterator[Comparison]:
    """How often the linked article was found first, where there were links enough to say."""
    if before is not None and after is not None:
        yield Comparison.of(LINKED_ARTICLE, before.ranks < 1, after.ranks < 1)
