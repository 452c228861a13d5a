"""Weights: how much each kind of evidence counts in search, as shipped or as learnt from an organisation's links."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter

from kb.storage.folder_identity import FolderIdentity
from models.artefacts import ArtefactError
from models.conditional_logit import ConditionalLogit
from models.state_file import StateFile

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of meaning against words, and the weight of links of similar incidents against both.

    The defaults are starting values, from 0 to 1 each. `solving` is the learnt model of which article solves an
    incident, `None` where there are too few links.
    """

    meaning: float = 0.75
    links: float = 0.15
    solving: ConditionalLogit | None = None


class _Solving(BaseModel):
    """The stored form of a `ConditionalLogit`."""

    model_config = ConfigDict(extra="forbid")

    centres: tuple[FiniteFloat, ...]
    scales: tuple[FiniteFloat, ...]
    weights: tuple[FiniteFloat, ...]


class _Kept(BaseModel):
    """The stored form of `Weights`, with the id of the data folder whose links they were learnt from."""

    model_config = ConfigDict(extra="forbid")

    meaning: Annotated[float, Field(ge=0, le=1)]
    links: Annotated[float, Field(ge=0, le=1)]
    solving: _Solving | None
    data_folder: str | None = None  # missing in files of an earlier version

    @property
    def weights(self) -> Weights:
        """Return the weights to search by."""
        solving = None if self.solving is None else ConditionalLogit(**self.solving.model_dump())
        return Weights(self.meaning, self.links, solving)

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the numbers."""
        return hashlib.sha256(self.model_dump_json(exclude={"data_folder"}).encode()).hexdigest()


class WeightRegistry:
    """The learnt weights of a data folder, for the current encoder."""

    def __init__(self, folder: Path, *, encoder: str, identity: FolderIdentity) -> None:
        self._encoder = encoder
        self._identity = identity
        self._state = _state_file(folder)
        self._kept: _Kept | None = None
        self._serving: Weights | None = None
        self._refused: str | None = None

    @property
    def warning(self) -> str | None:
        """Return what is wrong with the file of weights, `None` where nothing is."""
        return self._state.warning or self._refused

    def serving(self) -> Weights:
        """Return the weights that were learnt, or the starting values.

        Raises ArtefactError where they are damaged or from another data folder, and this process holds no earlier ones.
        """
        kept = self._state.read().get(self._encoder)
        if self._serving is None or kept is not self._kept:
            self._serving, self._kept = self._checked(kept), kept
        return self._serving

    def put(self, weights: Weights) -> None:
        """Serve with these weights, in every process from the next search on."""
        kept = _Kept.model_validate({**asdict(weights), "data_folder": self._identity.id})
        self._state.update(lambda before: {**before, self._encoder: kept})

    def _checked(self, kept: _Kept | None) -> Weights:
        """Return the weights in an entry, or the earlier ones where it belongs to another data folder."""
        self._refused = None
        if kept is None:
            return Weights()
        if self._identity.admits(kept.data_folder, kept.sha256):
            return kept.weights
        error = ArtefactError(
            f"{self._state.path}: was learnt from the links of another data folder; delete it, then run `triage train`"
        )
        if self._serving is None:
            raise error
        self._refused = str(error)
        _log.error("%s; the earlier weights stay in force", error)
        return self._serving


def weights_sha256s(folder: Path) -> list[str]:
    """Return the SHA-256 of the weights for every encoder in a folder of models."""
    try:
        return [kept.sha256 for kept in _state_file(folder).read().values()]
    except ArtefactError:
        return []


def _state_file(folder: Path) -> StateFile[dict[str, _Kept]]:
    remedy = "restore it from a backup, or delete it, then run `triage train`"
    return StateFile(folder / "weights.json", TypeAdapter(dict[str, _Kept]), empty={}, remedy=remedy)
