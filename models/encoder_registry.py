"""Encoder registry: the shipped encoders and those tuned to the organisation, and which of them serves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from models.encoder import OnnxEncoder
from models.shipped_encoders import FAST, SHIPPED_ENCODERS
from models.state_file import PLAIN_NAME, StateFile

ENCODERS = "encoders"
"""Name of the registry's folder in a data folder."""


class _Choice(BaseModel):
    """Which encoder serves: a version in this folder, or a shipped one by name; neither means the initial one."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[str, Field(pattern=PLAIN_NAME)] | None = None
    shipped: Literal["minilm", "bge-small"] | None = None


_CHOICE = TypeAdapter(_Choice)


class EncoderRegistry:
    """The encoders of a data folder; the shipped one that it begins with serves until another is chosen."""

    def __init__(self, folder: Path, *, begin_with: Path = FAST, threads: int | None = None) -> None:
        self.folder = folder
        self._begin_with = begin_with
        self._threads = threads
        self._state = StateFile(
            folder / "serving.json",
            _CHOICE,
            empty=_Choice(),
            remedy="restore it from a backup, or choose the shipped encoder with `triage finetune --shipped`",
        )

    @property
    def warning(self) -> str | None:
        """Return what is wrong with the file that names the serving encoder, `None` where nothing is."""
        return self._state.warning

    def serving(self) -> Path:
        """Return the folder of the encoder that serves; raises StateFileError where that is not known."""
        choice = self._state.read()
        if choice.version is not None:
            return self.folder / choice.version
        return self._begin_with if choice.shipped is None else SHIPPED_ENCODERS[choice.shipped]

    def untuned(self) -> Path:
        """Return the folder of the encoder that serves, or of the shipped one where a tuned one serves."""
        serving = self.serving()
        return serving if serving in SHIPPED_ENCODERS.values() else FAST

    def open(self, folder: Path) -> OnnxEncoder:
        """Return the encoder in a folder; raises ArtefactError where it is damaged."""
        return OnnxEncoder(folder, threads=self._threads)

    def choose(self, folder: Path) -> None:
        """Serve with the encoder in a folder of this registry, or a shipped one, from now on in every process."""
        shipped = next((name for name, place in SHIPPED_ENCODERS.items() if place == folder), None)
        choice = _Choice.model_validate({"version": None if shipped else folder.name, "shipped": shipped})
        self._state.update(lambda _: choice)
