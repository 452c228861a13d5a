"""Learning from a data folder: the classifiers of its fields and the weights of its search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.retrieval.memory import Memory
from kb.retrieval.weights import WeightRegistry
from training.fit import NotEnoughHistoryError, fit_fields
from training.history import Report, Seen
from training.weights import LearntWeights, learn_weights
from triage.model import ModelRegistry, TriageModel


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt: `model` is `None` where no field could be, with the reason; `weights` where links are few.

    `held_out` and `groups` are those of `FittedModel`. `as_filed` counts those of the `incidents` whose texts at the
    time of logging are known.
    """

    model: TriageModel | None
    held_out: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, int]
    weights: LearntWeights | None
    as_filed: int
    incidents: int
    reason: str = ""

    def serve(self, models: ModelRegistry, weights: WeightRegistry) -> None:
        """Serve with what was learnt."""
        if self.model is not None:
            models.put(self.model)
        if self.weights is not None:
            weights.put(self.weights.weights)


def learn(
    memory: Memory,
    models: ModelRegistry,
    weights: WeightRegistry,
    *,
    fields: Sequence[str] | None = None,
    precision: float = 0.95,
    report: Report = lambda *_: None,
) -> Learnt:
    """Fit classifiers and search weights and let them serve.

    Raises NotEnoughHistoryError where neither can be learnt, or a named field cannot.
    """
    found = fit_all(memory, fields=fields, precision=precision, report=report)
    found.serve(models, weights)
    return found


def fit_all(
    memory: Memory,
    *,
    fields: Sequence[str] | None = None,
    precision: float = 0.95,
    seen: Seen | None = None,
    report: Report = lambda *_: None,
) -> Learnt:
    """Fit classifiers and search weights without serving with them. `seen` as for `fit_fields`.

    Raises NotEnoughHistoryError where neither can be learnt, or a named field cannot.
    """
    found = learn_weights(memory, seen=seen)
    fitted, reason = None, ""
    try:
        fitted = fit_fields(memory, fields=fields, precision=precision, seen=seen, report=report)
    except NotEnoughHistoryError as error:
        if found is None or fields:
            raise
        reason = str(error)
    index = memory.incidents
    history = [incident for slot in range(index.slots) if (incident := index.incident(slot)) is not None]
    return Learnt(
        model=fitted.model if fitted else None,
        held_out=fitted.held_out if fitted else {},
        groups=fitted.groups if fitted else {},
        weights=found,
        as_filed=sum(incident.is_as_filed for incident in history),
        incidents=len(history),
        reason=reason,
    )
