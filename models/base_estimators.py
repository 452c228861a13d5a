"""Base estimators: models of one field that each read a text in a different way; `stacking` combines them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC

from models.features import Features
from models.topics import only, places_of

Codes: TypeAlias = NDArray[np.int64]
Scores: TypeAlias = NDArray[np.float64]
Arrays: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class AdapterSettings:
    """Hyperparameters of the adapters."""

    # networks that are averaged: a single one depends on its random start, six were no better; experiment 004
    adapters: int = 4
    # hidden units: half as many were worse, twice as many no better; experiment 004
    hidden: int = 256
    # learning rate of Adam; a lower one was worse; experiment 004
    step: float = 3e-3
    # smallest batch: gradients of fewer examples are mostly noise; chosen by hand
    smallest_batch: int = 32
    # largest batch: a larger one makes too few steps an epoch; chosen by hand
    biggest_batch: int = 256
    # steps an epoch for a small history; the two limits above come first
    batches: int = 8
    # examples in all epochs together: a small history is seen more often than a large one
    examples_to_see: int = 200_000
    # epochs at least, however long the history is
    fewest_epochs: int = 8
    # epochs at most: twelve at this learning rate do what sixty at a lower one did; experiment 003
    most_epochs: int = 12
    # probability below which a label's score does not fall, so that one estimator cannot rule it out
    lowest: float = 1e-6


_ADAPTER = AdapterSettings()


@dataclass(frozen=True, slots=True)
class LinearSettings:
    """Hyperparameters of the linear estimators."""

    # cost (C) of the SVMs: 1 gained 0.3 points on groups and lost 0.5 on sub_category1; experiment 002
    svm_cost: float = 0.3
    # C of the logistic regression: vectors of length one need a weak penalty; chosen by hand
    logit_cost: float = 10.0
    # iterations at most: more change only the last digits, which changes no answer
    iterations: int = 300


_LINEAR = LinearSettings()


class LabelEstimator(Protocol):
    """A fitted model that scores every label of a field, its state a few arrays."""

    def scores(self, features: Features) -> Scores:
        """Return the score of every label, shape (texts, labels)."""
        ...

    def arrays(self) -> Arrays:
        """Return the fitted state, by the names of the constructor's parameters."""
        ...


@dataclass(frozen=True, slots=True)
class LinearEstimator:
    """Linear scores of every label from one view of the text; `view` names a part of `Features`.

    `weights` has the shape (features, labels), `intercept` (labels,).
    """

    view: str
    weights: NDArray[np.float32]
    intercept: NDArray[np.float32]

    @classmethod
    def fit(cls, view: str, features: Features, codes: Codes, labels: int) -> LinearEstimator:
        """Fit to examples with the label codes 0 to labels - 1; a label without examples gets the lowest score."""
        matrix = getattr(features, view)
        if view == "meaning":
            model = LogisticRegression(C=_LINEAR.logit_cost, max_iter=_LINEAR.iterations)
        else:
            model = LinearSVC(C=_LINEAR.svm_cost, random_state=0)
        with warnings.catch_warnings():  # the last digits that more iterations would bring change no answer
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(matrix, codes)
        weights, intercept = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            weights, intercept = np.vstack([-weights, weights]), np.concatenate([-intercept, intercept])
        full_weights = np.zeros((matrix.shape[1], labels), dtype=np.float32)
        full_intercept = np.full(labels, intercept.min() - 1.0, dtype=np.float32)
        full_weights[:, model.classes_] = weights.T
        full_intercept[model.classes_] = intercept
        return cls(view, full_weights, full_intercept)

    def scores(self, features: Features) -> Scores:
        """Return the score of every label, shape (texts, labels)."""
        return np.asarray(getattr(features, self.view) @ self.weights + self.intercept, dtype=np.float64)

    def arrays(self) -> Arrays:
        """Return the fitted state."""
        return {"weights": self.weights, "intercept": self.intercept}


