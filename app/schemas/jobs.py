"""Jobs: uploads and reports, and their progress."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from app.schemas.wordings import WordingView
from kb.records.job import JobKind, JobState, UploadFormat
from kb.records.rejects import RejectKind


class RejectView(BaseModel):
    """A rejected row, or one cell of an accepted row; rows are counted from 1, the header included."""

    row: int | None
    column: str | None
    reason: str
    kind: RejectKind = Field(description="What was left out; a note is only information and does not count.")
    wording: WordingView | None = Field(default=None, description="The parts of the reason, where it has some.")


class JobView(BaseModel):
    """A job and its progress."""

    id: str
    kind: JobKind
    format: UploadFormat
    state: JobState
    total: int = Field(description="Number of rows.")
    done: int = Field(description="Processed rows.")
    written: int = Field(description="Rows in the result, or rows that changed an incident.")
    rejected: int = Field(description="Rows that were left out.")
    rejects: list[RejectView] = Field(description="The first thousand rejected rows and cells, with reasons.")
    error: str | None
    error_wording: WordingView | None = Field(default=None, description="The parts of the error, where it has some.")
    by: str | None
    created_at: datetime
    finished_at: datetime | None


class JobsView(BaseModel):
    """The newest jobs."""

    jobs: list[JobView]
