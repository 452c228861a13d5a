"""Security: whether a ticket reports a security incident, of which kind, and which words say so.

A logistic regression over the concepts behind words of four languages. The shipped encoders read English: on the
training texts in four languages, their vectors did worse than letters, and letters worse than these words. Recall comes
first: the agent sees what to do and what to leave alone, and decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from kb.practice.security import SecurityProcedure
from kb.records.security import SecurityKind
from kb.vocabulary.security import concepts, security_words
from models.errors import UnavailableError

NONE = "none"
# The probability from which a ticket is flagged. On 2,000 real tickets of two desks it flags about one in eleven;
# recall comes first, and a flag costs the agent a glance.
FLAGGED_FROM = 0.25
_MOST_WORDS = 5


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
    """The fitted weights: shape (classes, concepts), and one bias a class."""

    classes: tuple[str, ...]
    concepts: tuple[str, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]


class SecurityModelError(UnavailableError):
    """The shipped weights do not match the shipped words: install triage again."""


def security_sign(text: str) -> SecuritySign:
    """Return the prediction for a text."""
    model, found = shipped_model(), security_words(text)
    has = np.array([name in found for name in model.concepts], dtype=np.float64)
    shares = softmax(model.weights @ has + model.bias)
    none = model.classes.index(NONE)
    kinds = np.where(np.arange(len(shares)) == none, -1.0, shares)
    best = int(np.argmax(kinds))
    gains = (model.weights[best] - model.weights[none]) * has
    telling = [model.concepts[at] for at in np.argsort(-gains) if gains[at] > 0][:_MOST_WORDS]
    words = tuple(dict.fromkeys(found[name] for name in telling))
    return SecuritySign(SecurityKind(model.classes[best]), float(1 - shares[none]), words)


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
