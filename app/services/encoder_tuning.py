"""Encoder tuning: another encoder is made or tried beside the one that serves, and takes over if it is better."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from app.composition import Services
from models.artefacts import MANIFEST
from models.shipped_encoders import FAST, FINER
from training.comparison import Comparison, is_better
from training.encoder_comparison import compare
from training.finetune import RECIPE, finetune
from training.history import Report, Seen
from training.learn import Learnt, fit_all
from training.tuning_data import gather
from triage.model import DEFAULT_FIELDS

MOST_TO_TRY = 12_000
# standard errors that the finer encoder has to gain: it reads half as fast, and nobody asked for it, so that chance may
# not decide; experiment 025
_ERRORS_TO_GAIN = 2.0


@dataclass(frozen=True, slots=True)
class Tuned:
    """Another encoder: its version, whether it serves now, and what it was judged by."""

    version: str
    adopted: bool
    differences: tuple[Comparison, ...]


def tune_encoder(
    services: Services, fields: Sequence[str] | None, *, epochs: int, minutes: float, report: Report
) -> Tuned:
    """Tune, export, embed everything anew, and switch if the result is better; the service answers meanwhile.

    The fields are those named, or those of the model that serves, or all; a folder in which nothing was learnt yet
    learns with whichever encoder serves in the end. What was broken off goes on where it was.
    Raises NotEnoughHistoryError, TrainingExtraMissingError.
    """
    serving = services.models.serving()
    chosen = fields or (tuple(serving.fields) if serving else None)
    data = gather(services.memory, chosen or DEFAULT_FIELDS)
    version = hashlib.sha256(f"{data.fingerprint} {epochs} {RECIPE}".encode()).hexdigest()[:12]
    target = services.encoders.folder / version
    work_folder = services.encoders.folder / f"{version}.workshop"  # earlier versions look for it by this name
    if not (target / MANIFEST).exists():
        finetune(data, work_folder, target, epochs=epochs, minutes=minutes, report=report)
    tuned = services.with_encoder(target)
    tuned.store.embeddings.add_missing(report=lambda done: report("embedding anew", done))
    before = _fit(services, data.fields, report, seen=tuned.store.encoder.has_seen)
    after = _fit(tuned, data.fields, report)
    differences = compare(before, after)
    adopted = is_better(differences)
    if adopted:
        after.serve(tuned.models, tuned.weights)
        services.encoders.choose(target)
    else:
        tuned.store.embeddings.forget()
        shutil.rmtree(target)
        if serving is None:
            _fit(services, chosen, report).serve(services.models, services.weights)
    shutil.rmtree(work_folder, ignore_errors=True)
    return Tuned(version, adopted, differences)


def try_finer(services: Services, learnt: Learnt, *, report: Report) -> tuple[Tuned, Learnt] | None:
    """Let the finer shipped encoder serve if it is better on the history that was just learnt, by two standard errors.

    Returns what was learnt with it too. `None` where it is not tried: it reads half as fast, which a history of more
    than 12,000 incidents would feel, it is no rival to an encoder that was chosen by hand or tuned, and once is enough.
    """
    automatic = services.settings.encoder == "auto" and services.encoder_folder == FAST
    if learnt.model is None or not automatic or learnt.incidents > MOST_TO_TRY:
        return None
    finer = services.with_encoder(FINER)
    if finer.models.tried():
        return None
    finer.store.embeddings.add_missing(report=lambda done: report("reading with the finer encoder", done))
    fields = tuple(learnt.model.fields)
    second = _fit(finer, fields, report)
    differences = compare(learnt, second)
    adopted = is_better(differences, errors=_ERRORS_TO_GAIN)
    if adopted:
        second.serve(finer.models, finer.weights)
        services.encoders.choose(FINER)
    else:
        finer.store.embeddings.forget()
    finer.models.try_until(finer.memory.revision)
    return Tuned(finer.store.encoder.name, adopted, differences), second


def _fit(services: Services, fields: Sequence[str] | None, report: Report, *, seen: Seen | None = None) -> Learnt:
    return fit_all(
        services.memory, fields=fields or None, precision=services.settings.precision, seen=seen, report=report
    )
