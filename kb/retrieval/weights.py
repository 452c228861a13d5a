"""Weights: how much each kind of evidence counts in search, as shipped or as learnt from an organisation's links."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter

from models.conditional_logit import ConditionalLogit
from models.state_file import StateFile


@dataclass(frozen=True, slots=True)
class Weights:
    """How much meaning counts against words, and how much what solved similar incidents counts against both.

    The defaults are starting values, from 0 to 1 each. `solving` is what was learnt of which article solves an
    incident, `None` where links are too few.
    """

    meaning: float = 0.75
    links: float = 0.15
    solving: ConditionalLogit | None = None


class _Solving(BaseModel):
    """A `ConditionalLogit` as a file keeps it."""

    model_config = ConfigDict(extra="forbid")

    centres: tuple[FiniteFloat, ...]
    scales: tuple[FiniteFloat, ...]
    weights: tuple[FiniteFloat, ...]


class _Kept(BaseModel):
    """`Weights` as a file keeps them."""

    model_config = ConfigDict(extra="forbid")

    meaning: Annotated[float, Field(ge=0, le=1)]
    links: Annotated[float, Field(ge=0, le=1)]
    solving: _Solving | None

    @property
    def weights(self) -> Weights:
        """The weights to search by."""
        solving = None if self.solving is None else ConditionalLogit(**self.solving.model_dump())
        return Weights(self.meaning, self.links, solving)


_KEPT = TypeAdapter(dict[str, _Kept])


class WeightRegistry:
    """The learnt weights of a data folder, for the encoder at hand."""

    def __init__(self, folder: Path, *, encoder: str) -> None:
        self._encoder = encoder
        self._state = StateFile(
            folder / "weights.json",
            _KEPT,
            empty={},
            remedy="restore it from a backup, or learn it anew with `triage train`",
        )
        self._serving: tuple[_Kept | None, Weights] = None, Weights()

    @property
    def warning(self) -> str | None:
        """What is wrong with the file of weights, `None` where nothing is."""
        return self._state.warning

    def serving(self) -> Weights:
        """Return the weights that were learnt, or the starting values; raises StateFileError where they are damaged."""
        kept = self._state.read().get(self._encoder)
        if kept is not self._serving[0]:
            self._serving = kept, Weights() if kept is None else kept.weights
        return self._serving[1]

    def put(self, weights: Weights) -> None:
        """Let these weights serve, in every process from its next search on."""
        kept = _Kept.model_validate(asdict(weights))
        self._state.update(lambda before: {**before, self._encoder: kept})
