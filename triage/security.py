"""Security: whether a ticket reports a security incident, of which kind, and which words say so.

A logistic regression over the concepts behind words of four languages, and the vector of the shipped encoder for what
is told without such a word. The encoder reads English best: by its vectors alone far fewer incidents of other languages
are found than by words. Recall comes first: the agent sees what to do and what to leave alone, and decides.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from kb.practice.security import SecurityProcedure
from kb.records.security import SecurityKind
from kb.vocabulary.security import concepts, security_words
from models.encoder import OnnxEncoder, Vectors
from models.errors import UnavailableError

NONE = "none"
# The probability from which a ticket is flagged. On 1,200 real tickets of three desks it flags one in thirteen, fewer
# than words alone did; recall comes first, and a flag costs the agent a glance.
FLAGGED_FROM = 0.2
_MOST_WORDS = 5
# How long a vector is beside a concept that is there: 2 to 4 are alike in cross-validation over the examples.
_VECTOR_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class SecuritySign:
    """A prediction for one ticket: the likeliest kind, the probability that it is an incident at all, and the words."""

    kind: SecurityKind
    probability: float
    words: tuple[str, ...]

    @property
    def is_flagged(self) -> bool:
        """Return whether people should treat it as a security incident until they know better."""
        return self.probability >= FLAGGED_FROM


@dataclass(frozen=True, slots=True)
class SecurityAdvice:
    """The prediction for a ticket that may be a security incident, and what to do about it.

    `indicators` are links, addresses and digests in its texts, defanged.
    """

    sign: SecuritySign
    is_labelled: bool
    group: str | None
    procedure: SecurityProcedure
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecurityModel:
    """The fitted weights: shape (classes, concepts and numbers of a vector), and one bias a class."""

    classes: tuple[str, ...]
    concepts: tuple[str, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]


class SecurityModelError(UnavailableError):
    """The shipped weights do not match the shipped words: install triage again."""


def security_sign(text: str, vector: Vectors) -> SecuritySign:
    """Return the prediction for a text and its vector by the shipped encoder."""
    model, found = shipped_model(), security_words(text)
    has = security_features(found, vector)
    shares = softmax(model.weights @ has + model.bias)
    none = model.classes.index(NONE)
    kinds = np.where(np.arange(len(shares)) == none, -1.0, shares)
    best = int(np.argmax(kinds))
    gains = ((model.weights[best] - model.weights[none]) * has)[: len(model.concepts)]
    telling = [model.concepts[at] for at in np.argsort(-gains) if gains[at] > 0][:_MOST_WORDS]
    words = tuple(dict.fromkeys(found[name] for name in telling))
    return SecuritySign(SecurityKind(model.classes[best]), float(1 - shares[none]), words)


def security_features(found: Collection[str], vector: Vectors) -> NDArray[np.float64]:
    """Return what the model reads of a text: the concepts found in it and its vector, shape (concepts and numbers,)."""
    has = [float(name in found) for name in concepts()]
    return np.concatenate([has, _VECTOR_WEIGHT * vector])


@cache
def shipped_encoder() -> OnnxEncoder:
    """Return the encoder that the weights belong to, whichever one serves the desk."""
    return OnnxEncoder()


@cache
def shipped_model() -> SecurityModel:
    """Return the weights that are shipped; raises SecurityModelError where they do not match the words."""
    kept = json.loads((files("triage") / "security_weights.json").read_text(encoding="utf-8"))
    model = SecurityModel(
        tuple(kept["classes"]), tuple(kept["concepts"]), np.array(kept["weights"]), np.array(kept["bias"])
    )
    if model.concepts != tuple(concepts()):
        raise SecurityModelError("security_weights.json: does not match security.toml; install triage again")
    return model
