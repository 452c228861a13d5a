"""Page: problems in the imported data that keep suggestions from being right, each with its tickets."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence

import streamlit as st

from app.desk.charts import table as plain_table
from app.desk.evaluation import run_or_follow
from app.desk.finding_words import example_words, finding_words
from app.desk.language import _, counted, date_and_time, number, share
from app.desk.shell import link, page, refused, service, ticket_link
from app.desk.texts import label, plain, title_of
from app.schemas.job_reports import CheckupView, FindingView, SuspectView
from app.schemas.jobs import JobView
from kb.records.job import JobKind
from models.errors import TriageError

_SUSPECTS = 25


def show() -> None:
    """Lay out the page."""
    page(_("Data quality"), _("Problems in your tickets that keep suggestions from being right, worst first."))
    try:
        done = run_or_follow(JobKind.DOCTOR, start=_("Check data quality"))
        if done is not None:
            _report(done, service().checkup(done.id))
    except TriageError as error:
        refused(error)


def _report(job: JobView, found: CheckupView) -> None:
    count = len(found.findings)
    verdict = counted(count, "{count} problem found", "{count} problems found") if count else _("No problems found")
    st.header(verdict, anchor=False)
    checked = counted(found.incidents, "{count} resolved ticket was checked", "{count} resolved tickets were checked")
    moment = date_and_time(job.finished_at or job.created_at)
    st.caption(_("{checked} on {moment}.").format(checked=checked, moment=moment))
    _findings(found.findings)
    _suspects(found.suspects)
    st.header(_("Fields"), anchor=False)
    plain_table(
        [
            {
                _("Field"): title_of(field.field),
                _("Ready"): _("yes") if field.ready else _("not yet"),
                _("Right"): share(field.accuracy) if field.accuracy is not None else "-",
                _("Possible at best"): share(field.best_possible) if field.best_possible is not None else "-",
                _("More tickets needed"): number(field.tickets_needed),
            }
            for field in found.fields
        ]
    )


def _kinds() -> dict[str, tuple[str, str, str | None]]:
    """Return for each kind of finding what it is called, what to do about it, and the page to do it on."""
    return {
        "unknown states": (_("Unknown states"), _("Say what these states mean when you import."), "import"),
        "several spellings": (_("Several spellings"), _("Merge the spellings."), "labels"),
        "contradictory labels": (_("Contradictory values"), _("Look at these tickets and correct them."), None),
        "same text, different labels": (_("Same text, different values"), _("Agree on one value."), None),
        "catch-all value": (_("Catch-all values"), _("Split the value, or define when to use it."), "labels"),
        "values that are not told apart": (
            _("Values often confused"),
            _("Merge them, or define the difference."),
            "labels",
        ),
        "values drawn up anew": (
            _("Older scheme of values"),
            _("Where an old value is one of today's, record the rename."),
            "labels",
        ),
        "dead value": (_("Unused values"), _("Retire or rename the value."), "labels"),
        "boilerplate": (_("Repeated lines"), _("Leave the line out of the form or mail."), None),
        "form or footer": (_("Forms and footers"), _("These words count for nothing. Nothing to do."), None),
        "missing resolution notes": (_("Missing resolution notes"), _("Write down how tickets were solved."), None),
        "leak from the future": (
            _("Text contains later information"),
            _("Import the change history, or results will be too good."),
            "import",
        ),
    }


def _findings(findings: Sequence[FindingView]) -> None:
    """Show the findings by kind, the worst kind first."""
    by_kind = defaultdict[str, list[FindingView]](list)
    for finding in findings:
        by_kind[finding.kind].append(finding)
    kinds = _kinds()
    for place, (kind, found) in enumerate(by_kind.items()):
        title, advice, page_name = kinds.get(kind, (kind.capitalize(), "", None))
        with st.expander(f"{title}: {number(len(found))}", expanded=place == 0):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.write(advice)
                if page_name is not None:
                    link(page_name, _("Label changes") if page_name == "labels" else _("Import"))
            for finding in found:
                _finding(finding)


def _finding(finding: FindingView) -> None:
    field = f"<b>{plain(title_of(finding.field))}</b>: " if finding.field else ""
    said = finding_words(finding).removesuffix(".")
    touched = _("{share} of tickets").format(share=share(finding.share))
    examples = "".join(
        f"<div class='t-note'>{plain(example_words(finding, example))}</div>" for example in finding.examples
    )
    st.html(f"<div class='t-text'>{field}{plain(said)} ({plain(touched)})</div>{examples}")
    if finding.numbers:
        with st.container(horizontal=True, gap="small"):
            for number_ in finding.numbers:
                ticket_link(number_)


def _suspects(suspects: Sequence[SuspectView]) -> None:
    if not suspects:
        return
    st.header(_("Values that are probably wrong"), anchor=False)
    st.caption(
        counted(len(suspects), "{count} ticket, the most doubtful first.", "{count} tickets, the most doubtful first.")
    )
    st.download_button(
        _("Download all as CSV"), _as_csv(suspects), "suspects.csv", mime="text/csv", icon=":material/download:"
    )
    for suspect in suspects[:_SUSPECTS]:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            ticket_link(suspect.number)
            words = _("{field} is {value}; similar tickets are {likely}.")
            st.write(
                words.format(field=title_of(suspect.field), value=label(suspect.value), likely=label(suspect.likely))
            )


def _as_csv(suspects: Sequence[SuspectView]) -> str:
    """Return suspects as CSV, whose cells no spreadsheet takes for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["number", "field", "value", "likely", "doubt"])
    for one in suspects:
        cells = (one.number, one.field, one.value, one.likely)
        writer.writerow([*(f"'{cell}" if cell[:1] in {*"=+-@\t\r"} else cell for cell in cells), one.doubt])
    return text.getvalue()