@dataclass(frozen=True, slots=True)
class AdapterEstimator:
    """Small networks on the frozen encoder: one hidden layer over vector and topics, then the labels.

    Four of them start from different weights, and the mean of their probabilities counts, because the accuracy of one
    depends on its start. They do not read the tuned part of a vector: the encoder was tuned on the labels of the same
    examples, so they would learn from nothing else. `adapter` has the shape (adapters, frozen + topics, hidden),
    `shift` (adapters, hidden), `weights` (adapters, hidden, labels), `intercept` (adapters, labels); the hidden layer
    is rectified.
    """

    adapter: NDArray[np.float32]
    shift: NDArray[np.float32]
    weights: NDArray[np.float32]
    intercept: NDArray[np.float32]

    @classmethod
    def fit(cls, features: Features, codes: Codes, labels: int) -> AdapterEstimator:
        """Fit to examples with the label codes 0 to labels - 1 by Adam; few examples are seen more often."""
        batch = min(max(len(codes) // _ADAPTER.batches, _ADAPTER.smallest_batch), _ADAPTER.biggest_batch, len(codes))
        epochs = min(max(_ADAPTER.examples_to_see // len(codes), _ADAPTER.fewest_epochs), _ADAPTER.most_epochs)
        present = np.unique(codes)
        inputs = _inputs(features)
        estimator = cls(
            np.zeros((_ADAPTER.adapters, inputs.shape[1], _ADAPTER.hidden), dtype=np.float32),
            np.zeros((_ADAPTER.adapters, _ADAPTER.hidden), dtype=np.float32),
            np.zeros((_ADAPTER.adapters, _ADAPTER.hidden, labels), dtype=np.float32),
            np.full((_ADAPTER.adapters, labels), np.log(_ADAPTER.lowest), dtype=np.float32),
        )
        for number in range(_ADAPTER.adapters):
            model = MLPClassifier(
                (_ADAPTER.hidden,), batch_size=batch, learning_rate_init=_ADAPTER.step, random_state=number
            )
            for _ in range(epochs):
                model.partial_fit(inputs, codes, classes=present)
            (estimator.adapter[number], weights), (estimator.shift[number], intercept) = model.coefs_, model.intercepts_
            if len(present) == 2:
                weights, intercept = np.hstack([-weights, weights]) / 2, np.concatenate([-intercept, intercept]) / 2
            estimator.weights[number][:, present] = weights
            estimator.intercept[number][present] = intercept
        return estimator

    def scores(self, features: Features) -> Scores:
        """Return the logarithm of each label's probability, at least log 1e-6, shape (texts, labels)."""
        inputs = _inputs(features)
        total = np.zeros((len(inputs), self.intercept.shape[1]))
        for adapter, shift, weights, intercept in zip(
            self.adapter, self.shift, self.weights, self.intercept, strict=True
        ):
            adapted = np.maximum(inputs @ adapter + shift, 0.0)
            total += softmax((adapted @ weights + intercept).astype(np.float64), axis=1)
        return np.asarray(np.log(total / len(self.adapter) + _ADAPTER.lowest))

    def arrays(self) -> Arrays:
        """Return the fitted state."""
        return {
            "adapter": self.adapter,
            "shift": self.shift,
            "weights": self.weights,
            "intercept": self.intercept,
        }


@dataclass(frozen=True, slots=True)
class HabitEstimator:
    """Naive Bayes on the circumstances of a ticket: what its caller has called about before.

    The score says how much more often each label occurred with what is known of the ticket than without it; somebody
    who never called before changes nothing. A label's share of the examples with a circumstance is drawn towards its
    share of all, as if one more example were spread like all examples (m-estimate, Cestnik 1990). `columns` are the
    circumstances seen in training, `weights` the logarithms of the one share over the other, shape (columns, labels).
    """

    columns: NDArray[np.int64]
    weights: NDArray[np.float32]

    @classmethod
    def fit(cls, features: Features, codes: Codes, labels: int) -> HabitEstimator:
        """Fit to examples with the label codes 0 to labels - 1; a label without examples counts as half of one."""
        met = features.circumstances.tocoo()
        columns, place = np.unique(met.col, return_inverse=True)
        counts = np.zeros((len(columns), labels))
        np.add.at(counts, (place, codes[met.row]), 1.0)
        shares = np.maximum(np.bincount(codes, minlength=labels), 0.5) / len(codes)
        habits = (counts + shares) / (counts.sum(axis=1, keepdims=True) + 1.0)
        return cls(columns, np.log(habits / shares).astype(np.float32))

    def scores(self, features: Features) -> Scores:
        """Return the score of every label, shape (texts, labels)."""
        known = features.circumstances
        met = only(known, places_of(self.columns, known.shape[1]), len(self.columns))
        met.data[:] = 1.0
        return np.asarray(met @ self.weights, dtype=np.float64)

    def arrays(self) -> Arrays:
        """Return the fitted state."""
        return {"columns": self.columns, "weights": self.weights}


def _inputs(features: Features) -> NDArray[np.float32]:
    return np.hstack([features.meaning[:, -features.frozen :], features.topics])


ESTIMATORS = ("words", "characters", "meaning", "adapted", "habits")


def fit_estimator(name: str, features: Features, codes: Codes, labels: int) -> LabelEstimator:
    """Fit the estimator of this name to examples with the label codes 0 to labels - 1."""
    if name == "adapted":
        return AdapterEstimator.fit(features, codes, labels)
    if name == "habits":
        return HabitEstimator.fit(features, codes, labels)
    return LinearEstimator.fit(name, features, codes, labels)


def load_estimator(name: str, array: Callable[[str], NDArray[Any]]) -> LabelEstimator:
    """Return the estimator of this name; `array` returns each part of its fitted state by name."""
    if name == "adapted":
        return AdapterEstimator(**{entry.name: array(entry.name) for entry in fields(AdapterEstimator)})
    if name == "habits":
        return HabitEstimator(**{entry.name: array(entry.name) for entry in fields(HabitEstimator)})
    return LinearEstimator(name, array("weights"), array("intercept"))
