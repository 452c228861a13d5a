"""Experts: linear models, each of which looks at a text in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from models.features import Features

View: TypeAlias = Literal["words", "characters", "meaning"]
VIEWS: tuple[View, ...] = ("words", "characters", "meaning")

_SVM_COST = 0.3
_LOGIT_COST = 10.0
_ITERATIONS = 300


@dataclass(frozen=True, slots=True)
class LinearExpert:
    """Scores of every label from one view of the text: `weights` of shape (features, labels), `intercept` (labels,)."""

    view: View
    weights: NDArray[np.float32]
    intercept: NDArray[np.float32]

    @classmethod
    def fit(cls, view: View, features: Features, codes: NDArray[np.int64], labels: int) -> LinearExpert:
        """Fit to examples with the label codes 0 to labels - 1; a label without example gets the lowest score."""
        matrix = getattr(features, view)
        if view == "meaning":
            model = LogisticRegression(C=_LOGIT_COST, max_iter=_ITERATIONS)
        else:
            model = LinearSVC(C=_SVM_COST, random_state=0)
        model.fit(matrix, codes)
        weights, intercept = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            weights, intercept = np.vstack([-weights, weights]), np.concatenate([-intercept, intercept])
        full_weights = np.zeros((matrix.shape[1], labels), dtype=np.float32)
        full_intercept = np.full(labels, intercept.min() - 1.0, dtype=np.float32)
        full_weights[:, model.classes_] = weights.T
        full_intercept[model.classes_] = intercept
        return cls(view, full_weights, full_intercept)

    def scores(self, features: Features) -> NDArray[np.float64]:
        """Score of every label, shape (texts, labels)."""
        return np.asarray(getattr(features, self.view) @ self.weights + self.intercept, dtype=np.float64)
