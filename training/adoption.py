"""Adoption: what another encoder would change, judged by what neither it nor the one that serves has learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kb.search import Memory
from training.comparison import Comparison
from training.fit import fit_model
from training.history import Report
from training.weights import LearntWeights, learn_weights
from triage.model import TriageModel

LINKED_ARTICLE = "linked article"


def compare(
    serving: Memory, tuned: Memory, fields: Sequence[str], *, report: Report = lambda *_: None
) -> list[Comparison]:
    """Learn with both encoders in the same way, and judge both by the texts that the tuned one was not tuned on."""
    return [*_by_field(serving, tuned, fields, report), *_by_link(serving, tuned)]


def _by_field(serving: Memory, tuned: Memory, fields: Sequence[str], report: Report) -> Iterator[Comparison]:
    if not fields:
        return
    seen = tuned.store.encoder.has_seen
    before = fit_model(serving, fields=fields, seen=seen, report=report)
    after = fit_model(tuned, fields=fields, seen=seen, report=report)
    yield from by_field(before, after)


def _by_link(serving: Memory, tuned: Memory) -> Iterator[Comparison]:
    seen = tuned.store.encoder.has_seen
    yield from by_link(learn_weights(serving, seen=seen), learn_weights(tuned, seen=seen))


def by_field(before: TriageModel, after: TriageModel) -> Iterator[Comparison]:
    """How two models of the same incidents and fields did on what each had held out."""
    for name, field in before.fields.items():
        told = (model.classifier.judgement.held_out.right for model in (field, after.fields[name]))
        yield Comparison.of(name, *told)


def by_link(before: LearntWeights | None, after: LearntWeights | None) -> Iterator[Comparison]:
    """How often two encoders found the linked article first, where there were links enough to say."""
    if before is not None and after is not None:
        yield Comparison.of(LINKED_ARTICLE, before.ranks < 1, after.ranks < 1)
