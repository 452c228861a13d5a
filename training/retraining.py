"""Retraining: train a candidate on all of history and promote it unless it is worse than the model that serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.records.columns import label_of
from kb.records.incident import Incident
from kb.records.wording import Wording
from kb.retrieval.memory import Memory
from kb.service.locks import LockHeldError, file_lock
from models.errors import ConflictError
from training.candidate import CandidateModel, fit_candidate
from training.comparison import Comparison
from training.evaluation import as_logged, ranked_values
from training.history import Report
from triage.assistant import Assistant, Policy
from triage.model import FixedModel, ModelRegistry, TriageModel
from triage.suggestion import Answer

# fewest changed incidents for a training: with fewer it changes next to nothing; chosen by hand
_LEAST_CHANGED = 50
# incidents that neither model has learnt from: fewer decide nothing; chosen by hand
_LEAST_COMPARED = 20
_LOCK = "retraining.lock"


class RetrainingRunsError(ConflictError):
    """Another process retrains this data folder."""


@dataclass(frozen=True, slots=True)
class Due:
    """How much has changed since the last training, and how much makes another one due.

    `changed` counts incidents first written since; `needed` is `None` where no training is ever due.
    """

    changed: int
    needed: int | None

    @property
    def now(self) -> bool:
        """Return whether a training is due."""
        return self.needed is not None and self.changed >= self.needed


@dataclass(frozen=True, slots=True)
class Retrained:
    """A candidate's version, the model it was compared with, the comparisons, and whether it serves now."""

    version: str
    serving: str | None
    promoted: bool
    fields: tuple[Comparison, ...]


def due(memory: Memory, models: ModelRegistry, share: float) -> Due:
    """Return whether enough has changed: a `share` of the learnt incidents, at least fifty; 0 means never.

    Where a field has a new scheme, only incidents logged since count as learnt. Changes count from the last candidate,
    even where that one does not serve.
    """
    memory.refresh()
    index, serving = memory.incidents, models.serving()
    if serving is None or share == 0:
        return Due(0, None)
    tried = models.tried()  # after a restore from a backup it may be a revision that is still to come
    since = max(serving.revision, tried if tried <= memory.revision else 0)
    there = [slot for slot in range(index.slots) if index.incident(slot) is not None]
    changed = [index.added(slot) > since for slot in there]
    learnt = np.count_nonzero(index.logged_since(serving.newest_scheme)[there] & ~np.array(changed, dtype=bool))
    return Due(sum(changed), max(_LEAST_CHANGED, round(share * learnt)))


def retrain(memory: Memory, models: ModelRegistry, policy: Policy, *, report: Report = lambda *_: None) -> Retrained:
    """Fit a candidate, compare it with the serving model on the newest incidents, and keep both.

    The candidate serves unless it is significantly worse on a field, or too little can be compared: only incidents that
    neither has learnt from count, and twenty are needed. Raises NotEnoughHistoryError, and RetrainingRunsError where
    another process retrains.
    """
    with _only_process(models.folder):
        memory.refresh()
        serving = models.serving()
        fields = tuple(serving.fields) if serving else None
        try:
            candidate = fit_candidate(memory, fields=fields, precision=policy.precision, report=report)
        finally:
            models.try_until(memory.revision)
        report("comparing", 0.0)
        compared = tuple(_compared(candidate, serving, policy)) if serving else ()
        promoted = serving is None or (bool(compared) and not any(entry.is_loss for entry in compared))
        model = replace(
            candidate.model,
            comparison={
                "with": serving.version if serving else None,
                "promoted": promoted,
                "fields": [asdict(entry) for entry in compared],
            },
        )
        if promoted:
            models.put(model)
        else:
            models.keep(model)
        return Retrained(model.version, serving.version if serving else None, promoted, compared)


def _compared(candidate: CandidateModel, serving: TriageModel, policy: Policy) -> Iterator[Comparison]:
    unseen = [
        incident
        for incident, added in zip(candidate.newest, candidate.added, strict=True)
        if not serving.has_learnt(incident.number, added)
    ]
    if len(unseen) < _LEAST_COMPARED:
        return
    tickets = [as_logged(incident) for incident in unseen]
    said = {
        name: list(Assistant(candidate.past, FixedModel(model), policy).classify(tickets))
        for name, model in (("serving", serving), ("candidate", candidate.model))
    }
    for name in serving.fields:
        before, after = (_right(name, unseen, said[who]) for who in ("serving", "candidate"))
        if len(before):
            yield Comparison.of(name, before, after)


def _right(name: str, incidents: Sequence[Incident], answers: Sequence[Answer]) -> NDArray[np.bool_]:
    """Return for which incidents with a value the best guess was right."""
    return np.array(
        [
            name in answer.fields and true in ranked_values(answer.fields[name])[:1]
            for incident, answer in zip(incidents, answers, strict=True)
            if (true := label_of(incident, name)) is not None
        ],
        dtype=bool,
    )


def is_running(models: ModelRegistry) -> bool:
    """Return whether a process is retraining this data folder."""
    try:
        with _only_process(models.folder):
            return False
    except RetrainingRunsError:
        return True


@contextmanager
def _only_process(folder: Path) -> Iterator[None]:
    """Let only one process at a time retrain."""
    with ExitStack() as stack:
        try:
            stack.enter_context(file_lock(folder / _LOCK))
        except LockHeldError:
            raise RetrainingRunsError(
                Wording("another process retrains this data folder; wait until it is done")
            ) from None
        yield
