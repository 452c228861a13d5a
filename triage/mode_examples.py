"""Mode examples: tickets on which a field would have been filled in, and whether that was right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kb.records.decision import Decision
from kb.service.prediction_log import PredictionLog
from triage.model import TriageModel

EXAMPLES = "newest_automatic"
"""Name of the figure of a model that lists the newest held-out tickets it was sure of."""

# answers that are looked at: those that the evidence counts too
_NEWEST = 1000


@dataclass(frozen=True, slots=True)
class ModeExample:
    """A ticket by its number, the value that would have been filled in, and the right one."""

    number: str
    filled: str
    right: str

    @property
    def is_right(self) -> bool:
        """Return whether the value was right."""
        return self.filled == self.right


def mode_examples(
    field: str, prediction_log: PredictionLog, model: TriageModel | None, *, is_live: bool, limit: int
) -> list[ModeExample]:
    """Return the newest examples of what would be filled in, wrong ones first; at most half of them are wrong.

    They are live answers on tickets that were resolved since or, unless `is_live`, tickets held out from training.
    """
    return chosen(_live(field, prediction_log) if is_live else _held_out(field, model), limit)


def without_examples(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the figures of a model by field without its examples: an incident may have been restricted since."""
    return {
        field: {name: one for name, one in figures.items() if name != EXAMPLES} for field, figures in metrics.items()
    }


def chosen(examples: Iterable[ModeExample], limit: int) -> list[ModeExample]:
    """Return the first examples, wrong ones first, at most half of them wrong."""
    found = list(examples)
    wrong = [example for example in found if not example.is_right][: -(-limit // 2)]
    right = [example for example in found if example.is_right]
    return [*wrong, *right[: limit - len(wrong)]]


def _live(field: str, prediction_log: PredictionLog) -> list[ModeExample]:
    return [
        ModeExample(outcome.entry.ticket, outcome.entry.value, outcome.truth)
        for outcome in prediction_log.outcomes(field, limit=_NEWEST)
        if outcome.entry.decision == Decision.AUTOMATIC and outcome.entry.value is not None
    ]


def _held_out(field: str, model: TriageModel | None) -> list[ModeExample]:
    metrics: Mapping[str, Any] = (model.metrics if model else {}).get(field, {})
    return [ModeExample(*entry) for entry in metrics.get(EXAMPLES, ())]
