"""Evaluation: accuracy and calibration on the newest part of an organisation's history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from kb.records.columns import label_of
from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.wording import Wording
from kb.retrieval.memory import PastMemory
from kb.storage.incident_store import IncidentStore, StoredIncident
from models.calibration import CALIBRATION, HeldOutGuesses, expected_calibration_error
from training.estimates import Estimate, Rows, estimate, share, share_among
from training.fit import NotEnoughHistoryError, fit_model
from training.history import Report
from triage.assistant import Assistant, Policy
from triage.model import FixedModel
from triage.priority import level
from triage.suggestion import Answer, FieldSuggestion

# tickets held out: figures on fewer would be mostly chance; chosen by hand
_LEAST_ASKED = 20
# pairs of confused values that are listed: a page full
_CONFUSIONS = 20
# places: "in the first three" is what a person reads at a glance
_FIRST = 3
# share of a value's tickets below which it is often missed, and the fewest tickets that show it; chosen by hand
_MISSED_BELOW, _LEAST_OF_A_VALUE = 2 / 3, 10
# often missed values that are named: as many as are looked into at once
_MISSED = 5
_OF_HARM = ("impact", "urgency", "priority")


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Guesses of similar confidence: their mean confidence, the share that was right, and their number."""

    confidence: float
    right: float
    examples: int


@dataclass(frozen=True, slots=True)
class ValueFigures:
    """One value: how often it was true, precision and recall of the guess, share of its tickets done automatically."""

    value: str
    examples: int
    precision: Estimate
    recall: Estimate
    coverage: Estimate


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often a value was true and another one guessed, as a share of the true one's tickets too."""

    true: str
    guessed: str
    examples: int
    share: Estimate


@dataclass(frozen=True, slots=True)
class FieldFigures:
    """Everything measured on one field."""

    examples: int
    values: int
    accuracy: Estimate
    macro_f1: Estimate
    top3: Estimate
    precision_asked: float
    automatic_share: Estimate
    automatic_right: Estimate
    calibration_error: Estimate
    set_holds: Estimate
    set_size: float
    reliability: tuple[ReliabilityBin, ...]
    per_value: tuple[ValueFigures, ...]
    confusions: tuple[Confusion, ...]

    @property
    def misses_target(self) -> bool:
        """Return whether values would be filled in, and fewer of them were right than was asked for."""
        return self.automatic_right.value is not None and self.automatic_right.value < self.precision_asked

    @property
    def meets_target(self) -> bool:
        """Return whether values would be filled in, and as many of them were right as was asked for."""
        return self.automatic_right.value is not None and not self.misses_target


