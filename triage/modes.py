"""Modes: what a desk does with the suggestions on a field, and on what evidence it may fill them in by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from kb.records.decision import Decision
from kb.records.mode import Mode
from kb.service.prediction_log import PredictionLog
from models.errors import ConflictError
from models.intervals import wilson
from models.state_file import StateFile
from triage.model import TriageModel
from triage.suggestion import FieldSuggestion

_NEWEST = 1000
_LEAST_LIVE = 50
_LEAST_HELD_OUT = 100
_SHARES = 2**32
_CONTROL = "nothing is shown on this ticket, so that accuracy can be measured without influence"


@dataclass(frozen=True, slots=True)
class FieldMode:
    """The mode of a field, since when and by whom; `notice` says why it fell back, where it did."""

    mode: Mode = Mode.RECOMMEND
    since: str | None = None
    by: str | None = None
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class ModeEvidence:
    """How often automatic values were right, on the organisation's own tickets.

    `source` is "live" where enough tickets were resolved since, else "held out", from training. `low` and `high` bound
    the share (Wilson 1927, 95 %). `control` is the share of right guesses among tickets that were shown nothing.
    """

    source: str
    examples: int
    right: float
    low: float
    high: float
    control_examples: int
    control_right: float | None
    enough: bool
    reason: str


class NoEvidenceError(ConflictError):
    """A field cannot be automatic yet; the message says what is missing."""


class ModeSettings:
    """The modes of a data folder, followed by every process."""

    def __init__(self, folder: Path) -> None:
        self._state = StateFile(
            folder / "modes.json",
            TypeAdapter(dict[str, FieldMode]),
            empty={},
            remedy="restore it from a backup, or delete it and set the modes anew with `triage modes set`",
        )

    @property
    def warning(self) -> str | None:
        """What is wrong with the file of modes, `None` where nothing is."""
        return self._state.warning

    def of(self, field: str) -> FieldMode:
        """The mode of a field; what nobody set is recommended."""
        return self._state.read().get(field, FieldMode())

    def all(self) -> dict[str, FieldMode]:
        """The modes that were set."""
        return dict(self._state.read())

    def set(self, field: str, mode: FieldMode) -> None:
        """Let a field have a mode, in every process from its next answer on."""
        self._state.update(lambda before: {**before, field: mode})


def evidence(field: str, journal: PredictionLog, model: TriageModel | None, precision: float) -> ModeEvidence:
    """What speaks for letting a field be automatic at the precision asked for."""
    outcomes = journal.outcomes(field, limit=_NEWEST)
    seen = [outcome for outcome in outcomes if outcome.entry.shown]
    hidden = [outcome for outcome in outcomes if not outcome.entry.shown]
    control = sum(outcome.right for outcome in hidden) / len(hidden) if hidden else None
    automatic = [outcome for outcome in [*seen, *hidden] if outcome.entry.decision == Decision.AUTOMATIC]
    if len(automatic) >= _LEAST_LIVE:
        found = _judged("live", len(automatic), sum(outcome.right for outcome in automatic), precision)
    else:
        found = _held_out(field, model, precision)
    return replace(found, control_examples=len(hidden), control_right=None if control is None else round(control, 4))


def switch(
    shelf: ModeSettings, field: str, mode: Mode, found: ModeEvidence, *, by: str | None, at: datetime
) -> FieldMode:
    """Set the mode of a field; raises NoEvidenceError where it may not be automatic."""
    if mode is Mode.AUTOMATIC and not found.enough:
        raise NoEvidenceError(f"{field} cannot be automatic: {found.reason}")
    chosen = FieldMode(mode, at.isoformat(timespec="seconds"), by)
    shelf.set(field, chosen)
    return chosen


def fall_back(
    shelf: ModeSettings, journal: PredictionLog, model: TriageModel | None, precision: float, *, at: datetime
) -> dict[str, FieldMode]:
    """Let fields that are automatic without evidence be recommended again; returns those, with a notice each."""
    fallen = {}
    for field, mode in shelf.all().items():
        if mode.mode is not Mode.AUTOMATIC:
            continue
        found = evidence(field, journal, model, precision)
        if found.examples and found.high >= precision:
            continue
        notice = f"fell back from automatic: {found.reason}"
        fallen[field] = FieldMode(Mode.RECOMMEND, at.isoformat(timespec="seconds"), None, notice)
        shelf.set(field, fallen[field])
    return fallen


def presented(
    fields: Mapping[str, FieldSuggestion], modes: Mapping[str, FieldMode], *, control: bool = False
) -> dict[str, FieldSuggestion]:
    """Return the fields that people may see, each with its mode; on a control ticket they say nothing.

    `modes` has those that were set; what nobody set is recommended.
    """
    shown = {}
    for name, field in fields.items():
        mode = modes[name].mode if name in modes else Mode.RECOMMEND
        if mode in (Mode.OFF, Mode.MONITOR):
            continue
        shown[name] = FieldSuggestion(None, 0.0, Decision.UNSURE, (), reason=_CONTROL) if control else field
        shown[name] = replace(shown[name], mode=mode)
    return shown


def is_control(ticket: str, share: float) -> bool:
    """Whether a ticket belongs to the share that is shown nothing: by its number, so the same at every asking."""
    return int.from_bytes(hashlib.sha256(ticket.encode()).digest()[:4]) / _SHARES < share


def _held_out(field: str, model: TriageModel | None, precision: float) -> ModeEvidence:
    metrics: Mapping[str, Any] = (model.metrics if model else {}).get(field, {})
    automatic = round(metrics.get("examples", 0) * metrics.get("automatic_share", 0.0))
    found = _judged("held out", automatic, round(automatic * metrics.get("automatic_right", 0.0)), precision)
    if automatic < _LEAST_HELD_OUT:
        reason = f"only {automatic} of the tickets held out would have been automatic, {_LEAST_HELD_OUT} are needed"
        return replace(found, enough=False, reason=reason)
    return found


def _judged(source: str, examples: int, right: int, precision: float) -> ModeEvidence:
    share = right / examples if examples else 0.0
    low, high = (round(limit, 4) for limit in wilson(share, examples))
    reason = f"{right} of {examples} automatic values were right ({source}), {precision:.0%} are asked for"
    return ModeEvidence(source, examples, round(share, 4), low, high, 0, None, share >= precision, reason)
