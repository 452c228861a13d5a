"""Margin registry: the clumps of a data folder's history, kept as one file that every process follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kb.storage.folder_identity import FolderIdentity
from models.state_file import StateFile, StateFileError
from triage.major_detection import Margins
from triage.major_margin import UNLEARNT, Clump, learnt_margins

_FILE = "clumps.json"


class _Kept(BaseModel):
    """When each clump began, how high it was, and between which moments they came (seconds since 1970).

    `by_field` is absent where an earlier version wrote the file.
    """

    model_config = ConfigDict(extra="forbid")

    begun: list[float] = []
    peaks: list[float] = []
    by_field: list[float] | None = None
    since: float = 0.0
    until: float = 0.0
    data_folder: str = ""


class MarginRegistry:
    """The clumps of one data folder, and the margins that follow from them."""

    def __init__(self, folder: Path, *, identity: FolderIdentity) -> None:
        remedy = "run `triage train` to learn it again, or delete it"
        self._file = StateFile(folder / _FILE, TypeAdapter(_Kept), empty=_Kept(), remedy=remedy)
        self._identity = identity

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

    def put(self, clumps: Sequence[Clump], *, since: float, until: float) -> None:
        """Let these clumps say the margins from now on, in every process."""
        kept = _Kept(
            begun=[one.begun for one in clumps],
            peaks=[one.peak for one in clumps],
            by_field=[one.by_field for one in clumps],
            since=since,
            until=until,
            data_folder=self._identity.id,
        )
        self._file.update(lambda _: kept)

    def margins(self, budget: float) -> Margins:
        """Return the margins for so many false alarms a week; the least ones where nothing was learnt."""
        try:
            kept = self._file.read()
        except StateFileError:  # which is among the warnings
            return UNLEARNT
        if not self._is_ours(kept):
            return UNLEARNT
        by_field = kept.by_field or [0.0] * len(kept.peaks)
        clumps = list(map(Clump, kept.begun, kept.peaks, by_field))
        found = learnt_margins(clumps, since=kept.since, until=kept.until, budget=budget)
        return replace(found, by_field=UNLEARNT.by_field) if kept.by_field is None else found

    def _is_ours(self, kept: _Kept) -> bool:
        return kept.data_folder in {"", self._identity.id}
