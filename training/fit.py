"""Fit the classifiers of all fields on the resolved incidents."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from kb.incidents import Incident
from kb.search import IncidentIndex, Memory, Neighbours
from models.calibration import expected_calibration_error, threshold_for
from models.classifier import LEAST_EXAMPLES, LabelClassifier
from models.familiarity import familiarity, unfamiliar_below
from models.features import Features, TextFeatures
from models.votes import NEIGHBOURS, vote_shares
from triage.assistant import DEFAULT_FIELDS
from triage.distributions import rare_shares
from triage.model import FieldModel, TriageModel

LEAST_HISTORY = 30
_BATCH = 2000

Report = Callable[[str, float], None]


class NotEnoughHistoryError(ValueError):
    """Nothing can be learnt yet; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Resolved incidents as the classifiers see them: slots of the index, features, and neighbours without itself."""

    index: IncidentIndex
    slots: NDArray[np.int64]
    features: Features
    neighbours: Neighbours


def fit_model(
    memory: Memory, *, fields: Sequence[str] | None = None, precision: float = 0.95, report: Report = lambda *_: None
) -> TriageModel:
    """Fit every field with enough history, or the named ones.

    `report` is called with the step and the share of it that is done. Raises NotEnoughHistoryError where no
    field can be learnt, or a named one cannot, with the reason of each.
    """
    memory.refresh()
    index = memory.incidents
    wanted = tuple(fields or DEFAULT_FIELDS)
    lacking = {name: reason for name in wanted if (reason := _lacks(index, name))}
    learnt = [name for name in wanted if name not in lacking]
    if not learnt or (fields and lacking):
        reasons = "; ".join(f"{name}: {reason}" for name, reason in lacking.items())
        raise NotEnoughHistoryError(f"cannot learn {', '.join(lacking)} ({reasons}); import more resolved incidents")
    text_features, examples = _examples(index, report)
    models, metrics = {}, {}
    confidences = _MeanConfidence(len(examples.slots))
    for position, name in enumerate(learnt):
        report(f"learning {name}", position / len(learnt))
        models[name], rows = _fit_field(examples, name)
        metrics[name] = held_out_figures(models[name].classifier, precision)
        confidences.add(rows, models[name].classifier.held_out.confidences)
    report("learning", 1.0)
    now = datetime.now(UTC)
    return TriageModel(
        version=now.strftime("%Y%m%dT%H%M%S%fZ"),
        trained_at=now.isoformat(timespec="seconds"),
        encoder=memory.store.encoder.name,
        data_fingerprint=_fingerprint(index),
        features=text_features,
        fields=models,
        metrics=metrics,
        known_from=unfamiliar_below(familiarity(examples.neighbours.similarities, confidences.mean())),
    )


def held_out_figures(classifier: LabelClassifier, precision: float) -> dict[str, Any]:
    """Figures on examples that were not learnt from: accuracy, macro-F1, calibration and coverage."""
    held_out = classifier.held_out
    threshold = threshold_for(held_out, precision)
    automatic = held_out.confidences >= (2.0 if threshold is None else threshold)
    return {
        "examples": len(held_out.right),
        "values": len(classifier.values),
        "accuracy": round(held_out.accuracy, 4),
        "macro_f1": round(_macro_f1(classifier), 4),
        "calibration_error": round(expected_calibration_error(held_out), 4),
        "precision_asked": precision,
        "automatic_share": round(float(automatic.mean()), 4),
    }


def _macro_f1(classifier: LabelClassifier) -> float:
    return float(f1_score(classifier.held_out_truth, classifier.held_out_codes, average="macro", zero_division=0.0))


class _MeanConfidence:
    """Mean held-out confidence of each example over the fields that were fitted to it."""

    def __init__(self, examples: int) -> None:
        self._sum = np.zeros(examples)
        self._count = np.zeros(examples)

    def add(self, rows: NDArray[np.int64], confidences: NDArray[np.float32]) -> None:
        """Take in one field's."""
        self._sum[rows] += confidences
        self._count[rows] += 1

    def mean(self) -> NDArray[np.float64]:
        """The mean, nought for an example that no field was fitted to."""
        return self._sum / np.maximum(self._count, 1)


