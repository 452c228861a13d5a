"""Breach forecast: the model that says how probable a breach is, kept as one file that every process follows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, TypeAdapter

from kb.storage.folder_identity import FolderIdentity
from models.breach_model import BreachModel, Features, PlainBreachModel
from models.state_file import StateFile, StateFileError
from triage.breach import BreachRates, Snapshot, breach_features

_FILE = "breach.json"


class _Kept(BaseModel):
    """A breach model with the shares of breaches in the history that it was fitted to."""

    model_config = ConfigDict(extra="forbid")

    model: PlainBreachModel
    base: float
    rates: dict[str, dict[str, float]]
    data_folder: str


_NONE = _Kept(model=PlainBreachModel(), base=0.0, rates={}, data_folder="")


@dataclass(frozen=True, slots=True)
class LearntBreaches:
    """A breach model, and the shares of breaches that its features need."""

    model: BreachModel
    rates: BreachRates

    def probabilities(self, features: Features) -> NDArray[np.float64]:
        """Return the probability of a breach for each snapshot (snapshots, features)."""
        return self.model.probabilities(features)


class BreachForecast:
    """The breach model of one data folder."""

    def __init__(self, folder: Path, *, identity: FolderIdentity) -> None:
        remedy = "run `triage train` to learn it again, or delete it"
        self._file = StateFile(folder / _FILE, TypeAdapter(_Kept), empty=_NONE, remedy=remedy)
        self._identity = identity
        self._kept: _Kept | None = None
        self._model: BreachModel | None = None

    @property
    def warning(self) -> str | None:
        """Return what is wrong with the file, `None` where nothing is."""
        try:
            kept = self._file.read()
        except StateFileError as error:
            return str(error)
        if not self._is_ours(kept):
            return f"{self._file.path}: was learnt from another data folder; delete it, then run `triage train`"
        return self._file.warning

    def put(self, model: BreachModel | None, rates: BreachRates) -> None:
        """Answer with a model from now on, in every process; `None` ends all answers."""
        if model is None and not self._file.path.exists():
            return
        by_value = {name: dict(values) for name, values in rates.by_value.items()}
        plain = PlainBreachModel() if model is None else model.plain()
        kept = _Kept(model=plain, base=rates.base, rates=by_value, data_folder=self._identity.id)
        self._file.update(lambda _: kept)

    def _is_ours(self, kept: _Kept) -> bool:
        return not kept.model.weights or kept.data_folder == self._identity.id

    def probability(self, snapshot: Snapshot) -> float | None:
        """Return the probability that the target of an open incident is breached, `None` where nothing was learnt."""
        learnt = self.learnt()
        return None if learnt is None else float(learnt.probabilities(breach_features([snapshot], learnt.rates))[0])

    def learnt(self) -> LearntBreaches | None:
        """Return what was learnt of breaches, `None` where that is nothing."""
        try:
            kept = self._file.read()
        except StateFileError:  # which is among the warnings
            return None
        if not kept.model.weights or not self._is_ours(kept):
            return None
        if self._model is None or kept is not self._kept:
            self._model, self._kept = BreachModel.of(kept.model), kept
        return LearntBreaches(self._model, BreachRates(kept.base, kept.rates))
