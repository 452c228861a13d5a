"""Fitting: trains the classifiers of all fields on the resolved incidents."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.records.incident import Incident
from kb.records.wording import Values, Wording
from kb.retrieval.incident_index import CORRECTED, IncidentIndex
from kb.retrieval.label_columns import LabelColumn
from kb.retrieval.memory import Memory
from models.calibration import calibrated_threshold, expected_calibration_error
from models.classifier import LEAST_EXAMPLES, Examples, LabelClassifier
from models.encoder import text_keys
from models.errors import ConflictError
from models.features import NoWordsError
from models.held_out_predictions import HeldOutPredictions
from models.novelty import NOVELTY, NoveltyCurve, familiarity
from training.history import History, Report, Seen, read_history, voters_apart
from training.near_duplicates import held_together
from training.scheme import Scheme, scheme_of
from triage.distributions import rare_shares, shares_of
from triage.mode_examples import EXAMPLES, ModeExample, chosen
from triage.model import DEFAULT_FIELDS, FieldModel, TriageModel

# incidents with a value: with fewer each fold holds out fewer than six; chosen by hand
LEAST_HISTORY = 30
# examples of what would have been filled in: as many as a person looks at before they decide
_EXAMPLES_KEPT = 20
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class NotEnoughHistoryError(ConflictError):
    """Nothing can be learnt yet; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A model, and the numbers of the incidents behind each field's held-out predictions, in their order.

    `groups` has the group of near-duplicates of each incident, by its number.
    """

    model: TriageModel
    held_out: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, int]


def fit_model(
    memory: Memory,
    *,
    fields: Sequence[str] | None = None,
    precision: float = 0.95,
    left_out: Sequence[str] = (),
    report: Report = lambda *_: None,
) -> TriageModel:
    """Return only the model that `fit_fields` fits."""
    return fit_fields(memory, fields=fields, precision=precision, left_out=left_out, report=report).model


def fit_fields(
    memory: Memory,
    *,
    fields: Sequence[str] | None = None,
    precision: float = 0.95,
    seen: Seen | None = None,
    left_out: Sequence[str] = (),
    report: Report = lambda *_: None,
) -> FittedModel:
    """Fit every field with enough history, or the named ones.

    `left_out` are the numbers of incidents to record as not learnt from: the memory must not hold them. `seen` says
    which texts are never held out; unless given, those that the encoder was tuned on. `report` is called with the
    step and the share of it that is done.

    Raises: NotEnoughHistoryError, with a reason for each field, where no field or not every named field can be learnt.
    """
    memory.refresh()
    index = memory.incidents
    wanted = tuple(fields or DEFAULT_FIELDS)
    lacking = {name: reason for name in wanted if (reason := what_is_lacking(index, name))}
    learnt = [name for name in wanted if name not in lacking]
    if not learnt or (fields and lacking):
        reasons = [
            Wording("{input}: {reason}", {"input": name, "reason": [reason]}) for name, reason in lacking.items()
        ]
        values: Values = {"fields": ", ".join(lacking), "reasons": reasons}
        raise NotEnoughHistoryError(
            Wording("cannot learn {fields} ({reasons}); import more resolved incidents", values)
        )
    encoder = memory.store.encoder
    schemes = {name: scheme_of(index, name) for name in learnt}
    teaching = np.any([scheme.slots for scheme in schemes.values()], axis=0)
    try:
        text_features, history = read_history(
            index, encoder, among=teaching, seen=seen or encoder.has_seen, report=report
        )
    except NoWordsError as error:
        raise NotEnoughHistoryError(
            Wording("{reason}; import resolved incidents with a description", {"reason": str(error)})
        ) from error
    models, metrics, held_out = {}, {}, {}
    confidences = _MeanConfidence(len(history.slots))
    for position, name in enumerate(learnt):
        report(f"learning {name}", position / len(learnt))
        models[name], rows = fit_field(history, name, schemes[name])
        classifier = models[name].classifier
        figures = held_out_figures(classifier.held_out, len(classifier.values), precision)
        held_out[name] = _numbers(index, history.slots[rows])
        newest = _newest_automatic(index, history.slots[rows], classifier, precision)
        metrics[name] = {**figures, "since": schemes[name].date, EXAMPLES: newest}
        confidences.add(rows, classifier.held_out.confidences)
    report("learning", 1.0)
    finest = max((index.labels(name) for name in learnt), key=lambda column: len(column.values))
    now = datetime.now(UTC)
    model = TriageModel(
        version=now.strftime("%Y%m%dT%H%M%S%fZ"),
        trained_at=now.isoformat(timespec="seconds"),
        encoder=encoder.name,
        data_fingerprint=_fingerprint(index),
        features=text_features,
        fields=models,
        metrics=metrics,
        novelty=confidences.novelty(history, finest),
        revision=memory.revision,
        left_out=np.sort(text_keys(left_out)),
    )
    groups = dict(zip(_numbers(index, history.slots), history.groups.tolist(), strict=True))
    return FittedModel(model, held_out, groups)


def _numbers(index: IncidentIndex, slots: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(incident.number for slot in slots.tolist() if (incident := index.incident(slot)) is not None)


def _newest_automatic(
    index: IncidentIndex, slots: NDArray[np.int64], classifier: LabelClassifier, precision: float
) -> list[tuple[str, str, str]]:
    """Return number, guess and true value of the newest held-out incidents that would have been filled in."""
    predictions, values = classifier.held_out, classifier.values
    threshold = calibrated_threshold(predictions.top_guesses, precision)
    sure = np.flatnonzero(predictions.confidences >= (2.0 if threshold is None else threshold)).tolist()
    found = list[tuple[datetime, ModeExample]]()
    for row in sure:
        if (incident := index.incident(int(slots[row]))) is not None:
            example = ModeExample(incident.number, values[predictions.guesses[row]], values[predictions.truth[row]])
            found.append((incident.opened_at or _LONG_AGO, example))
    found.sort(key=lambda entry: entry[0], reverse=True)
    return [(one.number, one.filled, one.right) for one in chosen((example for _, example in found), _EXAMPLES_KEPT)]


def held_out_figures(predictions: HeldOutPredictions, values: int, precision: float) -> dict[str, Any]:
    """Return figures on held-out examples: accuracy, macro-F1, calibration and coverage."""
    held_out = predictions.top_guesses
    threshold = calibrated_threshold(held_out, precision)
    automatic = held_out.confidences >= (2.0 if threshold is None else threshold)
    right = float(held_out.right[automatic].mean()) if automatic.any() else 0.0
    return {
        "examples": len(held_out.right),
        "values": values,
        "accuracy": round(held_out.accuracy, 4),
        "macro_f1": round(predictions.macro_f1, 4),
        "calibration_error": round(expected_calibration_error(held_out), 4),
        "precision_asked": precision,
        "automatic_share": round(float(automatic.mean()), 4),
        "automatic_right": round(right, 4),
    }


class _MeanConfidence:
    """Mean held-out confidence of each example over the fields that held it out."""

    def __init__(self, examples: int) -> None:
        self._sum = np.zeros(examples)
        self._count = np.zeros(examples)

    def add(self, rows: NDArray[np.int64], confidences: NDArray[np.float32]) -> None:
        """Add the confidences of one field."""
        self._sum[rows] += confidences
        self._count[rows] += 1

    def novelty(self, history: History, column: LabelColumn) -> NoveltyCurve:
        """Return the novelty curve, from texts as they are and as if their value of one field were unknown."""
        counted = np.flatnonzero(self._count > 0)
        mean = self._sum[counted] / self._count[counted]
        known = familiarity(history.voters[0].similarities[counted], mean)
        code_of_slot = np.append(column.codes(), np.int32(-1))
        labelled = np.flatnonzero(code_of_slot[history.slots[counted]] >= 0)
        chosen = np.random.default_rng(0).permutation(labelled)[: NOVELTY.most]
        rows = counted[chosen]
        if not len(rows):
            return NoveltyCurve.fit(known, np.zeros(0))
        strangers = voters_apart(
            history.index, history.features.meaning[rows], code_of_slot[history.slots[rows]], code_of_slot
        )
        return NoveltyCurve.fit(known, familiarity(strangers[0].similarities, mean[chosen]))


def what_is_lacking(index: IncidentIndex, name: str) -> Wording | None:
    """Return why a field cannot be learnt, `None` where it can."""
    counts = Counter(_labels(index, name))
    enough = [value for value, count in counts.items() if count >= LEAST_EXAMPLES]
    if not counts:
        return Wording("no resolved incident has a value for it")
    if len(enough) < 2:
        return Wording("fewer than two values occur {least} times or more", {"least": LEAST_EXAMPLES})
    if sum(counts.values()) < LEAST_HISTORY:
        values = {"count": sum(counts.values()), "least": LEAST_HISTORY}
        return Wording("{count} incidents have a value, {least} are needed", values)
    return None


def _labels(index: IncidentIndex, name: str) -> list[str]:
    column = index.labels(name)
    codes = column.codes()
    return [column.values[code] for code in codes[codes >= 0]]


def fit_field(history: History, name: str, scheme: Scheme) -> tuple[FieldModel, NDArray[np.int64]]:
    """Fit the model of a field; return it, and the rows of history behind its held-out predictions.

    It learns from incidents in the present scheme of values; corrected ones count three times. Near-duplicates are held
    out together, or thresholds would hold only for tickets that have come before.

    The share of future incidents with a value too rare to learn is that of incidents whose value occurs three times or
    less, since a value of three incidents would be too rare without the incident itself (Good 1953).
    """
    column = history.index.labels(name)
    all_codes = column.codes()
    values, to_known = column.common(LEAST_EXAMPLES, among=scheme.slots)
    by_slot = np.append(all_codes, np.int32(-1))
    codes = np.where(scheme.slots, all_codes, np.int32(-1))[history.slots]
    labelled = np.flatnonzero(codes >= 0)
    together = held_together(history.groups[labelled], codes[labelled])
    groups = len(history.groups) + history.slots
    groups[labelled[together]] = history.groups[labelled[together]]
    voting = history.voters_among(scheme.slots, labelled, together)
    voters = [history.index.weighed(found, name) for found in voting]
    rows = np.flatnonzero((codes >= 0) & (to_known[codes] >= 0))
    corrected = rows[np.isin(history.slots[rows], history.index.corrected(name))]
    rows = np.concatenate([rows, np.repeat(corrected, CORRECTED - 1)])
    held_out = ~history.seen[rows]
    if (held_out & ~history.shortened[rows]).sum() < LEAST_HISTORY:  # a tuned encoder flatters, but nothing is better
        held_out[:] = True
    examples = Examples(
        features=history.features[rows],
        shares=shares_of([found.of(rows) for found in voters], to_known[by_slot], len(values)),
        codes=to_known[codes[rows]].astype(np.int64),
        groups=groups[rows],
        held_out=held_out,
        shortened=history.shortened[rows],
    )
    classifier = LabelClassifier.fit(examples, values)
    labelled = labelled[~history.shortened[labelled]]
    rare = np.flatnonzero(to_known[:-1] < 0)
    nearest = voters[0].of(labelled)
    trust = _rare_trust(nearest.similarities, by_slot[nearest.slots], codes[labelled], rare)
    _, common_enough = column.common(LEAST_EXAMPLES + 1, among=scheme.slots)
    beyond = float((common_enough[codes[labelled]] < 0).mean())
    return FieldModel(classifier, trust, beyond, scheme.since), rows[held_out & ~history.shortened[rows]]


def _rare_trust(
    similarities: NDArray[np.float32], codes: NDArray[np.int32], truth: NDArray[np.int32], rare: NDArray[np.int64]
) -> float:
    """Return the share of votes for rare values that were right, with an even prior of two votes."""
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
