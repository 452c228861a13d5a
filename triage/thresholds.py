"""Thresholds: from which confidence on a value is automatic, and which values belong to a prediction set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from models.calibration import calibrated_threshold
from models.novelty import NoveltyCurve
from models.prediction_sets import SetRule
from triage.distributions import Distribution
from triage.model import TriageModel
from triage.online_adaptation import OnlineAdaptation


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds from held-out confidences, for texts of one length."""

    version: str
    automatic: Mapping[str, float | None]
    sets: Mapping[str, SetRule]
    novelty: NoveltyCurve

    @classmethod
    def of(cls, model: TriageModel | None, precision: float, *, terse: bool) -> Thresholds:
        """Return the thresholds of a model for a precision; without a model nothing is automatic."""
        if model is None:
            return cls("", {}, {}, NoveltyCurve())
        classifiers = {name: entry.classifier for name, entry in model.fields.items()}
        held_out = {name: found.calibrator(terse=terse).held_out for name, found in classifiers.items()}
        automatic = {name: calibrated_threshold(found.top_guesses, precision) for name, found in held_out.items()}
        automatic |= _derived(automatic)
        sets = {
            name: found.set_rule(len(classifiers[name].values), beyond=model.fields[name].beyond)
            for name, found in held_out.items()
        }
        return cls(model.version, automatic, sets, model.novelty)

    def adapted(self, adaptation: OnlineAdaptation, precision: float) -> Thresholds:
        """Return the thresholds, adapted to what arrived since training in the fields that use it."""
        automatic = {
            name: adaptation.automatic_from(name, threshold, precision) if name in adaptation.fields else threshold
            for name, threshold in self.automatic.items()
        }
        automatic |= _derived(automatic)
        sets = {
            name: calibrator.held_out.set_rule(int(calibrator.held_out.truth.max()) + 1, beyond=0.0)
            for name, calibrator in adaptation.calibrators().items()
        }
        return replace(self, automatic=automatic, sets={**self.sets, **sets})

    def prediction_set(self, name: str, found: Distribution, row: int) -> tuple[str, ...]:
        """Return the prediction set of one ticket, the most probable value first; empty without held-out examples."""
        if name not in self.sets:
            return ()
        chances = found.probabilities[row]
        members = np.flatnonzero(self.sets[name].members(chances) & (chances > 0))
        return tuple(found.values[i] for i in members[np.argsort(-chances[members], kind="stable")])


def _derived(automatic: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return the threshold of a derived priority: no lower than that of impact and urgency."""
    if not {"impact", "urgency"} <= automatic.keys():
        return {}
    one, other = automatic["impact"], automatic["urgency"]
    return {"priority": None if one is None or other is None else max(one, other)}
