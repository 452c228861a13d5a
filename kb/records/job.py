"""Job: large work that was handed in, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kb.records.rejects import Reject


class JobKind(StrEnum):
    """What a job does: suggest the fields of every row, write every row as an incident, or embed every text anew."""

    CLASSIFY = "classify"
    IMPORT = "import"
    RE_EMBED = "re-embed"


class JobState(StrEnum):
    """Where a job is on its way."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class UploadFormat(StrEnum):
    """How the rows of an upload are written."""

    CSV = "csv"
    NDJSON = "ndjson"


@dataclass(frozen=True, slots=True)
class Job:
    """A job: `done` of `total` rows, how many of them were `written` or `rejected`, and the first rejects."""

    id: str
    kind: JobKind
    format: UploadFormat
    state: JobState
    total: int
    done: int
    written: int
    rejected: int
    rejects: tuple[Reject, ...]
    error: str | None
    by: str | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens."""
        return self.state not in UNFINISHED
