"""Upload options: how the rows of an upload are read, kept beside its copy until the job that imports it has run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kb.importers.incidents import IncidentFile, Recall
from kb.records.wording import Wording
from models.errors import InvalidError

_NAME = "options.json"


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """Sheet of a workbook, zone of times without one, and whether 3/4/2024 is in April; `None` where the file says."""

    sheet: str | None = None
    timezone: str = "UTC"
    day_first: bool | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of times without one; raises InvalidError."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InvalidError(
                Wording(
                    "timezone: '{zone}' is not a known time zone such as Europe/Berlin", {"zone": self.timezone[:80]}
                ),
                field="timezone",
            ) from None

    def open(self, file: Path, *, chosen: Mapping[str, str] | None = None, recall: Recall) -> IncidentFile:
        """Look at an upload; raises UnreadableFileError where it cannot be imported, and InvalidError."""
        return IncidentFile.open(
            file, chosen=chosen, recall=recall, zone=self.zone, sheet=self.sheet, day_first=self.day_first
        )

    def open_copy(self, file: Path, *, recall: Recall) -> IncidentFile:
        """Look at the copy of an upload's rows, which has no sheets."""
        return IncidentFile.open(file, recall=recall, zone=self.zone, day_first=self.day_first)

    def save(self, folder: Path) -> None:
        """Write them into the folder of a job."""
        (folder / _NAME).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> UploadOptions:
        """Read them from the folder of a job; a job of an earlier version has none."""
        try:
            return cls(**json.loads((folder / _NAME).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()


USUAL_OPTIONS = UploadOptions()
