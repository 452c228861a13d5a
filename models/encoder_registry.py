"""Encoder shelf: the shipped encoders and those tuned to the organisation, and which of them serves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models.encoder import SHIPPED, OnnxEncoder
from models.state_file import StateFile

ENCODERS = "encoders"
"""Name of the shelf's folder in a data folder."""
FINER = SHIPPED.with_name("bge_small")
SHIPPED_ENCODERS: Mapping[str, Path] = {"minilm": SHIPPED, "bge-small": FINER}


class EncoderRegistry:
    """The encoders of a data folder; the shipped one that it begins with serves until another is chosen."""

    def __init__(self, folder: Path, *, begin_with: Path = SHIPPED, threads: int | None = None) -> None:
        self.folder = folder
        self._begin_with = begin_with
        self._threads = threads
        self._pointer = StateFile(folder / "serving.json")

    def serving(self) -> Path:
        """Folder of the encoder that serves."""
        chosen = self._pointer.read()
        if chosen.get("version"):
            return self.folder / str(chosen["version"])
        return SHIPPED_ENCODERS.get(str(chosen.get("shipped")), self._begin_with)

    def untuned(self) -> Path:
        """Folder of the encoder that serves, or of the shipped one where that was tuned to the organisation."""
        serving = self.serving()
        return serving if serving in SHIPPED_ENCODERS.values() else SHIPPED

    def open(self, folder: Path) -> OnnxEncoder:
        """The encoder in a folder; raises ArtefactError where it is damaged."""
        return OnnxEncoder(folder, threads=self._threads)

    def choose(self, folder: Path) -> None:
        """Let the encoder in a folder of this shelf, or a shipped one, serve from now on in every process."""
        shipped = next((name for name, place in SHIPPED_ENCODERS.items() if place == folder), None)
        self._pointer.write({"version": None if shipped else folder.name, "shipped": shipped})
