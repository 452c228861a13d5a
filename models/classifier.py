"""Classifier of one field: base estimators and votes of neighbours, stacked and calibrated."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from models.artefacts import Artefact, save_array
from models.base_estimators import ESTIMATORS, LabelEstimator, fit_estimator, load_estimator
from models.calibration import CALIBRATION, ConfidenceMap
from models.features import Features
from models.held_out_predictions import HeldOutPredictions
from models.stacking import Probabilities, Scores, Stacking
from models.votes import Shares

# folds of the cross-validation: more take longer, fewer leave less to learn from; five is usual
FOLDS = 5
# fewest examples of a value that is learnt: with two, holding one out leaves one to learn from
LEAST_EXAMPLES = 3
# share of votes that a value without votes is given, so that it has a logarithm
_VOTE_FLOOR = 0.01
# fewest texts of each length for separate calibrations: a map fitted to fewer overfits; chosen by hand
_LEAST_TERSE = 200
_NO_FOLD = -1

# Names of a classifier's parts in a model's files; models trained by earlier versions use them too.
_STACKING, _MAPS, _HELD_OUT, _LONG, _TERSE = "stack", "maps", "judgement", "ample", "terse"

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Starting a process takes about as long as fitting to this many examples in this one.
_PARALLEL_FROM = 500


@dataclass(frozen=True, slots=True)
class Examples:
    """Training examples of a field: features, the votes of each one's neighbours without itself, and label codes.

    `shares` has the shape (votes, examples, values), the rest (examples,). Examples of one group, such as
    near-duplicates, are held out together. Those that are not `held_out` are in every training part and in no test
    part. `shortened` ones are copies cut to a few words.
    """

    features: Features
    shares: Shares
    codes: Codes
    groups: NDArray[np.int64]
    held_out: Mask
    shortened: Mask


@dataclass(frozen=True, slots=True)
class LengthCalibrator:
    """Calibration for texts of one length, and the calibrated held-out predictions behind it."""

    confidence_map: ConfidenceMap
    held_out: HeldOutPredictions


@dataclass(frozen=True)
class LabelClassifier:
    """Stacked and calibrated estimators that predict a distribution over the values of one field.

    `held_out` are the predictions for whole examples that were held out. Long and terse texts need different
    calibration, so each length has its own calibrator.
    """

    values: tuple[str, ...]
    estimators: Mapping[str, LabelEstimator]
    stacking: Stacking
    held_out: HeldOutPredictions
    long: LengthCalibrator
    terse: LengthCalibrator

    @classmethod
    def fit(cls, examples: Examples, values: Sequence[str], *, jobs: int = 2) -> LabelClassifier:
        """Fit to examples, with `jobs` estimators at a time where there are enough for that to be faster.

        The estimators are fitted five times, each time without a fifth of the examples; stacking is fitted to their
        scores on that fifth. Finally they are fitted to all examples. Stacking and confidences are cross-validated the
        same way.
        """
        features, codes, count = examples.features, examples.codes, len(values)
        fold = _folds(examples)
        parts = [np.flatnonzero(fold != number) for number in range(FOLDS)] + [np.arange(len(codes))]
        fitted = Parallel(n_jobs=jobs if len(codes) >= _PARALLEL_FROM else 1)(
            delayed(fit_estimator)(name, features[part], codes[part], count) for name in ESTIMATORS for part in parts
        )
        by_estimator = {name: fitted[i * len(parts) : (i + 1) * len(parts)] for i, name in enumerate(ESTIMATORS)}
        unseen = np.concatenate([np.zeros((len(ESTIMATORS), len(codes), count)), _vote_scores(examples.shares)])
        for number in range(FOLDS):
            rows = np.flatnonzero(fold == number)
            for i, fits in enumerate(by_estimator.values()):
                unseen[i, rows] = fits[number].scores(features[rows])
        rows = np.flatnonzero(fold != _NO_FOLD)
        whole = ~examples.shortened[rows]
        predicted = _cross_validated(unseen[:, rows], codes[rows], fold[rows], whole)
        long, terse, held_out = _calibrators(predicted, codes[rows], whole, features.terse[rows])
        stacking = Stacking.fit(unseen[:, rows[whole]], codes[rows[whole]])
        estimators = {name: fits[-1] for name, fits in by_estimator.items()}
        return cls(tuple(values), estimators, stacking, held_out, long, terse)

    def probabilities(self, features: Features, shares: Shares) -> Probabilities:
        """Return the distribution over `values`, shape (texts, values), given vote shares (votes, texts, values)."""
        scores = np.stack(
            [*(estimator.scores(features) for estimator in self.estimators.values()), *_vote_scores(shares)]
        )
        return _calibrated(
            self.stacking.probabilities(scores), features.terse, self.long.confidence_map, self.terse.confidence_map
        )

    def calibrator(self, *, terse: bool) -> LengthCalibrator:
        """Return the calibrator for terse texts, or for long ones."""
        return self.terse if terse else self.long

    def save(self, folder: Path, prefix: str) -> list[str]:
        """Write the fitted state under names that begin with `prefix`; returns them."""
        parts: dict[str, Mapping[str, NDArray[Any]]] = {
            _STACKING: {"weights": self.stacking.weights, "bias": self.stacking.bias},
            _MAPS: {_LONG: _map_array(self.long), _TERSE: _map_array(self.terse)},
            _HELD_OUT: self.held_out.arrays(),
            _LONG: self.long.held_out.arrays(),
            _TERSE: self.terse.held_out.arrays(),
            **{name: estimator.arrays() for name, estimator in self.estimators.items()},
        }
        arrays = {f"{part}.{name}": array for part, entries in parts.items() for name, array in entries.items()}
        for name, array in arrays.items():
            save_array(folder / f"{prefix}.{name}.npy", array)
        (folder / f"{prefix}.values.json").write_text(json.dumps(self.values), encoding="utf-8")
        return [f"{prefix}.values.json", *(f"{prefix}.{name}.npy" for name in arrays)]

    @classmethod
    def load(cls, artefact: Artefact, prefix: str) -> LabelClassifier:
        """Read what `save` wrote from a verified artefact."""

        def part(name: str) -> Callable[[str], NDArray[Any]]:
            return lambda array: artefact.array(f"{prefix}.{name}.{array}.npy")

        maps = part(_MAPS)
        return cls(
            tuple(artefact.json(f"{prefix}.values.json")),
            {name: load_estimator(name, part(name)) for name in ESTIMATORS},
            Stacking(part(_STACKING)("weights"), part(_STACKING)("bias")),
            HeldOutPredictions.load(part(_HELD_OUT)),
            LengthCalibrator(ConfidenceMap(*maps(_LONG).tolist()), HeldOutPredictions.load(part(_LONG))),
            LengthCalibrator(ConfidenceMap(*maps(_TERSE).tolist()), HeldOutPredictions.load(part(_TERSE))),
        )


def _map_array(calibrator: LengthCalibrator) -> NDArray[np.float64]:
    return np.array(astuple(calibrator.confidence_map))


def _vote_scores(shares: Shares) -> Scores:
    return np.log(shares.astype(np.float64) + _VOTE_FLOOR)


def _folds(examples: Examples) -> Codes:
    """Return the fold of every example, each value spread evenly over the folds; -1 for what is not held out."""
    codes = examples.codes
    if np.bincount(codes).max() < FOLDS:  # then no value can stand in every fold
        codes = np.zeros_like(codes)
    splits = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    fold = np.full(len(codes), _NO_FOLD)
    with warnings.catch_warnings():  # a value of three or four examples is missing in some folds
        warnings.simplefilter("ignore", UserWarning)
        for number, (_, rows) in enumerate(splits.split(codes, codes, examples.groups)):
            fold[rows] = number
    return np.where(examples.held_out, fold, _NO_FOLD)


def _cross_validated(unseen: Scores, codes: Codes, fold: Codes, whole: Mask) -> Probabilities:
    """Return the distributions for each fold by stacking that was fitted to the whole examples of the others."""
    probabilities = np.zeros(unseen.shape[1:])
    for number in range(FOLDS):
        rows, others = np.flatnonzero(fold == number), np.flatnonzero((fold != number) & whole)
        probabilities[rows] = Stacking.fit(unseen[:, others], codes[others]).probabilities(unseen[:, rows])
    return probabilities


def _calibrators(
    probabilities: Probabilities, codes: Codes, whole: Mask, terse: Mask
) -> tuple[LengthCalibrator, LengthCalibrator, HeldOutPredictions]:
    """Return the calibrators for long and for terse texts, and the calibrated predictions for all whole examples.

    Without enough texts of each length, one calibrator serves both.
    """

    def fitted(rows: Mask, least: int) -> ConfidenceMap:
        return ConfidenceMap.fit(HeldOutPredictions.of(probabilities[rows], codes[rows]).top_guesses, least=least)

    if min(terse.sum(), (~terse).sum()) < _LEAST_TERSE:
        only = fitted(whole, CALIBRATION.least_to_map)
        calibrator = LengthCalibrator(only, HeldOutPredictions.of(only.apply(probabilities[whole]), codes[whole]))
        return calibrator, calibrator, calibrator.held_out
    maps = fitted(~terse, CALIBRATION.least_to_map), fitted(terse, _LEAST_TERSE)
    calibrated = _calibrated(probabilities, terse, *maps)
    long, short = (
        LengthCalibrator(found, HeldOutPredictions.of(calibrated[rows], codes[rows]))
        for found, rows in zip(maps, (~terse, terse), strict=True)
    )
    return long, short, HeldOutPredictions.of(calibrated[whole], codes[whole])


def _calibrated(probabilities: Probabilities, terse: Mask, long: ConfidenceMap, short: ConfidenceMap) -> Probabilities:
    return np.asarray(np.where(terse[:, None], short.apply(probabilities), long.apply(probabilities)))
