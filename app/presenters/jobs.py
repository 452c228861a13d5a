"""Jobs as views."""

from __future__ import annotations

from app.schemas.jobs import JobView, RejectView
from kb.records.job import Job


def job_view(job: Job) -> JobView:
    """Return the view of a job, with the rows that were left out."""
    rejects = [
        RejectView(row=reject.row, column=reject.column, reason=reject.reason, kind=reject.kind)
        for reject in job.rejects
    ]
    return JobView(**{name: getattr(job, name) for name in JobView.model_fields if name != "rejects"}, rejects=rejects)
