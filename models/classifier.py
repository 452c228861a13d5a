"""Classifier of one field: experts and neighbours, stacked and calibrated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from models.artefacts import Artefact
from models.calibration import ConfidenceMap, HeldOut
from models.experts import VIEWS, LinearExpert
from models.features import Features
from models.prediction_sets import SetRule
from models.stacking import Probabilities, Scores, Stack
from models.votes import Shares

FOLDS = 5
LEAST_EXAMPLES = 3
_VOTE_FLOOR = 0.01

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class LabelClassifier:
    """Distribution over the values of one field.

    `held_out` is what it achieved on examples it had not learnt from, the stack included; `held_out_codes` its
    guesses, `held_out_truth` the true codes and `held_out_chances` the probabilities it gave to those.
    """

    values: tuple[str, ...]
    experts: tuple[LinearExpert, ...]
    stack: Stack
    confidence_map: ConfidenceMap
    held_out: HeldOut
    held_out_codes: NDArray[np.int32]
    held_out_truth: NDArray[np.int32]
    held_out_chances: NDArray[np.float32]

    @classmethod
    def fit(
        cls, features: Features, shares: Shares, codes: Codes, values: Sequence[str], *, jobs: int = 2
    ) -> LabelClassifier:
        """Fit to examples: `shares` are the votes of each one's neighbours without itself, shape (examples, values).

        Experts are fitted five times without a fifth of the examples each, and the stack to what they say about
        that fifth; at last they are fitted to all of them.
        """
        count = len(values)
        fold = _folds(codes)
        parts = [np.flatnonzero(fold != number) for number in range(FOLDS)] + [np.arange(len(codes))]
        fitted = Parallel(n_jobs=jobs)(
            delayed(LinearExpert.fit)(view, features[part], codes[part], count) for view in VIEWS for part in parts
        )
        experts = [fitted[i * len(parts) : (i + 1) * len(parts)] for i in range(len(VIEWS))]
        unseen = np.zeros((len(VIEWS) + 1, len(codes), count))
        for number in range(FOLDS):
            rows = np.flatnonzero(fold == number)
            for i, fits in enumerate(experts):
                unseen[i, rows] = fits[number].scores(features[rows])
        unseen[-1] = _vote_scores(shares)
        final = tuple(fits[-1] for fits in experts)
        stack = Stack.fit(unseen, codes)
        confidence_map, probabilities = _check(unseen, codes, fold)
        guesses = probabilities.argmax(axis=1)
        return cls(
            tuple(values),
            final,
            stack,
            confidence_map,
            HeldOut(probabilities.max(axis=1).astype(np.float32), guesses == codes),
            guesses.astype(np.int32),
            codes.astype(np.int32),
            probabilities[np.arange(len(codes)), codes].astype(np.float32),
        )

    def probabilities(self, features: Features, shares: Shares) -> Probabilities:
        """Distribution over `values`, shape (texts, values)."""
        scores = np.stack([*(expert.scores(features) for expert in self.experts), _vote_scores(shares)])
        return self.confidence_map.apply(self.stack.probabilities(scores))

    def set_rule(self) -> SetRule:
        """Which values belong to a prediction set, by the held-out examples."""
        return SetRule.fit(self.held_out_chances, self.held_out_truth, len(self.values))

    def save(self, folder: Path, prefix: str) -> list[str]:
        """Write the fitted state under names that begin with `prefix`; returns them."""
        arrays: dict[str, NDArray[Any]] = {
            "stack.weights": self.stack.weights,
            "stack.bias": self.stack.bias,
            "confidence_map": np.array(astuple(self.confidence_map)),
            "held_out.confidences": self.held_out.confidences,
            "held_out.right": self.held_out.right,
            "held_out.codes": self.held_out_codes,
            "held_out.truth": self.held_out_truth,
            "held_out.chances": self.held_out_chances,
        }
        for expert in self.experts:
            arrays[f"{expert.view}.weights"] = expert.weights
            arrays[f"{expert.view}.intercept"] = expert.intercept
        for name, array in arrays.items():
            np.save(folder / f"{prefix}.{name}.npy", array)
        (folder / f"{prefix}.values.json").write_text(json.dumps(self.values), encoding="utf-8")
        return [f"{prefix}.values.json", *(f"{prefix}.{name}.npy" for name in arrays)]

    @classmethod
    def load(cls, artefact: Artefact, prefix: str) -> LabelClassifier:
        """Read what `save` wrote from a verified artefact."""

        def array(name: str) -> NDArray[Any]:
            return artefact.array(f"{prefix}.{name}.npy")

        experts = tuple(LinearExpert(view, array(f"{view}.weights"), array(f"{view}.intercept")) for view in VIEWS)
        return cls(
            tuple(artefact.json(f"{prefix}.values.json")),
            experts,
            Stack(array("stack.weights"), array("stack.bias")),
            ConfidenceMap(*array("confidence_map").tolist()),
            HeldOut(array("held_out.confidences"), array("held_out.right")),
            array("held_out.codes"),
            array("held_out.truth"),
            array("held_out.chances"),
        )


def _vote_scores(shares: Shares) -> Scores:
    return np.log(shares.astype(np.float64) + _VOTE_FLOOR)


def _folds(codes: Codes) -> Codes:
    """Fold of every example, each value spread over all folds as evenly as it goes."""
    random = np.random.default_rng(0)
    fold = np.zeros(len(codes), dtype=np.int64)
    for code in np.unique(codes):
        rows = random.permutation(np.flatnonzero(codes == code))
        fold[rows] = (np.arange(len(rows)) + random.integers(FOLDS)) % FOLDS
    return fold


def _check(unseen: Scores, codes: Codes, fold: Codes) -> tuple[ConfidenceMap, Probabilities]:
    """What stacks fitted without a fold say about it, and what their confidences turned out to mean."""
    probabilities = np.zeros(unseen.shape[1:])
    for number in range(FOLDS):
        rows, others = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        probabilities[rows] = Stack.fit(unseen[:, others], codes[others]).probabilities(unseen[:, rows])
    right = probabilities.argmax(axis=1) == codes
    confidence_map = ConfidenceMap.fit(HeldOut(probabilities.max(axis=1).astype(np.float32), right))
    return confidence_map, confidence_map.apply(probabilities)
