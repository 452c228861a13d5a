"""Encoder shelf: the shipped encoder and those tuned to the organisation, and which of them serves."""

from __future__ import annotations

from pathlib import Path

from models.encoder import SHIPPED, OnnxEncoder
from models.pointer import Pointer


class EncoderShelf:
    """The encoders of a data folder; the shipped one serves until another is chosen."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self.folder = folder
        self._threads = threads
        self._pointer = Pointer(folder / "serving.json")

    def serving(self) -> Path:
        """Folder of the encoder that serves."""
        version = self._pointer.read().get("version")
        return self.folder / str(version) if version else SHIPPED

    def open(self, folder: Path) -> OnnxEncoder:
        """The encoder in a folder; raises ArtefactError where it is damaged."""
        return OnnxEncoder(folder, threads=self._threads)

    def choose(self, folder: Path) -> None:
        """Let the encoder in a folder of this shelf, or the shipped one, serve from now on in every process."""
        self._pointer.write({"version": None if folder == SHIPPED else folder.name})
