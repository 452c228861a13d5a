"""Modes: what happens to the suggestions on a field, and the evidence that filling them in automatically needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select

from kb.records.decision import Decision
from kb.records.mode import Mode
from kb.service.prediction_log import PredictionLog
from kb.storage.database import Database
from kb.storage.incident_rows import next_revision
from kb.storage.schema import field_modes
from models.errors import ConflictError
from models.intervals import wilson
from models.state_file import StateFile
from triage.model import TriageModel
from triage.suggestion import FieldSuggestion

_NEWEST = 1000
_LEAST_LIVE = 50
LIVE, HELD_OUT = "live", "held out"
"""Sources of evidence: tickets resolved since they were answered, or held out from training."""
_LEAST_HELD_OUT = 100
_SHARES = 2**32
_CONTROL = "nothing is shown on this ticket, so that accuracy can be measured without influence"


@dataclass(frozen=True, slots=True)
class FieldMode:
    """The mode of a field, since when and by whom; `notice` says why it fell back, where it did."""

    mode: Mode = Mode.RECOMMEND
    since: datetime | None = None
    by: str | None = None
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class ModeEvidence:
    """How often automatic values were right, on the organisation's own tickets.

    `source` is "live" where enough tickets were resolved since, else "held out", from training. `low` and `high` bound
    the share (Wilson 1927, 95 %). `control` is the share of right guesses among tickets that were shown nothing.
    `needed` is how many examples it takes.
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
    needed: int = 0

    def still_allows_automatic(self, precision: float) -> bool:
        """Return whether the precision is still possible, so that an automatic field may stay so."""
        return self.examples > 0 and self.high >= precision


class NoEvidenceError(ConflictError):
    """A field cannot be automatic yet; the message says what is missing."""


class ModeSettings:
    """The modes of fields in a database, followed by every process."""

    def __init__(self, database: Database, followed_revision: Callable[[], int]) -> None:
        """`followed_revision` returns the revision up to which this process has read the store."""
        self.database = database
        self._followed_revision = followed_revision
        self._followed: tuple[int, Mapping[str, FieldMode]] | None = None

    def of(self, field: str) -> FieldMode:
        """Return the mode of a field, recommended unless set."""
        return self.all().get(field, FieldMode())

    def all(self) -> dict[str, FieldMode]:
        """Return the modes that were set, read now."""
        with self.database.reading() as connection:
            rows = connection.execute(select(field_modes).order_by(field_modes.c.field)).all()
        return {row.field: FieldMode(Mode(row.mode), row.since, row.by, row.notice) for row in rows}

    def followed(self) -> Mapping[str, FieldMode]:
        """Return the modes that were set, as of the revision up to which this process has read the store.

        They are read again only where that revision is another one, so this costs a suggestion nothing.
        """
        revision = self._followed_revision()
        if self._followed is None or self._followed[0] != revision:
            self._followed = revision, self.all()
        return self._followed[1]

    def set(self, field: str, mode: FieldMode) -> None:
        """Set the mode of a field, in every process from the next answer on."""
        row = {"mode": mode.mode.value, "since": mode.since, "by": mode.by, "notice": mode.notice}
        with self.database.writing() as connection:
            next_revision(connection)  # so that every process notices the change
            connection.execute(delete(field_modes).where(field_modes.c.field == field))
            connection.execute(insert(field_modes).values(field=field, **row))
        self._followed = None

    def take_over(self, path: Path) -> None:
        """Import the modes that an earlier version kept in a file, then rename the file.

        A field that has a mode in the database keeps it. Raises StateFileError where the file is damaged.
        """
        if not path.exists():
            return
        remedy = "restore it from a backup, or move it away and set the modes anew with `triage modes set`"
        kept = StateFile(path, TypeAdapter(dict[str, FieldMode]), empty={}, remedy=remedy).read()
        with self.database.writing():
            there = self.all()
            for field, mode in kept.items():
                if field not in there:
                    self.set(field, mode)
        with suppress(FileNotFoundError):  # another process has renamed it
            path.replace(path.with_name(f"{path.name}.migrated"))


def evidence(field: str, prediction_log: PredictionLog, model: TriageModel | None, precision: float) -> ModeEvidence:
    """Return the evidence for letting a field be automatic at a precision."""
    outcomes = prediction_log.outcomes(field, limit=_NEWEST)
    seen = [outcome for outcome in outcomes if outcome.entry.shown]
    hidden = [outcome for outcome in outcomes if not outcome.entry.shown]
    control = sum(outcome.right for outcome in hidden) / len(hidden) if hidden else None
    automatic = [outcome for outcome in [*seen, *hidden] if outcome.entry.decision == Decision.AUTOMATIC]
    if len(automatic) >= _LEAST_LIVE:
        found = _judged(LIVE, len(automatic), sum(outcome.right for outcome in automatic), precision)
    else:
        found = _held_out(field, model, precision)
    return replace(found, control_examples=len(hidden), control_right=None if control is None else round(control, 4))


def switch(
    settings: ModeSettings,
    field: str,
    mode: Mode,
    find_evidence: Callable[[str], ModeEvidence],
    *,
    by: str | None,
    at: datetime,
) -> FieldMode:
    """Set the mode of a field, in one act with the evidence for it; raises NoEvidenceError where that is not enough."""
    chosen = FieldMode(mode, at.replace(microsecond=0), by)
    with settings.database.writing():
        if mode is Mode.AUTOMATIC and not (found := find_evidence(field)).enough:
            raise NoEvidenceError(f"{field} cannot be automatic: {found.reason}")
        settings.set(field, chosen)
    return chosen


def fall_back(
    settings: ModeSettings,
    field: str,
    find_evidence: Callable[[str], ModeEvidence],
    precision: float,
    *,
    at: datetime,
) -> FieldMode | None:
    """Set a field that is automatic without evidence back to recommended, in one transaction.

    Returns the new mode with a notice, or `None` where nothing changed.
    """
    with settings.database.writing():
        if settings.of(field).mode is not Mode.AUTOMATIC:
            return None
        found = find_evidence(field)
        if found.still_allows_automatic(precision):
            return None
        notice = f"fell back from automatic: {found.reason}"
        fallen = FieldMode(Mode.RECOMMEND, at.replace(microsecond=0), None, notice)
        settings.set(field, fallen)
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
    """Return whether a ticket is in the control share, which is shown nothing: decided by its number alone."""
    return int.from_bytes(hashlib.sha256(ticket.encode()).digest()[:4]) / _SHARES < share


def _held_out(field: str, model: TriageModel | None, precision: float) -> ModeEvidence:
    metrics: Mapping[str, Any] = (model.metrics if model else {}).get(field, {})
    automatic = round(metrics.get("examples", 0) * metrics.get("automatic_share", 0.0))
    found = _judged(HELD_OUT, automatic, round(automatic * metrics.get("automatic_right", 0.0)), precision)
    if automatic < _LEAST_HELD_OUT:
        reason = f"only {automatic} of the tickets held out would have been automatic, {_LEAST_HELD_OUT} are needed"
        return replace(found, enough=False, reason=reason)
    return found


def _judged(source: str, examples: int, right: int, precision: float) -> ModeEvidence:
    share = right / examples if examples else 0.0
    low, high = (round(limit, 4) for limit in wilson(share, examples))
    reason = f"{right} of {examples} automatic values were right ({source}), {precision:.0%} are asked for"
    needed = _LEAST_LIVE if source == LIVE else _LEAST_HELD_OUT
    return ModeEvidence(source, examples, round(share, 4), low, high, 0, None, share >= precision, reason, needed)
