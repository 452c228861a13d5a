"""Jobs: how far an upload is."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from kb.records.job import JobKind, JobState, UploadFormat
from kb.records.rejects import RejectKind


class RejectView(BaseModel):
    """A row that was left out, or one cell of a row that is kept; rows are counted from 1, a header included."""

    row: int | None
    column: str | None
    reason: str
    kind: RejectKind = Field(description="What was left out; a note says what is worth knowing and counts as nothing.")


class JobView(BaseModel):
    """A job and how far it is."""

    id: str
    kind: JobKind
    format: UploadFormat
    state: JobState
    total: int = Field(description="Rows that it has.")
    done: int = Field(description="Rows that are done.")
    written: int = Field(description="Rows that are in the result, or that changed an incident.")
    rejected: int = Field(description="Rows that were left out.")
    rejects: list[RejectView] = Field(
        description="The first thousand of them and of the cells that were left empty, and why."
    )
    error: str | None
    by: str | None
    created_at: datetime
    finished_at: datetime | None


class JobsView(BaseModel):
    """The newest jobs."""

    jobs: list[JobView]
