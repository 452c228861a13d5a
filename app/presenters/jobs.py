"""Jobs as views."""

from __future__ import annotations

from app.presenters.wordings import wording_view
from app.schemas.jobs import JobView, RejectView
from kb.records.job import Job
from kb.records.rejects import Reject


def job_view(job: Job) -> JobView:
    """Return the view of a job, with the rows that were left out."""
    same = {name: getattr(job, name) for name in JobView.model_fields if name not in {"rejects", "error_wording"}}
    return JobView(**same, rejects=list(map(reject_view, job.rejects)), error_wording=wording_view(job.error))


def reject_view(reject: Reject) -> RejectView:
    """Return the view of a row or cell that was left out."""
    return RejectView(
        row=reject.row,
        column=reject.column,
        reason=reject.reason,
        kind=reject.kind,
        wording=wording_view(reject.reason),
    )
