"""Progress of background jobs: a bar that moves by itself until the job ends."""

from __future__ import annotations

import streamlit as st

from app.desk.language import _
from app.desk.shell import refused, service
from app.schemas.jobs import JobView
from kb.records.job import JobKind, JobState
from models.errors import TriageError

UNFINISHED = (JobState.QUEUED, JobState.RUNNING)
_POLL_SECONDS = 1


def newest_jobs(kind: JobKind) -> tuple[JobView | None, JobView | None]:
    """Return the newest job of a kind, and the newest one that is done."""
    found = service().jobs(kind=kind, limit=20).jobs
    return next(iter(found), None), next((job for job in found if job.state is JobState.DONE), None)


@st.fragment(run_every=_POLL_SECONDS)
def follow(key: str, doing: str) -> None:
    """Show how far a job is until it ends, then run the page again; the job goes on where the page is left."""
    try:
        job = service().job(key)
    except TriageError as error:
        refused(error)
        return
    if job.state not in UNFINISHED:
        st.rerun()
    if job.state is JobState.QUEUED:
        st.progress(0.0, _("{doing}: waiting to start. You may leave this page.").format(doing=doing))
        return
    part = min(1.0, job.done / job.total) if job.total else 0.0
    st.progress(part, _("{doing}… You may leave this page.").format(doing=doing))
