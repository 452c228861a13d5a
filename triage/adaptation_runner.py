"""AdaptationRunner: lets what a model knows follow the index, so that what was written counts in the next answer."""

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

_ARRIVALS = 25
_EFFORT_OF_NEW = 4


class AdaptationRunner:
    """Takes a model through the incidents that arrive after its training. Whoever calls it holds the memory's lock."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._known_background: tuple[int, Background] | None = None
        self._known_newcomers: dict[str, tuple[object, EmergingLabels]] = {}
        self.experience: OnlineAdaptation | None = None
        """What the model of the last call has learnt from arrivals, `None` before the first one."""

    def level(self, model: TriageModel | None, most: int | None = None) -> bool:
        """Take in what has been written, and whether the model has learnt from all of it, by so much effort at most."""
        self._memory.refresh()
        return model is None or self._go_through_arrivals(model, most)

    def prepare(self, model: TriageModel) -> None:
        """Fit what tells new values, so that the next answer need not."""
        for name in model.fields:
            self._newcomers_of(model, name)

    def learn_waiting(self, model: TriageModel, most: int | None) -> int:
        """Let a model learn from the oldest incidents that wait, so many at most; returns how many there were."""
        experience = self._experience_of(model)
        taken, experience.waiting = experience.waiting[:most], experience.waiting[most:] if most else []
        slots = [slot for slot in taken if self._memory.incidents.incident(slot) is not None]
        if slots:
            features, codes = self._lesson(model, slots)
            experience.learn(views_of(features), codes)
        return len(taken)

    def with_arrivals(
        self, found: dict[str, Distribution], vectors: Vectors, features: Features, model: TriageModel
    ) -> dict[str, Distribution]:
        """What a model says of tickets, with what has arrived since its training."""
        index, experience = self._memory.incidents, self._experience_of(model)
        return {
            name: with_emerging_labels(
                experience.apply(name, entry, index.labels(name), views_of(features)),
                vectors,
                self._newcomers_of(model, name),
            )
            for name, entry in found.items()
        }

    def _experience_of(self, model: TriageModel) -> OnlineAdaptation:
        """What a model has learnt from arrivals; for another model than before it starts anew."""
        index = self._memory.incidents
        if self.experience is None or self.experience.state != (model.version, index.relabellings):
            self.experience = OnlineAdaptation(
                (model.version, index.relabellings),
                tuple(model.fields),
                (self._memory.store.encoder.dimension, model.features.topics),
            )
            self.experience.position = max(len(index.arrivals) - WINDOW, 0)
        return self.experience

    def _go_through_arrivals(self, model: TriageModel, most: int | None) -> bool:
        """Let a model's experience go through what has arrived, by so much effort at most; whether that was all.

        Those that were learnt in training wait until one that was not has arrived: before, they would change nothing.
        """
        index, experience, effort = self._memory.incidents, self._experience_of(model), 0
        while experience.position < len(index.arrivals) and (most is None or effort < most):
            left = None if most is None else most - effort
            count = _ARRIVALS if left is None else min(_ARRIVALS, max(left // _EFFORT_OF_NEW, 1))
            arrived = index.arrivals[experience.position : experience.position + count]
            there = {slot: incident for slot in arrived if (incident := index.incident(slot)) is not None}
            new = [
                slot
                for slot, incident in there.items()
                if slot not in experience.judged and not model.has_learnt(incident.number, index.added(slot))
            ]
            if new and experience.waiting:
                effort += self.learn_waiting(model, left)
                continue
            experience.position += len(arrived)
            if new or experience.judged:
                self._take_in(experience, model, list(there), new)
                effort += _EFFORT_OF_NEW * len(there)
            else:
                experience.waiting = (experience.waiting + list(there))[-WINDOW:]
        return experience.position == len(index.arrivals)

    def _take_in(self, experience: OnlineAdaptation, model: TriageModel, slots: list[int], new: list[int]) -> None:
        """Let a model learn from incidents in the index, after it was asked for those of them that are `new` to it."""
        if not slots:
            return
        index = self._memory.incidents
        features, codes = self._lesson(model, slots)
        if new:
            rows = np.flatnonzero(np.isin(slots, new))
            voters = voters_on(index, features.meaning[rows], model, besides=np.array(slots)[rows])
            found = base_predictions(index, features[rows], voters, model)
            columns = {name: index.labels(name) for name in model.fields}
            experience.judge(
                found, columns, views_of(features[rows]), {name: column[rows] for name, column in codes.items()}
            )
            experience.judged.update(new)
        experience.learn(views_of(features), codes)

    def _lesson(self, model: TriageModel, slots: Sequence[int]) -> tuple[Features, dict[str, NDArray[np.int32]]]:
        """Features of incidents that stand in the index, and the codes of their values in every field."""
        index = self._memory.incidents
        incidents = [incident for slot in slots if (incident := index.incident(slot)) is not None]
        features = features_of(model, incidents, index.vectors()[slots])
        return features, {name: index.labels(name).codes()[slots] for name in model.fields}

    def _newcomers_of(self, model: TriageModel, name: str) -> EmergingLabels:
        """Values of a field that came up after training."""
        index, experience = self._memory.incidents, self._experience_of(model)
        state = (*experience.state, experience.position, len(index.arrivals))
        known = self._known_newcomers.get(name)
        if known is None or known[0] != state:
            column, counting = index.labels(name), index.counting(name, model.fields[name].since)
            classifier = model.fields[name].classifier
            told = {*classifier.values, *experience.covered(name, column)}
            before = known[1] if known else EmergingLabels()
            found = EmergingLabels.among(
                column,
                told,
                index.vectors(),
                self._background,
                before,
                counting=counting,
                certainty=classifier.judgement.certainty,
            )
            known = self._known_newcomers[name] = (state, found)
        return known[1]

    def _background(self) -> Background:
        """Moments of all incidents, gathered anew when they have become a twentieth more."""
        slots = self._memory.incidents.slots
        if self._known_background is None or slots > 1.05 * self._known_background[0]:
            self._known_background = slots, Background.of(self._memory.incidents.vectors())
        return self._known_background[1]
