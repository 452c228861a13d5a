"""Job: large work that was handed in, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kb.records.rejects import Reject


class JobKind(StrEnum):
    """What a job does: classify rows, import rows as incidents, embed every text anew, train, or write a report.

    Reports: how good suggestions are on the newest incidents, how the past would have gone, and what is wrong with the
    data.
    """

    CLASSIFY = "classify"
    IMPORT = "import"
    RE_EMBED = "re-embed"
    TRAIN = "train"
    EVALUATE = "evaluate"
    REPLAY = "replay"
    DOCTOR = "doctor"


REPORTS = (JobKind.EVALUATE, JobKind.REPLAY, JobKind.DOCTOR)
WITHOUT_UPLOAD = (JobKind.RE_EMBED, JobKind.TRAIN, *REPORTS)


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
    """A job: `done` of `total` rows, how many were `written` or `rejected`, and what was left out first."""

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