@dataclass(frozen=True, slots=True)
class MissedValue:
    """A value that was found for few of its tickets, the share that it was found for, and what it was taken for."""

    field: str
    value: str
    examples: int
    recall: Estimate
    taken_for: str | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of an evaluation, and the incidents behind them.

    `order` is "time" where the newest incidents were held out, "random" where dates are missing; `since` is the
    time of logging of the first one held out. `as_filed` counts, of those held out, the ones whose texts at logging
    are known. `missed` has the values that are missed most, those that say that a ticket is urgent first.
    """

    order: str
    since: datetime | None
    learnt: int
    asked: int
    as_filed: int
    fields: Mapping[str, FieldFigures]
    not_learnt: str
    missed: tuple[MissedValue, ...]


def evaluate(
    store: IncidentStore,
    policy: Policy,
    *,
    holdout: float = 0.2,
    fields: Sequence[str] | None = None,
    report: Report = lambda *_: None,
) -> Evaluation:
    """Learn from the older part of history and predict the rest, which neither neighbours nor classifiers have seen.

    The newest share is held out where nine in ten incidents have the time of logging, else a random one. Raises
    NotEnoughHistoryError where there is too little to learn from or to predict.
    """
    history = store.history()
    older, newer, by_time = _split(history, holdout)
    if len(newer) < _LEAST_ASKED:
        raise NotEnoughHistoryError(
            Wording(
                "{count} resolved incidents are too few to hold {percent}% out: {least} are asked for",
                {"count": len(history), "percent": round(100 * holdout), "least": _LEAST_ASKED},
            )
        )
    memory = PastMemory(store, older)
    model = fit_model(memory, fields=fields, precision=policy.precision, report=report)
    assistant = Assistant(memory, FixedModel(model), policy)
    tickets = [as_logged(record.incident) for record in newer]
    answers = list[Answer]()
    for answer in assistant.classify(tickets):
        report("asking", len(answers) / len(tickets))
        answers.append(answer)
    names = [name for name in answers[0].fields if any(label_of(record.incident, name) for record in newer)]
    report("counting", 1.0)
    figures = {name: _figures(name, newer, answers, policy.precision) for name in names}
    return Evaluation(
        order="time" if by_time else "random",
        since=newer[0].incident.opened_at if by_time else None,
        learnt=len(older),
        asked=len(newer),
        as_filed=sum(record.incident.is_as_filed for record in newer),
        fields=figures,
        not_learnt=", ".join(name for name in fields or () if name not in names),
        missed=missed_values(figures),
    )


def _split(
    history: Sequence[StoredIncident], holdout: float
) -> tuple[list[StoredIncident], list[StoredIncident], bool]:
    dated = [record for record in history if record.incident.opened_at is not None]
    by_time = len(dated) >= 0.9 * len(history)
    if by_time:
        order = sorted(dated, key=lambda record: (str(record.incident.opened_at), record.incident.number))
    else:
        order = [history[i] for i in np.random.default_rng(0).permutation(len(history))]
    asked = round(len(order) * holdout)
    return order[: len(order) - asked], order[len(order) - asked :], by_time


def as_logged(incident: Incident) -> Incident:
    """Return a ticket as it was logged: its text, caller and channel."""
    return Incident("", incident.text, caller=incident.caller, channel=incident.channel)


def _figures(name: str, asked: Sequence[StoredIncident], answers: Sequence[Answer], precision: float) -> FieldFigures:
    pairs = [
        (true, answer.fields[name])
        for record, answer in zip(asked, answers, strict=True)
        if (true := label_of(record.incident, name)) is not None and name in answer.fields
    ]
    truth = np.array([true for true, _ in pairs], dtype=object)
    guesses = [ranked_values(field) for _, field in pairs]
    first = np.array([found[0] if found else "" for found in guesses], dtype=object)
    right = first == truth
    confidences = np.array([field.confidence for _, field in pairs], dtype=np.float32)
    automatic = np.array([field.decision is Decision.AUTOMATIC for _, field in pairs], dtype=bool)
    in_three = np.array([true in found[:_FIRST] for true, found in zip(truth, guesses, strict=True)], dtype=bool)
    held = np.array([true in field.prediction_set for true, field in pairs], dtype=bool)
    values, codes = np.unique(np.concatenate([truth, first]).astype(str), return_inverse=True)
    true_codes, said_codes = codes[: len(truth)], codes[len(truth) :]
    examples = len(pairs)

    def error(rows: Rows) -> float | None:
        return expected_calibration_error(HeldOutGuesses(confidences[rows], right[rows]))

    def macro_f1(rows: Rows) -> float | None:
        return _macro_f1(true_codes[rows], said_codes[rows], len(values))

    return FieldFigures(
        examples=examples,
        values=len(set(truth)),
        accuracy=estimate(share(right), examples),
        macro_f1=estimate(macro_f1, examples),
        top3=estimate(share(in_three), examples),
        precision_asked=precision,
        automatic_share=estimate(share(automatic), examples),
        automatic_right=estimate(share_among(right, automatic), examples),
        calibration_error=estimate(error, examples),
        set_holds=estimate(share(held), examples),
        set_size=round(float(np.mean([len(field.prediction_set) for _, field in pairs])), 2) if pairs else 0.0,
        reliability=_reliability(confidences, right),
        per_value=_per_value(truth, first, automatic),
        confusions=_confusions(truth, first),
    )


def missed_values(fields: Mapping[str, FieldFigures]) -> tuple[MissedValue, ...]:
    """Return the values that are missed most, those that say that a ticket is urgent first."""
    found = [
        MissedValue(name, entry.value, entry.examples, entry.recall, _taken_for(field, entry.value))
        for name, field in fields.items()
        for entry in field.per_value
        if entry.examples >= _LEAST_OF_A_VALUE and (entry.recall.value or 0.0) < _MISSED_BELOW
    ]
    return tuple(sorted(found, key=lambda one: (not _is_urgent(one), one.recall.value or 0.0))[:_MISSED])


def _is_urgent(one: MissedValue) -> bool:
    return one.field in _OF_HARM and level(one.value) == 1


def _taken_for(field: FieldFigures, value: str) -> str | None:
    return next((one.guessed for one in field.confusions if one.true == value), None)


def ranked_values(field: FieldSuggestion) -> list[str]:
    """Return the values of a suggestion, the best guess first."""
    return [*filter(None, [field.value]), *(entry.value for entry in field.alternatives)]


def _macro_f1(truth: NDArray[np.int64], said: NDArray[np.int64], values: int) -> float:
    """Return the mean F1 over the values that are true or guessed somewhere."""
    hits = np.bincount(truth[truth == said], minlength=values)
    both = np.bincount(truth, minlength=values) + np.bincount(said, minlength=values)
    return float((2 * hits[both > 0] / both[both > 0]).mean())


def _reliability(confidences: NDArray[np.float32], right: NDArray[np.bool_]) -> tuple[ReliabilityBin, ...]:
    slots = np.clip(np.ceil(confidences * CALIBRATION.bins).astype(int) - 1, 0, CALIBRATION.bins - 1)
    return tuple(
        ReliabilityBin(
            round(float(confidences[slots == slot].mean()), 4),
            round(float(right[slots == slot].mean()), 4),
            int((slots == slot).sum()),
        )
        for slot in np.unique(slots)
    )


def _per_value(
    truth: NDArray[np.object_], first: NDArray[np.object_], automatic: NDArray[np.bool_]
) -> tuple[ValueFigures, ...]:
    right = first == truth
    return tuple(
        ValueFigures(
            value,
            count,
            _among(right, first == value),
            _among(right, truth == value),
            _among(automatic, truth == value),
        )
        for value, count in Counter(truth.tolist()).most_common()
    )


def _confusions(truth: NDArray[np.object_], first: NDArray[np.object_]) -> tuple[Confusion, ...]:
    counts = Counter((true, said) for true, said in zip(truth, first, strict=True) if true != said)
    return tuple(
        Confusion(true, said, count, _among(first == said, truth == true))
        for (true, said), count in counts.most_common(_CONFUSIONS)
    )


def _among(mask: NDArray[np.bool_], among: NDArray[np.bool_]) -> Estimate:
    return estimate(share(mask[among]), int(among.sum()))
