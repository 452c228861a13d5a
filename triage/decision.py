"""Decision: what to say of one field whose values have probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.records.decision import Decision
from triage.suggestion import Candidate, FieldSuggestion

# values shown at most: as many as can be read at a glance
ALTERNATIVES = 5
# difference in probability under which two values are called about equally likely; chosen by hand
_EQUALLY = 0.1

NOTHING_SAID = "the ticket says nothing to go by"
NOTHING_KNOWN = "it is unlike anything known"

Ranked = Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class ConfidenceLimits:
    """What a value must reach: `automatic` is `None` where no held-out confidence had the precision asked for."""

    automatic: float | None
    unsure_below: float


def decide(ranked: Ranked, chosen: str | None, limits: ConfidenceLimits, *, known: bool = True) -> FieldSuggestion:
    """What to say where the values are ranked and one of them, the chosen one, agrees with the other fields.

    `known` is false for a ticket unlike anything in the history: then no value is shown first.
    """
    candidates = [Candidate(value, round(chance, 4)) for value, chance in ranked]
    first = next((entry for entry in candidates if entry.value == chosen), None)
    if first is None or first.confidence < limits.unsure_below or not known:
        reason = NOTHING_KNOWN if not known else _why_unsure(candidates, first)
        return FieldSuggestion(
            None,
            candidates[0].confidence,
            Decision.UNSURE,
            tuple(candidates[:ALTERNATIVES]),
            reason=reason,
            automatic_from=limits.automatic,
        )
    automatic = limits.automatic is not None and first.confidence >= limits.automatic and first is candidates[0]
    others = tuple(entry for entry in candidates if entry is not first)[: ALTERNATIVES - 1]
    decision = Decision.AUTOMATIC if automatic else Decision.SUGGESTED
    return FieldSuggestion(first.value, first.confidence, decision, others, automatic_from=limits.automatic)


def _why_unsure(candidates: Sequence[Candidate], first: Candidate | None) -> str:
    if first is None:
        return "no value fits what the other fields say"
    if len(candidates) > 1 and candidates[0].confidence - candidates[1].confidence < _EQUALLY:
        return f"{candidates[0].value} and {candidates[1].value} are about equally likely"
    return "no value is likely enough"
