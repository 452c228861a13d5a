"""Classifier of one field: experts and votes of neighbours, stacked and calibrated."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from models.artefacts import Artefact, save_array
from models.base_estimators import ESTIMATORS, LabelEstimator, fit_estimator, load_estimator
from models.calibration import LEAST_TO_MAP, ConfidenceMap
from models.features import Features
from models.held_out_predictions import HeldOutPredictions
from models.stacking import Probabilities, Scores, Stacking
from models.votes import Shares

FOLDS = 5
LEAST_EXAMPLES = 3
_VOTE_FLOOR = 0.01
_LEAST_TERSE = 200
_NOT_JUDGED = -1

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Examples:
    """What a field is learnt from: features, votes of each one's neighbours without itself, and label codes.

    `shares` has the shape (votes, examples, values), the rest (examples,). Examples of one `unit` are copies of one
    text and are held out together; those that are not `judged` are learnt from every time and never held out; those
    that are `cut` are shortened copies.
    """

    features: Features
    shares: Shares
    codes: Codes
    units: NDArray[np.int64]
    judged: Mask
    cut: Mask


@dataclass(frozen=True, slots=True)
class LengthCalibrator:
    """What confidences mean for texts of one length, and the judgement that says so."""

    confidence_map: ConfidenceMap
    judgement: HeldOutPredictions


@dataclass(frozen=True)
class LabelClassifier:
    """Distribution over the values of one field.

    `judgement` is of whole examples it had not learnt from; a confidence means something else for `ample` texts than
    for `terse` ones.
    """

    values: tuple[str, ...]
    experts: Mapping[str, LabelEstimator]
    stack: Stacking
    judgement: HeldOutPredictions
    ample: LengthCalibrator
    terse: LengthCalibrator

    @classmethod
    def fit(cls, examples: Examples, values: Sequence[str], *, jobs: int = 2) -> LabelClassifier:
        """Fit to examples.

        Experts are fitted five times without a fifth of the examples each, and the stack to what they say about
        that fifth; at last they are fitted to all of them. Stacking and confidences are checked the same way.
        """
        features, codes, count = examples.features, examples.codes, len(values)
        fold = _folds(examples)
        parts = [np.flatnonzero(fold != number) for number in range(FOLDS)] + [np.arange(len(codes))]
        fitted = Parallel(n_jobs=jobs)(
            delayed(fit_estimator)(name, features[part], codes[part], count) for name in ESTIMATORS for part in parts
        )
        by_expert = {name: fitted[i * len(parts) : (i + 1) * len(parts)] for i, name in enumerate(ESTIMATORS)}
        unseen = np.concatenate([np.zeros((len(ESTIMATORS), len(codes), count)), _vote_scores(examples.shares)])
        for number in range(FOLDS):
            rows = np.flatnonzero(fold == number)
            for i, fits in enumerate(by_expert.values()):
                unseen[i, rows] = fits[number].scores(features[rows])
        judged = np.flatnonzero(fold != _NOT_JUDGED)
        whole = ~examples.cut[judged]
        checked = _checked(unseen[:, judged], codes[judged], fold[judged], whole)
        ample, terse, judgement = _bands(checked, codes[judged], whole, features.terse[judged])
        stack = Stacking.fit(unseen[:, judged[whole]], codes[judged[whole]])
        return cls(tuple(values), {name: fits[-1] for name, fits in by_expert.items()}, stack, judgement, ample, terse)

    def probabilities(self, features: Features, shares: Shares) -> Probabilities:
        """Distribution over `values`, shape (texts, values), with shares of the shape (votes, texts, values)."""
        scores = np.stack([*(expert.scores(features) for expert in self.experts.values()), *_vote_scores(shares)])
        return _calibrated(
            self.stack.probabilities(scores), features.terse, self.ample.confidence_map, self.terse.confidence_map
        )

    def band(self, *, terse: bool) -> LengthCalibrator:
        """The band of a text."""
        return self.terse if terse else self.ample

    def save(self, folder: Path, prefix: str) -> list[str]:
        """Write the fitted state under names that begin with `prefix`; returns them."""
        parts: dict[str, Mapping[str, NDArray[Any]]] = {
            "stack": {"weights": self.stack.weights, "bias": self.stack.bias},
            "maps": {"ample": _map_array(self.ample), "terse": _map_array(self.terse)},
            "judgement": self.judgement.arrays(),
            "ample": self.ample.judgement.arrays(),
            "terse": self.terse.judgement.arrays(),
            **{name: expert.arrays() for name, expert in self.experts.items()},
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

        maps = part("maps")
        return cls(
            tuple(artefact.json(f"{prefix}.values.json")),
            {name: load_estimator(name, part(name)) for name in ESTIMATORS},
            Stacking(part("stack")("weights"), part("stack")("bias")),
            HeldOutPredictions.load(part("judgement")),
            LengthCalibrator(ConfidenceMap(*maps("ample").tolist()), HeldOutPredictions.load(part("ample"))),
            LengthCalibrator(ConfidenceMap(*maps("terse").tolist()), HeldOutPredictions.load(part("terse"))),
        )


def _map_array(band: LengthCalibrator) -> NDArray[np.float64]:
    return np.array(astuple(band.confidence_map))


def _vote_scores(shares: Shares) -> Scores:
    return np.log(shares.astype(np.float64) + _VOTE_FLOOR)


def _folds(examples: Examples) -> Codes:
    """Fold of every example, each value spread over all folds as evenly as it goes; -1 for what is not judged."""
    random = np.random.default_rng(0)
    _, first, unit = np.unique(examples.units, return_index=True, return_inverse=True)
    codes = examples.codes[first]
    fold = np.zeros(len(first), dtype=np.int64)
    for code in np.unique(codes):
        rows = random.permutation(np.flatnonzero(codes == code))
        fold[rows] = (np.arange(len(rows)) + random.integers(FOLDS)) % FOLDS
    return np.where(examples.judged, fold[unit], _NOT_JUDGED)


def _checked(unseen: Scores, codes: Codes, fold: Codes, whole: Mask) -> Probabilities:
    """What stacks fitted to whole examples without a fold say about it."""
    probabilities = np.zeros(unseen.shape[1:])
    for number in range(FOLDS):
        rows, others = np.flatnonzero(fold == number), np.flatnonzero((fold != number) & whole)
        probabilities[rows] = Stacking.fit(unseen[:, others], codes[others]).probabilities(unseen[:, rows])
    return probabilities


def _bands(
    probabilities: Probabilities, codes: Codes, whole: Mask, terse: Mask
) -> tuple[LengthCalibrator, LengthCalibrator, HeldOutPredictions]:
    """The bands, and the judgement of all whole examples; without enough terse ones, one band serves all."""

    def fitted(rows: Mask, least: int) -> ConfidenceMap:
        return ConfidenceMap.fit(HeldOutPredictions.of(probabilities[rows], codes[rows]).held_out, least=least)

    if min(terse.sum(), (~terse).sum()) < _LEAST_TERSE:
        only = fitted(whole, LEAST_TO_MAP)
        band = LengthCalibrator(only, HeldOutPredictions.of(only.apply(probabilities[whole]), codes[whole]))
        return band, band, band.judgement
    maps = fitted(~terse, LEAST_TO_MAP), fitted(terse, _LEAST_TERSE)
    calibrated = _calibrated(probabilities, terse, *maps)
    ample, brief = (
        LengthCalibrator(found, HeldOutPredictions.of(calibrated[rows], codes[rows]))
        for found, rows in zip(maps, (~terse, terse), strict=True)
    )
    return ample, brief, HeldOutPredictions.of(calibrated[whole], codes[whole])


def _calibrated(probabilities: Probabilities, terse: Mask, ample: ConfidenceMap, brief: ConfidenceMap) -> Probabilities:
    return np.asarray(np.where(terse[:, None], brief.apply(probabilities), ample.apply(probabilities)))
