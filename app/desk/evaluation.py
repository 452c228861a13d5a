"""Page: how good suggestions are on the newest tickets, and how the past would have gone with them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.address import chosen_view
from app.desk.charts import BarValue, line
from app.desk.charts import table as plain_table
from app.desk.job_progress import UNFINISHED, follow, newest_jobs
from app.desk.language import _, counted, date_and_time, day, month, number, of_ten, share
from app.desk.shell import has_history, link, page, refused, service, tried
from app.desk.texts import label, plain, title_of, worded
from app.desk.visitor import person
from app.schemas.administration import EstimateView
from app.schemas.job_reports import EvaluatedFieldView, EvaluationView, ReplayView
from app.schemas.jobs import JobView
from kb.records.job import JobKind, JobState
from models.errors import TriageError

_GROUP = "assignment_group"
_KINDS = {"newest": JobKind.EVALUATE, "past": JobKind.REPLAY}


def show() -> None:
    """Lay out the page."""
    page(_("Evaluation"), _("Measured on your own tickets, in the background. Nothing is changed."))
    words = {"newest": _("Accuracy on your newest tickets"), "past": _("Simulate the past")}
    chosen = chosen_view(_("Report"), words, key="report", is_labelled=True)
    kind = _KINDS[chosen]
    notes = {
        JobKind.EVALUATE: _("Learns from the older four fifths of your tickets and is tested on the newest fifth."),
        JobKind.REPLAY: _("Walks through your history day by day, as if the desk had suggested from the beginning."),
    }
    st.caption(notes[kind])
    try:
        done = run_or_follow(kind, start=words[chosen])
        if done is not None:
            _report(done)
    except TriageError as error:
        refused(error)


def run_or_follow(kind: JobKind, *, start: str) -> JobView | None:
    """Offer to start a report where there are tickets, or show how far it is; return the newest one that is done."""
    newest, done = newest_jobs(kind)
    if newest is not None and newest.state in UNFINISHED:
        follow(newest.id, start)
    elif has_history():
        if newest is not None and newest.state is JobState.FAILED:
            st.error(
                label(
                    _("The last run stopped: {reason}").format(reason=worded(newest.error or "", newest.error_wording)),
                    400,
                )
            )
        words = _("Run again: {report}") if done is not None else _("Run: {report}")
        if st.button(words.format(report=start), type="secondary" if done else "primary", key=f"run-{kind}") and tried(
            partial(service().start_report, kind, by=person())
        ):
            st.rerun()
    return done


def _report(job: JobView) -> None:
    finished = job.finished_at or job.created_at
    by = _(" by {name}").format(name=label(job.by)) if job.by else ""
    if job.kind is JobKind.EVALUATE:
        _evaluation(service().evaluation(job.id))
    else:
        _replay(service().replay(job.id))
    st.caption(_("Run on {moment}{by}.").format(moment=date_and_time(finished), by=by))
    st.download_button(
        _("Download the full report"),
        _page_of(job.id),
        file_name=f"{job.kind}-{finished:%Y-%m-%d}.html",
        mime="text/html",
        icon=":material/download:",
    )


@st.cache_data(max_entries=20, show_spinner=False)
def _page_of(key: str) -> str:
    return service().job_report(key)


def _evaluation(found: EvaluationView) -> None:
    names = sorted(found.fields, key=lambda name: name != _GROUP)
    if names and (right := found.fields[names[0]].accuracy.value) is not None:
        words = _("{field}: {right} of 10 right on your newest tickets.")
        st.header(words.format(field=title_of(names[0]), right=of_ten(right)), anchor=False)
    _verdict(found)
    since = day(found.since) if found.since else "-"
    facts = _("Trained on {learnt} tickets, tested on the {asked} newest (since {since}).")
    st.caption(facts.format(learnt=number(found.learnt), asked=number(found.asked), since=since))
    if found.as_filed < found.asked:
        st.warning(_("Texts may contain later edits (no change history), so results may be too good."))
    _missed(found)
    plain_table(
        [
            {
                _("Field"): title_of(name),
                _("Right"): _estimate(field.accuracy),
                _("Right among the first three"): _estimate(field.top3),
                _("Would fill when sure"): _estimate(field.automatic_share),
                _("Of these right"): _estimate(field.automatic_right),
                _("Target"): _target(field),
                _("Tickets"): number(field.examples),
            }
            for name, field in found.fields.items()
        ]
    )
    with st.expander(_("What the figures mean")):
        for head, text in (
            (_("Right"), _("Share of test tickets whose best guess was the value that the resolved ticket has.")),
            (
                _("Right among the first three"),
                _("Share of test tickets whose value was one of the three best guesses."),
            ),
            (
                _("Would fill when sure"),
                _("Share of test tickets on which the value would be filled in without a person."),
            ),
            (_("Of these right"), _("Share of those values that were right.")),
            (_("In brackets"), _("The 95 % interval: the share on all your tickets is most likely within it.")),
        ):
            st.html(f"<div class='t-note'><b>{plain(head)}:</b> {plain(text)}</div>")


def _verdict(found: EvaluationView) -> None:
    """Say which fields can be filled in, and which cannot."""
    met, missed, unsure = list[str](), list[str](), list[str]()
    for name, field in found.fields.items():
        (unsure if field.automatic_right.value is None else met if _meets(field) else missed).append(title_of(name))
    said = [_("Reach the target when sure: {fields}.").format(fields=", ".join(met))] if met else []
    if missed:
        said.append(_("Right less often than the target: {fields}.").format(fields=", ".join(missed)))
    if unsure:
        said.append(_("Never sure enough: {fields}.").format(fields=", ".join(unsure)))
    st.write(label(" ".join(said), 1000))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("Whether a field may be filled in is decided on more tickets:"), width="content")
        link("results", _("Results"))


def _missed(found: EvaluationView) -> None:
    """Name the values that are missed most."""
    if not found.missed:
        return
    st.subheader(_("Often missed: look at these first"), anchor=False)
    for one in found.missed:
        words = _("{field} “{value}”: found for {share} of {count} tickets.")
        if one.taken_for is not None:
            words = _("{field} “{value}”: found for {share} of {count} tickets, mostly taken for “{other}”.")
        told = words.format(
            field=title_of(one.field),
            value=one.value,
            share=share(one.recall.value or 0.0),
            count=number(one.examples),
            other=one.taken_for,
        )
        st.html(f"<div class='t-note t-bad'>{plain(told)}</div>")


def _meets(field: EvaluatedFieldView) -> bool:
    return (field.automatic_right.value or 0.0) >= field.precision_asked


def _target(field: EvaluatedFieldView) -> str:
    """Return the target of a field, and whether it was reached."""
    target = share(field.precision_asked)
    if field.automatic_right.value is None:
        return target
    words = _("{target}: reached") if _meets(field) else _("{target}: missed")
    return words.format(target=target)


def _replay(found: ReplayView) -> None:
    saved = found.hours_given_back
    if saved > 0:
        hours = counted(round(saved), "About {count} hour of work saved.", "About {count} hours of work saved.")
        st.header(hours, anchor=False)
    else:
        st.header(_("No work saved: wrong values would have cost more than right ones saved."), anchor=False)
    facts = _("{tickets} tickets, {trainings} trainings; {avoided} of {all} reassignments avoided.")
    st.write(
        facts.format(
            tickets=number(found.tickets),
            trainings=number(found.trainings),
            avoided=number(found.reassignments_avoided),
            all=number(found.reassignments),
        )
    )
    plain_table(
        [
            {
                _("Field"): title_of(name),
                _("Right"): _estimate(field.accuracy),
                _("Would fill when sure"): _estimate(field.automatic_share),
                _("Of these right"): _estimate(field.automatic_right),
                _("Tickets"): number(field.examples),
            }
            for name, field in found.fields.items()
        ]
    )
    name = _GROUP if _GROUP in found.fields else next(iter(found.fields), None)
    if name is not None:
        points = [
            BarValue(one.month, month(one.month), value)
            for one in found.months
            if name in one.fields and (value := one.fields[name].accuracy.value) is not None
        ]
        if points:
            words = _("{field}: share of right suggestions by month").format(field=title_of(name))
            told = "; ".join(f"{point.name}: {share(point.value)}" for point in points)
            line(points, words, key="evaluation-months", alt=told)
    st.caption(_("Hours are estimates; the full report says what they assume."))


def _estimate(found: EstimateView) -> str:
    """Return a figure with its 95 % interval."""
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return share(found.value)
    interval = _("{value} ({low} to {high})")
    return interval.format(value=share(found.value), low=share(found.low), high=share(found.high))
