"""Adaptation runner: keeps a model in step with the incident index, so that new incidents count in the next answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kb.retrieval.memory import Memory
from models.encoder import Vectors
from models.features import Features
from models.few_shot import Background
from models.recency_models import WINDOW
from triage.base_predictions import base_predictions, features_of, voters_on
from triage.distributions import Distribution
from triage.emerging_labels import EmergingLabels, with_emerging_labels
from triage.model import TriageModel
from triage.online_adaptation import OnlineAdaptation, views_of

# incidents at a time: fewer repeat fixed costs, more hold the lock longer than an answer may wait
_ARRIVALS = 25
# effort of a new incident, which is predicted first, in units of one that is only learnt; chosen by hand
_EFFORT_OF_NEW = 4
# growth of the history before its moments are recomputed: they change slowly; chosen by hand
_GROWTH = 1.05


class AdaptationRunner:
    """Lets a model learn from the incidents that arrive after its training. The caller holds the memory's lock."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._background_cache: tuple[int, Background] | None = None
        self._emerging_cache: dict[str, tuple[object, EmergingLabels]] = {}
        self.adaptation: OnlineAdaptation | None = None
        """What the model of the last call has learnt from arrivals, `None` before the first call."""

    def catch_up(self, model: TriageModel | None, effort: int | None = None) -> bool:
        """Read what was written and learn from it; return whether nothing is left.

        `effort` limits the work: one unit for each incident that is learnt, four for one that is predicted first.
        """
        self._memory.refresh()
        return model is None or self._process_arrivals(model, effort)

    def fit_emerging_labels(self, model: TriageModel) -> None:
        """Fit the classifiers of new values, so that the next answer need not."""
        for name in model.fields:
            self._emerging_labels(model, name)

    def learn_waiting(self, model: TriageModel, limit: int | None) -> int:
        """Let a model learn from the oldest waiting incidents, at most `limit`; return how many there were."""
        adaptation = self._adaptation_of(model)
        taken, adaptation.waiting = adaptation.waiting[:limit], adaptation.waiting[limit:] if limit else []
        slots = [slot for slot in taken if self._memory.incidents.incident(slot) is not None]
        if slots:
            features, codes = self._examples(model, slots)
            adaptation.learn(views_of(features), codes)
        return len(taken)

    def with_arrivals(
        self, found: dict[str, Distribution], vectors: Vectors, features: Features, model: TriageModel
    ) -> dict[str, Distribution]:
        """Return the distributions of a model for tickets, adapted to what arrived since its training."""
        index, adaptation = self._memory.incidents, self._adaptation_of(model)
        return {
            name: with_emerging_labels(
                adaptation.apply(name, entry, index.labels(name), views_of(features)),
                vectors,
                self._emerging_labels(model, name),
            )
            for name, entry in found.items()
        }

    def _adaptation_of(self, model: TriageModel) -> OnlineAdaptation:
        """Return what was learnt from arrivals for a model, empty for another model or after a withdrawal."""
        index = self._memory.incidents
        state = (model.version, index.relabellings, self._memory.withdrawals)
        if self.adaptation is None or self.adaptation.state != state:
            self.adaptation = OnlineAdaptation(
                state,
                tuple(model.fields),
                (self._memory.store.encoder.dimension, model.features.topics),
            )
            self.adaptation.position = max(len(index.arrivals) - WINDOW, 0)
        return self.adaptation

    def _process_arrivals(self, model: TriageModel, limit: int | None) -> bool:
        """Learn from what arrived, with a limited effort; return whether nothing is left.

        Incidents that were learnt in training wait until one arrives that was not: until then they change nothing.
        """
        index, adaptation, effort = self._memory.incidents, self._adaptation_of(model), 0
        while adaptation.position < len(index.arrivals) and (limit is None or effort < limit):
            left = None if limit is None else limit - effort
            count = _ARRIVALS if left is None else min(_ARRIVALS, max(left // _EFFORT_OF_NEW, 1))
            arrived = index.arrivals[adaptation.position : adaptation.position + count]
            there = {slot: incident for slot in arrived if (incident := index.incident(slot)) is not None}
            new = [
                slot
                for slot, incident in there.items()
                if slot not in adaptation.evaluated and not model.has_learnt(incident.number, index.added(slot))
            ]
            if new and adaptation.waiting:
                effort += self.learn_waiting(model, left)
                continue
            adaptation.position += len(arrived)
            if new or adaptation.evaluated:
                self._learn(adaptation, model, list(there), new)
                effort += _EFFORT_OF_NEW * len(there)
            else:
                adaptation.waiting = (adaptation.waiting + list(there))[-WINDOW:]
        return adaptation.position == len(index.arrivals)

    def _learn(self, adaptation: OnlineAdaptation, model: TriageModel, slots: list[int], new: list[int]) -> None:
        """Predict the incidents that are `new` to a model, compare, then learn from all of them."""
        if not slots:
            return
        index = self._memory.incidents
        features, codes = self._examples(model, slots)
        if new:
            rows = np.flatnonzero(np.isin(slots, new))
            voters = voters_on(index, features.meaning[rows], model, besides=np.array(slots)[rows])
            found = base_predictions(index, features[rows], voters, model)
            columns = {name: index.labels(name) for name in model.fields}
            adaptation.evaluate(
                found, columns, views_of(features[rows]), {name: column[rows] for name, column in codes.items()}
            )
            adaptation.evaluated.update(new)
        adaptation.learn(views_of(features), codes)

    def _examples(self, model: TriageModel, slots: Sequence[int]) -> tuple[Features, dict[str, NDArray[np.int32]]]:
        """Return features of incidents in the index, and the codes of their values in every field."""
        index = self._memory.incidents
        incidents = [incident for slot in slots if (incident := index.incident(slot)) is not None]
        features = features_of(model, incidents, index.vectors()[slots])
        return features, {name: index.labels(name).codes()[slots] for name in model.fields}

    def _emerging_labels(self, model: TriageModel, name: str) -> EmergingLabels:
        """Return the values of a field that appeared after training."""
        index, adaptation = self._memory.incidents, self._adaptation_of(model)
        state = (*adaptation.state, adaptation.position, len(index.arrivals))
        known = self._emerging_cache.get(name)
        if known is None or known[0] != state:
            column, counting = index.labels(name), index.counting(name, model.fields[name].since)
            classifier = model.fields[name].classifier
            already_known = {*classifier.values, *adaptation.covered(name, column)}
            before = known[1] if known else EmergingLabels()
            found = EmergingLabels.among(
                column,
                already_known,
                index.vectors(),
                self._background,
                before,
                counting=counting,
                certainty=classifier.held_out.certainty,
            )
            known = self._emerging_cache[name] = (state, found)
        return known[1]

    def _background(self) -> Background:
        """Return the moments of all incidents, recomputed once there are 5 % more."""
        slots = self._memory.incidents.slots
        if self._background_cache is None or slots > _GROWTH * self._background_cache[0]:
            self._background_cache = slots, Background.of(self._memory.incidents.vectors())
        return self._background_cache[1]