def _lacks(index: IncidentIndex, name: str) -> str | None:
    """Why a field cannot be learnt, `None` where it can."""
    counts = Counter(_labels(index, name))
    enough = [value for value, count in counts.items() if count >= LEAST_EXAMPLES]
    if not counts:
        return "no resolved incident has a value for it"
    if len(enough) < 2:
        return f"fewer than two values occur {LEAST_EXAMPLES} times or more"
    if sum(counts.values()) < LEAST_HISTORY:
        return f"{sum(counts.values())} incidents have a value, {LEAST_HISTORY} are needed"
    return None


def _labels(index: IncidentIndex, name: str) -> list[str]:
    column = index.labels(name)
    codes = column.codes()
    return [column.values[code] for code in codes[codes >= 0]]


def _examples(index: IncidentIndex, report: Report) -> tuple[TextFeatures, Examples]:
    found = [(slot, incident) for slot in range(index.slots) if (incident := index.incident(slot)) is not None]
    slots = np.array([slot for slot, _ in found], dtype=np.int64)
    texts = [incident.text for _, incident in found]
    report("reading texts", 0.0)
    text_features = TextFeatures.fit(texts)
    vectors = index.vectors()[slots]
    features = text_features.transform(texts, vectors)
    similarities = np.full((len(slots), NEIGHBOURS), -1.0, dtype=np.float32)
    nearest = np.full((len(slots), NEIGHBOURS), -1, dtype=np.int64)
    for start in range(0, len(slots), _BATCH):
        report("finding neighbours", start / len(slots))
        rows = slice(start, start + _BATCH)
        found_here = index.neighbours(vectors[rows], NEIGHBOURS + 1)
        similarities[rows], nearest[rows] = _without_itself(found_here, slots[rows])
    return text_features, Examples(index, slots, features, Neighbours(similarities, nearest))


def _without_itself(found: Neighbours, slots: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Neighbours of incidents that stand in the index, without themselves; the last one goes where it is not found."""
    other = found.slots != slots[:, None]
    other[other.all(axis=1), -1] = False
    shape = (len(slots), found.slots.shape[1] - 1)
    return found.similarities[other].reshape(shape), found.slots[other].reshape(shape)


def _fit_field(examples: Examples, name: str) -> tuple[FieldModel, NDArray[np.int64]]:
    """The model of a field, and the examples that it was fitted to."""
    column = examples.index.labels(name)
    all_codes = column.codes()
    counts = np.bincount(all_codes[all_codes >= 0], minlength=len(column.values))
    known = np.flatnonzero(counts >= LEAST_EXAMPLES)
    to_known = np.full(len(column.values) + 1, -1, dtype=np.int32)
    to_known[known] = np.arange(len(known), dtype=np.int32)
    neighbour_codes = np.where(examples.neighbours.slots >= 0, all_codes[examples.neighbours.slots], -1)
    codes = all_codes[examples.slots]
    rows = np.flatnonzero((codes >= 0) & (to_known[codes] >= 0))
    shares = vote_shares(examples.neighbours.similarities[rows], to_known[neighbour_codes[rows]], len(known))
    values = [column.values[code] for code in known]
    classifier = LabelClassifier.fit(examples.features[rows], shares, to_known[codes[rows]].astype(np.int64), values)
    labelled = np.flatnonzero(codes >= 0)
    rare = np.flatnonzero(counts < LEAST_EXAMPLES)
    trust = _rare_trust(examples.neighbours.similarities[labelled], neighbour_codes[labelled], codes[labelled], rare)
    return FieldModel(classifier, trust), rows


def _rare_trust(
    similarities: NDArray[np.float32], codes: NDArray[np.int32], truth: NDArray[np.int32], rare: NDArray[np.int64]
) -> float:
    """Share of the votes for rare values that was for the right one, from an even prior of two votes."""
    if not len(rare):
        return 0.5
    labels = int(max(codes.max(initial=0), truth.max(initial=0), rare.max())) + 1
    shares = rare_shares(similarities, codes, rare, labels)
    right = shares[truth[:, None] == rare[None, :]].sum()
    return float((right + 1.0) / (shares.sum() + 2.0))


def _fingerprint(index: IncidentIndex) -> str:
    digest = hashlib.sha256()
    for slot in range(index.slots):
        incident: Incident | None = index.incident(slot)
        if incident is not None:
            digest.update(f"{incident.number}\0{incident.text}\0".encode("utf-8", "replace"))
    return digest.hexdigest()
