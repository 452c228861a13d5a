"""Security training: fits the detector to made-up texts; `python -m training.security` writes its weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from kb.vocabulary.security import concepts, security_words
from models.durable_files import write_atomically
from triage.security import SecurityModel, security_features, shipped_encoder

WEIGHTS = Path(__file__).parent.parent / "triage" / "security_weights.json"
# C of the logistic regression: 1 left tickets without any such word near the threshold, 10 lost recall
_COST = 3.0
_DIGITS = 4


def examples(text: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of a file of examples, each with its kind."""
    for kind, languages in yaml.safe_load(text).items():
        for texts in languages.values():
            for said in texts:
                yield said, kind


def security_table(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return what the model reads of texts, shape (texts, concepts and numbers of a vector)."""
    vectors = shipped_encoder().encode(texts)
    return np.array(
        [security_features(security_words(text), vector) for text, vector in zip(texts, vectors, strict=True)]
    )


def fit_security() -> SecurityModel:
    """Return the weights learnt from the shipped examples."""
    found = list(examples((files("training") / "security_examples.yaml").read_text(encoding="utf-8")))
    fitted = LogisticRegression(C=_COST, max_iter=5000)
    fitted.fit(security_table([text for text, _ in found]), [kind for _, kind in found])
    weights, bias = np.round(fitted.coef_, _DIGITS), np.round(fitted.intercept_, _DIGITS)
    return SecurityModel(tuple(map(str, fitted.classes_)), tuple(concepts()), weights, bias)


def write_weights() -> None:
    """Write the weights to the file that is shipped."""
    model = fit_security()
    kept = {
        "classes": model.classes,
        "concepts": model.concepts,
        "weights": model.weights.tolist(),
        "bias": model.bias.tolist(),
    }
    write_atomically(WEIGHTS, json.dumps(kept).encode())


if __name__ == "__main__":
    write_weights()
