"""Progress of an import and of the training after it, found again by their address after a reload."""

from __future__ import annotations

import streamlit as st

from app.desk.job_progress import UNFINISHED, follow, newest_jobs
from app.desk.language import _, counted, number, of_ten
from app.desk.shell import link, refused, service, tried
from app.desk.texts import label, plain, title_of, worded
from app.desk.visitor import person
from app.schemas.jobs import JobView, RejectView
from kb.records.job import JobKind, JobState
from kb.records.rejects import RejectKind
from models.errors import NotFoundError, TriageError

IMPORT, TRAINING = "job", "training"
"""Names in the page's address of the import and the training that it shows."""

_MOST_REJECTS = 10
_GROUP = "assignment_group"


def job_in_address(name: str, kind: JobKind) -> JobView | None:
    """Return the job that the address names, else one of this kind that is under way."""
    key = st.query_params.get(name)
    if key:
        try:
            return service().job(str(key))
        except NotFoundError:
            st.query_params.pop(name, None)
    newest, _done = newest_jobs(kind)
    if newest is not None and newest.state in UNFINISHED:
        st.query_params[name] = newest.id
        return newest
    return None


def show_import(job: JobView) -> bool:
    """Show how far an import is, or what came of it; return whether it has ended."""
    if job.state in UNFINISHED:
        follow(job.id, _("Importing"))
        return False
    if job.state is JobState.FAILED:
        words = _("The import stopped: {reason}. Choose the file again.")
        st.error(label(words.format(reason=worded(job.error or "", job.error_wording)), 300))
    else:
        written = counted(job.written, "{count} ticket was added or changed", "{count} tickets were added or changed")
        rejected = counted(job.rejected, "{count} row was left out.", "{count} rows were left out.")
        st.success(f"{written}; {rejected}")
        _rejects(job)
    return True


def _rejects(job: JobView) -> None:
    lines = [reject_words(one) for one in job.rejects if one.kind is not RejectKind.NOTE]
    shown = lines[:_MOST_REJECTS]
    if shown:
        words = counted(
            len(shown),
            "The first {count} row left out or cell left empty",
            "The first {count} rows left out and cells left empty",
        )
        with st.expander(words):
            st.html("".join(f"<div class='t-note'>{plain(line)}</div>" for line in shown))


def reject_words(one: RejectView) -> str:
    """Return what was left out, where it stands and why."""
    place = _("Row {row}").format(row=number(one.row)) if one.row is not None else _("File")
    reason = worded(one.reason, one.wording)
    return f"{place}, {one.column}: {reason}" if one.column else f"{place}: {reason}"


def show_training() -> None:
    """Offer to train, or show how far the training is and what came of it."""
    st.header(_("Train"), anchor=False)
    job = job_in_address(TRAINING, JobKind.TRAIN)
    if job is None:
        st.caption(_("Training learns from all resolved tickets. Work goes on meanwhile."))
        if st.button(_("Train now"), type="primary") and tried(_start):
            st.rerun()
    elif job.state in UNFINISHED:
        follow(job.id, _("Training"))
    elif job.state is JobState.FAILED:
        st.error(
            label(_("Nothing was trained: {reason}").format(reason=worded(job.error or "", job.error_wording)), 300)
        )
        st.caption(_("Suggestions come from similar tickets until then. Import more resolved tickets and train again."))
        if st.button(_("Train again")) and tried(_start):
            st.rerun()
    else:
        st.success(_("Training is done. New tickets get suggestions from what was learned."))
        _right_of_ten()
        with st.container(horizontal=True):
            link("new", _("Log a ticket"))
            link("evaluation", _("Test on your newest tickets"))
            link("results", _("See how good suggestions are"))


def _right_of_ten() -> None:
    """Say how many groups, or else values of another field, the model in use got right on tickets it had not seen."""
    try:
        figures = next((model.metrics for model in service().models().models if model.serves), {})
    except TriageError as error:
        refused(error)
        return
    names = sorted((name for name in figures if "accuracy" in figures[name]), key=lambda name: name != _GROUP)
    if names:
        words = _("{field}: {right} of 10 right on tickets that the model had not learned from.")
        right = of_ten(figures[names[0]]["accuracy"])
        st.subheader(words.format(field=title_of(names[0]), right=right), anchor=False)


def _start() -> None:
    st.query_params[TRAINING] = service().start_training(by=person()).id
