"""Online adaptation: fields of a model learn from each incident that arrives after its training."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kb.retrieval.label_columns import LabelColumn
from models.calibration import ConfidenceMap, HeldOutGuesses, threshold_for
from models.classifier import LengthCalibrator
from models.encoder import Vectors
from models.features import Features
from models.few_shot import LEAST_SHOTS
from models.held_out_predictions import HeldOutPredictions
from models.recency_models import RecencyModels
from models.stacking import Probabilities, Scores, Stacking
from triage.distributions import Distribution

Codes = NDArray[np.int32]
Views = tuple[Vectors, ...]


@dataclass(frozen=True, slots=True)
class AdaptationSettings:
    """Parameters of online adaptation of the models of experiment 005; chosen by hand, none tuned."""

    # newest arrivals that stacking is fitted to: more of them follow a change more slowly
    most_evaluated: int = 600
    # arrivals before anything is concluded from them
    least_evaluated: int = 50
    # arrivals before confidences are mapped: a map fitted to fewer overfits
    least_to_map: int = 200
    # automatic guesses before their errors count against the threshold
    least_automatic: int = 10
    # arrivals between fits: refitting at each would cost more than it can change
    refit_after: int = 25
    # steps of L-BFGS from the last fit: it starts near the optimum
    refit_steps: int = 30
    # most values of a field: scoring more would take longer than an answer may
    most_values: int = 300
    # probability below which no value counts, so that one surprise does not decide whether the blend is better
    chance_floor: float = 1e-4
    # standard errors by which the blend must be better than the classifier alone
    evidence: float = 2.0


_SETTINGS = AdaptationSettings()


def views_of(features: Features) -> Views:
    """Return the views of texts that the recency models read: their vectors and their topics."""
    return features.meaning, features.topics


@dataclass(frozen=True)
class _EvaluatedPrediction:
    """The scores for an incident before its values were learnt, shape (estimators, values), and its true code.

    `blended` is the distribution with the recency models, `None` before stacking was first fitted.
    """

    scores: Scores
    code: int
    blended: Probabilities | None

    @property
    def alone(self) -> float:
        """Return the probability that the trained classifier gave to the true value."""
        return float(np.exp(self.scores[0, self.code]))

    @cached_property
    def guessed(self) -> tuple[float, bool]:
        """Return the probability of the trained classifier's first guess, and whether it was right."""
        guess = int(self.scores[0].argmax())
        return float(np.exp(self.scores[0, guess])), guess == self.code


class FieldAdaptation:
    """Adaptation of one field: whether recency models beat the classifier on arrivals, and how to blend them then."""

    def __init__(self) -> None:
        self._evaluated: deque[_EvaluatedPrediction] = deque(maxlen=_SETTINGS.most_evaluated)
        self._stacking: Stacking | None = None
        self._since_fit = 0
        self.calibrator: LengthCalibrator | None = None
        """What confidences mean today, `None` until the blend has proven better than the classifier alone."""

    def evaluate(self, scores: Scores, codes: Codes) -> None:
        """Compare scores of shape (estimators, incidents, values) with the true codes, shape (incidents,)."""
        blended = None if self._stacking is None else self._stacking.probabilities(scores)
        for row, code in enumerate(codes):
            if code >= 0:
                distribution = None if blended is None else blended[row]
                self._evaluated.append(_EvaluatedPrediction(scores[:, row], int(code), distribution))
                self._since_fit += 1
        if self._since_fit >= _SETTINGS.refit_after and len(self._evaluated) >= _SETTINGS.least_evaluated:
            self._fit(scores.shape[2])

    def blend(self, scores: Scores) -> Probabilities | None:
        """Return the distribution by all estimators, `None` where the classifier alone is as good."""
        if self.calibrator is None or self._stacking is None:
            return None
        stacking = _widened_stacking(self._stacking, scores.shape[2])
        return self.calibrator.confidence_map.apply(stacking.probabilities(scores))

    def covered(self) -> set[int]:
        """Return the codes of the values that the blend has enough examples of, none where it is not used."""
        if self.calibrator is None:
            return set()
        counts = Counter(entry.code for entry in self._evaluated)
        return {code for code, count in counts.items() if count >= LEAST_SHOTS}

    def widen(self, values: int) -> None:
        """Make room for values that came up since the last fit."""
        if self._stacking is not None:
            self._stacking = _widened_stacking(self._stacking, values)

    def automatic_from(self, threshold: float | None, precision: float) -> float | None:
        """Return the confidence from which a value may be automatic, given the threshold of training.

        Where the blend answers, its predictions for arrivals decide, with half the errors that are allowed, because
        what has changed may change further. Where the classifier answers, its threshold holds until arrivals show that
        too many of its automatic guesses are wrong; then arrivals decide here too.
        """
        if self.calibrator is not None:
            return threshold_for(
                self.calibrator.held_out.top_guesses, (1 + precision) / 2, least=_SETTINGS.least_evaluated
            )
        if threshold is None or len(self._evaluated) < _SETTINGS.least_evaluated:
            return threshold
        guesses = [entry.guessed for entry in self._evaluated]
        chances = np.array([chance for chance, _ in guesses], dtype=np.float32)
        right = np.array([is_right for _, is_right in guesses], dtype=bool)
        automatic = right[chances >= threshold]
        error = np.sqrt(precision * (1 - precision) / max(len(automatic), 1))
        if len(automatic) < _SETTINGS.least_automatic or automatic.mean() >= precision - error:
            return threshold
        return threshold_for(HeldOutGuesses(chances, right), precision, least=_SETTINGS.least_evaluated)

    def _fit(self, values: int) -> None:
        scores = np.stack([_widened(entry.scores, values) for entry in self._evaluated], axis=1)
        codes = np.array([entry.code for entry in self._evaluated], dtype=np.int64)
        self._stacking = Stacking.fit(
            scores, codes, start=self._stacking, steps=_SETTINGS.refit_steps if self._stacking else None
        )
        self._since_fit = 0
        self.calibrator = self._proven(values)

    def _proven(self, values: int) -> LengthCalibrator | None:
        """Return the calibrator of the blend; `None` unless it gave true values a significantly higher probability."""
        pairs = [(entry, entry.blended) for entry in self._evaluated if entry.blended is not None]
        if len(pairs) < _SETTINGS.least_evaluated:
            return None
        gains = np.array(
            [
                np.log(max(blended[entry.code], _SETTINGS.chance_floor))
                - np.log(max(entry.alone, _SETTINGS.chance_floor))
                for entry, blended in pairs
            ]
        )
        if gains.sum() <= _SETTINGS.evidence * gains.std() * np.sqrt(len(gains)):
            return None
        probabilities = np.stack([np.append(blended, np.zeros(values - len(blended))) for _, blended in pairs])
        codes = np.array([entry.code for entry, _ in pairs], dtype=np.int64)
        found = ConfidenceMap.fit(HeldOutPredictions.of(probabilities, codes).top_guesses, least=_SETTINGS.least_to_map)
        return LengthCalibrator(found, HeldOutPredictions.of(found.apply(probabilities), codes))


