"""Boilerplate registry: stores, beside the models of a data folder, which passages of its texts are ignored."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from kb.reading.boilerplate import NO_BOILERPLATE, Boilerplate
from kb.storage.folder_identity import FolderIdentity
from models.artefacts import ArtefactError
from models.state_file import StateFile

_log = logging.getLogger(__name__)


class _Kept(BaseModel):
    """What the file holds: runs of words, the folder in whose incidents they were found, and when."""

    runs: list[str] = []
    data_folder: str = ""
    read_at: str = ""


class BoilerplateRegistry:
    """The boilerplate of a data folder, and when its texts were last read again."""

    def __init__(self, folder: Path, *, identity: FolderIdentity) -> None:
        self._identity = identity
        self._refused: str | None = None
        self._state = StateFile(
            folder / "boilerplate.json",
            TypeAdapter(_Kept),
            empty=_Kept(),
            remedy="restore it from a backup, or delete it, then run `triage train`",
        )

    @property
    def warning(self) -> str | None:
        """Return what is wrong with the file, `None` where nothing is."""
        return self._state.warning or self._refused

    @property
    def read_at(self) -> str:
        """Return when the texts were last read again; empty before the first time, or where the file is damaged."""
        return self._kept().read_at

    def serving(self) -> Boilerplate:
        """Return the boilerplate that was found; none where the file is damaged or of another data folder."""
        kept = self._kept()
        return Boilerplate(frozenset(kept.runs)) if kept.runs else NO_BOILERPLATE

    def put(self, boilerplate: Boilerplate) -> None:
        """Store the boilerplate that every process ignores from now on."""
        now = datetime.now(UTC).isoformat()
        kept = _Kept(runs=sorted(boilerplate.runs), data_folder=self._identity.id, read_at=now)
        self._state.update(lambda _: kept)

    def forget(self, name: re.Pattern[str]) -> None:
        """Drop what names a person; texts are read with it again."""
        runs = self.serving().runs
        kept = frozenset(run for run in runs if not name.search(run))
        if kept != runs:
            self.put(Boilerplate(kept))

    def _kept(self) -> _Kept:
        try:
            kept = self._state.read()
        except ArtefactError as error:
            if self._refused is None:
                _log.error("%s; until then, texts are read with their boilerplate", error)
            self._refused = str(error)
            return _Kept()
        self._refused = None
        return kept if kept.data_folder in {"", self._identity.id} else _Kept()
