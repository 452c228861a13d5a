"""Decision: automatic, suggested or unsure, from the probabilities of one field's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.records.decision import Decision
from triage.suggestion import Candidate, FieldSuggestion

# values shown at most: as many as can be read at a glance
ALTERNATIVES = 5
# difference in probability under which two values are called about equally likely; chosen by hand
_EQUALLY = 0.1
# the last digit of a confidence that is shown
_STEP = 1e-4

NOTHING_SAID = "the ticket says nothing to go by"
NOTHING_KNOWN = "it is unlike anything known"

Ranked = Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class ConfidenceLimits:
    """The thresholds of a field: `automatic` is `None` where no held-out confidence had the precision asked for."""

    automatic: float | None
    unsure_below: float


def decide(
    ranked: Ranked, chosen: str | None, limits: ConfidenceLimits, *, belonging: float = 1.0, known: bool = True
) -> FieldSuggestion:
    """Decide what to show, given ranked values and the chosen one, which agrees with the other fields.

    `belonging` is the share of each confidence that remains after novelty. `known` is false for a ticket unlike
    anything in the history: then no value is shown first.
    """
    candidates = [Candidate(value, round(chance, 4)) for value, chance in ranked]
    first = next((entry for entry in candidates if entry.value == chosen), None)
    if first is None or first.confidence < limits.unsure_below or not known:
        is_doubted = first is not None and first.confidence >= belonging * limits.unsure_below
        reason = NOTHING_KNOWN if is_doubted or not known else _why_unsure(candidates, first)
        shown = held_below(candidates[:ALTERNATIVES], limits.unsure_below)
        return FieldSuggestion(
            None, shown[0].confidence, Decision.UNSURE, shown, reason=reason, automatic_from=limits.automatic
        )
    automatic = limits.automatic is not None and first.confidence >= limits.automatic and first is candidates[0]
    others = tuple(entry for entry in candidates if entry is not first)[: ALTERNATIVES - 1]
    decision = Decision.AUTOMATIC if automatic else Decision.SUGGESTED
    return FieldSuggestion(first.value, first.confidence, decision, others, automatic_from=limits.automatic)


def held_below(candidates: Sequence[Candidate], bar: float) -> tuple[Candidate, ...]:
    """Return the candidates of an unsure field, scaled so that none reaches the confidence to be shown first."""
    best = max((entry.confidence for entry in candidates), default=0.0)
    if best < bar:
        return tuple(candidates)
    kept = max(bar - _STEP, 0.0) / max(best, _STEP)
    return tuple(replace(entry, confidence=round(entry.confidence * kept, 4)) for entry in candidates)


def _why_unsure(candidates: Sequence[Candidate], first: Candidate | None) -> str:
    if first is None:
        return "no value fits what the other fields say"
    if len(candidates) > 1 and candidates[0].confidence - candidates[1].confidence < _EQUALLY:
        return f"{candidates[0].value} and {candidates[1].value} are about equally likely"
    return "no value is likely enough"