class OnlineAdaptation:
    """Adaptation of all fields to what arrived since one model was trained."""

    def __init__(self, state: tuple[str, int, int], fields: tuple[str, ...], sizes: Sequence[int]) -> None:
        """`sizes` are those of the views of an example, as `views_of` returns them."""
        self.state = state
        """The model's version, and how often values had been renamed and decisions withdrawn when this was created."""
        self.position = 0
        """Position in the index up to which arrivals have been processed."""
        self.evaluated: set[int] = set()
        """Slots of the incidents that were predicted before their values were learnt."""
        self.waiting: list[int] = []
        """Slots of incidents known from training that have not been learnt here yet, oldest first."""
        self._recent = RecencyModels(sizes, fields)
        self._fields = {name: FieldAdaptation() for name in fields}

    @property
    def fields(self) -> set[str]:
        """Return the fields that are adapted."""
        return set(self._fields)

    def evaluate(
        self,
        found: Mapping[str, Distribution],
        columns: Mapping[str, LabelColumn],
        views: Views,
        codes: Mapping[str, Codes],
    ) -> None:
        """Compare the predictions of classifiers and recency models for incidents with the codes of their values."""
        for name, field in self._fields.items():
            column = columns[name]
            if len(column.values) <= _SETTINGS.most_values:
                field.widen(len(column.values))
                field.evaluate(self._scores(name, found[name], column, views), codes[name])

    def learn(self, views: Views, codes: Mapping[str, Codes]) -> None:
        """Learn from incidents whose values are known, oldest first."""
        self._recent.learn(views, codes)

    def apply(self, name: str, found: Distribution, column: LabelColumn, views: Views) -> Distribution:
        """Return the distribution of a field, blended with what arrived since training where that is better."""
        if self._fields[name].calibrator is None:
            return found
        blended = self._fields[name].blend(self._scores(name, found, column, views))
        return found if blended is None else Distribution(tuple(column.values), blended)

    def covered(self, name: str, column: LabelColumn) -> set[str]:
        """Return the values of a field that its blend has learnt."""
        return {column.values[code] for code in self._fields[name].covered()}

    def automatic_from(self, name: str, threshold: float | None, precision: float) -> float | None:
        """Return the confidence from which a field may be automatic, given the threshold of training."""
        return self._fields[name].automatic_from(threshold, precision)

    def calibrators(self) -> dict[str, LengthCalibrator]:
        """Return the calibration of the fields that use what arrived since training."""
        return {name: field.calibrator for name, field in self._fields.items() if field.calibrator is not None}

    def _scores(self, name: str, found: Distribution, column: LabelColumn, views: Views) -> Scores:
        place = {value: code for code, value in enumerate(column.values)}
        alone = np.full((len(views[0]), len(column.values)), _SETTINGS.chance_floor)
        known = [position for position, value in enumerate(found.values) if value in place]
        codes = [place[found.values[position]] for position in known]
        alone[:, codes] = np.maximum(found.probabilities[:, known], _SETTINGS.chance_floor)
        recent = self._recent.scores(views, name, len(column.values))
        return np.concatenate([np.log(alone)[None], recent])


def _widened(scores: Scores, values: int) -> Scores:
    """Return scores for so many values; new ones score as low as the lowest."""
    lacking = values - scores.shape[-1]
    if lacking == 0:
        return scores
    lowest = scores.min(axis=-1, keepdims=True)
    return np.concatenate([scores, np.repeat(lowest, lacking, axis=-1)], axis=-1)


def _widened_stacking(stacking: Stacking, values: int) -> Stacking:
    """Return stacking for so many values; a new one gets the mean weights and bias of the others."""
    lacking = values - len(stacking.bias)
    if lacking == 0:
        return stacking
    weights = np.repeat(stacking.weights.mean(axis=1, keepdims=True), lacking, axis=1)
    bias = np.full(lacking, stacking.bias.mean())
    return Stacking(np.hstack([stacking.weights, weights]), np.append(stacking.bias, bias))
