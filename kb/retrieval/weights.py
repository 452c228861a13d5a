"""Weights: how much each kind of evidence counts in search, as shipped or as learnt from an organisation's links."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

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


class WeightRegistry:
    """The learnt weights of a data folder, for the encoder at hand."""

    def __init__(self, folder: Path, *, encoder: str) -> None:
        self._encoder = encoder
        self._pointer = StateFile(folder / "weights.json")

    def serving(self) -> Weights:
        """The weights that were learnt, or the starting values."""
        learnt = self._pointer.read().get(self._encoder)
        if not learnt:
            return Weights()
        solving = learnt.get("solving")
        return Weights(**{**learnt, "solving": ConditionalLogit(**solving) if solving else None})

    def put(self, weights: Weights) -> None:
        """Let these weights serve, in every process from its next search on."""
        self._pointer.write({**self._pointer.read(), self._encoder: asdict(weights)})
