"""Page: import a file of tickets after a look at what it would do, then train."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.desk.import_draft import ImportDraft, rows_left_out, says_something
from app.desk.import_progress import IMPORT, TRAINING, job_in_address, reject_words, show_import, show_training
from app.desk.language import _, counted, in_sentence, number
from app.desk.shell import has_history, page, refused, service, tried
from app.desk.shown_values import ShownValues, shown_values
from app.desk.texts import label, plain, title_of, worded
from app.desk.visitor import Keeper, browser, person
from app.schemas.imports import ColumnView, DateOrderView, ImportPreviewView, StateCountView
from kb.records.excerpt import excerpt
from kb.records.incident import FIELDS
from kb.records.job import JobKind, JobState
from kb.records.rejects import RejectKind
from kb.vocabulary.stage import FINISHED, OPEN, Stage
from models.errors import TriageError

_ENDINGS = ["csv", "tsv", "txt", "xlsx", "xlsm", "xls", "json", "jsonl", "ndjson", "xml", "html", "htm"]
_FURTHER = ""
_FIELDS = [_FURTHER, *(entry.name for entry in FIELDS if not entry.derived)]
_EXAMPLE_CHARACTERS = 60
_MOST_OPEN = 12  # further columns: what fits a screen with the fields; exports of some tools have hundreds
_MOST_STATES = 40  # a column with more is hardly one of states, and every one of them is a row of the page
_MOST_DRAFTS = 20  # files that wait to be imported are kept in memory


def show() -> None:
    """Lay out the page."""
    page(_("Import"), _("Upload resolved tickets, check how they are read, import them, then train."))
    draft = _drafts().get(browser())
    try:
        job = job_in_address(IMPORT, JobKind.IMPORT)
        if job is not None:
            has_ended = show_import(job)
            if has_ended:
                st.button(_("Import another file"), on_click=_start_over)
            if job.state is JobState.DONE:
                show_training()
        elif draft is None:
            _upload()
        else:
            _check(draft)
    except TriageError as error:
        refused(error)


# Streamlit's own words on the uploader are English: those of the button stay its name for assistive technology.
_UPLOADER = """
<style>
[data-testid=stFileUploaderDropzone] button p {{position: absolute; clip-path: inset(50%)}}
[data-testid=stFileUploaderDropzoneInstructions] span {{display: none}}
[data-testid=stFileUploaderDropzone] button [data-testid=stMarkdownContainer]::after {{content: {button}}}
[data-testid=stFileUploaderDropzoneInstructions]::after {{content: {limits}; font-size: .88rem}}
</style>
"""


@st.cache_resource
def _drafts() -> Keeper[ImportDraft]:
    return Keeper(_MOST_DRAFTS)


def _upload() -> None:
    st.header(_("Choose the file"), anchor=False)
    help_ = _("CSV, XLSX, XLS, JSON, JSON Lines, XML or HTML, as exported.")
    most = _("{size} MB at most: {kinds}").format(size=st.get_option("server.maxUploadSize"), kinds=", ".join(_ENDINGS))
    st.html(_UPLOADER.format(button=_css_text(_("Upload a file")), limits=_css_text(most)))
    given = st.file_uploader(_("File of tickets"), _ENDINGS, help=help_)
    if given is not None:
        _drafts().put(browser(), ImportDraft(given.name, given.getvalue()))
        st.rerun()
    if has_history():
        show_training()


def _css_text(text: str) -> str:
    """Return a text as CSS writes it."""
    return json.dumps(text, ensure_ascii=False)


def _start_over() -> None:
    _drafts().drop(browser())
    for name in (IMPORT, TRAINING):
        st.query_params.pop(name, None)


def _check(draft: ImportDraft) -> None:
    head, other = st.columns([4, 1], vertical_alignment="center")
    with head:
        st.html(f"<span class='t-head'>{plain(draft.name)}</span>")
    other.button(_("Choose another file"), on_click=_start_over)
    try:
        with st.spinner(_("Reading the file…")):
            preview = draft.look(service())
    except TriageError as error:
        refused(error)
        _reading(draft, None)
        return
    tool = _("This looks like an export of {tool}.").format(tool=preview.tool) if preview.tool else ""
    recalled = _("Columns are taken as you chose for an earlier file with the same columns.")
    st.info(label(f"{tool or _('No ticket tool was recognised.')} {recalled if preview.recalled else ''}", 300))
    st.header(_("Check the columns"), anchor=False)
    if not says_something(preview):
        st.error(_("No column says what the caller said. Choose below which one is the description."))
    shown = shown_values(f"import-{draft.id}")
    _columns(draft, preview, shown)
    if not says_something(preview):
        shown.watch()
        return
    if preview.states:
        st.header(_("Check the states"), anchor=False)
        _states(draft, preview.states, shown)
    st.header(_("Check the dates"), anchor=False)
    _reading(draft, preview.date_order)
    shown.watch()
    _problems(preview)
    st.header(_("Import the tickets"), anchor=False)
    left_out = rows_left_out(preview)
    if left_out and preview.incidents:
        words = "{count} row is left out, for the reasons above.", "{count} rows are left out, for the reasons above."
        st.caption(counted(left_out, *words))
    begin = st.button(
        counted(preview.incidents, "Import {count} ticket", "Import {count} tickets"),
        type="primary",
        disabled=not preview.incidents,
    )
    if begin and tried(lambda: draft.start(service(), by=person())):
        st.query_params[IMPORT] = str(draft.job)
        _drafts().drop(browser())
        st.rerun()


def _columns(draft: ImportDraft, preview: ImportPreviewView, shown: ShownValues) -> None:
    """What each column is taken for; many further columns that resemble nothing stand folded below."""
    doubts = {doubt.column: doubt for doubt in preview.doubts}
    further = [column.column for column in preview.columns if column.field is None and column.column not in doubts]
    folded = set(further) if says_something(preview) and len(further) > _MOST_OPEN else set[str]()
    places = list(enumerate(preview.columns))
    for place, column in places:
        if column.column not in folded:
            doubt = None if column.field else doubts.get(column.column)
            words = _("Resembles {field}, but {reason}.")
            note = (
                words.format(field=in_sentence(title_of(doubt.field)), reason=worded(doubt.reason, doubt.wording))
                if doubt
                else ""
            )
            _column(draft, place, column, note, shown)
    if folded:
        with st.expander(_("Further columns, stored as they came: {count}").format(count=number(len(folded)))):
            for place, column in places:
                if column.column in folded:
                    _column(draft, place, column, "", shown)


def _column(draft: ImportDraft, place: int, column: ColumnView, note: str, shown: ShownValues) -> None:
    name, choice = st.columns([5, 2], vertical_alignment="center")
    values = " · ".join(excerpt(value, _EXAMPLE_CHARACTERS) for value in column.examples) or _("empty")
    doubt = f"<div class='t-note'><b>{plain(note)}</b></div>" if note else ""
    with name:
        st.html(f"<span class='t-head'>{plain(column.column)}</span>{doubt}<div class='t-note'>{plain(values)}</div>")
    with choice:
        shown.select(
            _("{column} is").format(column=label(column.column)),
            _FIELDS,
            column.field if column.field in _FIELDS else _FURTHER,
            key=f"column-{place}",
            choose=partial(draft.take, column),
            format_func=lambda entry: title_of(entry) if entry else _("further column"),
            label_visibility="collapsed",
        )


def _states(draft: ImportDraft, states: Sequence[StateCountView], shown: ShownValues) -> None:
    """What each state means, those first that nobody knows."""
    unknown = sum(state.incidents for state in states if state.stage is Stage.UNKNOWN)
    st.caption(_("Suggestions learn only from resolved and closed tickets; only open ones are in the queue."))
    if unknown:
        st.warning(
            counted(
                unknown,
                "What the state of {count} ticket means is unknown: nothing is learned from it until you say it.",
                "What the state of {count} tickets means is unknown: nothing is learned from them until you say it.",
            )
        )
    ordered = sorted(states, key=lambda state: state.stage is not Stage.UNKNOWN)
    for state in ordered[:_MOST_STATES]:
        _state(draft, state, shown)
    if len(ordered) > _MOST_STATES:
        more = counted(len(ordered) - _MOST_STATES, "{count} more state", "{count} more states")
        st.caption(_("{more}: is the column of states the right one?").format(more=more))


def _state(draft: ImportDraft, state: StateCountView, shown: ShownValues) -> None:
    name, choice = st.columns([5, 2], vertical_alignment="center")
    with name:
        said = plain(excerpt(state.state, _EXAMPLE_CHARACTERS) or _("(no state)"))
        count = counted(state.incidents, "{count} ticket", "{count} tickets")
        st.html(f"<span class='t-head'>{said}</span><div class='t-note'>{count}</div>")
    if not state.state:
        choice.caption(_stage_words(state.stage))
        return
    with choice:
        shown.select(
            _("{state} means").format(state=label(state.state)),
            list(Stage),
            state.stage,
            key=f"state-{state.state}",
            choose=partial(draft.mean, state.state),
            format_func=_stage_words,
            label_visibility="collapsed",
        )


def _stage_words(stage: Stage) -> str:
    if stage in FINISHED:
        return _("{stage} (learned from)").format(stage=title_of(stage.value))
    if stage in OPEN:
        return _("{stage} (in the queue)").format(stage=title_of(stage.value))
    return _("{stage} (not used)").format(stage=title_of(stage.value))


def _orders() -> dict[bool | None, str]:
    return {None: _("as the file says"), True: _("day first"), False: _("month first")}


def _reading(draft: ImportDraft, order: DateOrderView | None) -> None:
    """How dates are read, and which sheet."""
    if order is not None:
        _say_order(order)
    orders = {words: order for order, words in _orders().items()}
    dates, zone, sheets = st.columns(3)
    day_first = dates.selectbox(
        _("Day or month first"),
        list(orders),
        index=list(orders.values()).index(draft.day_first),
        key=f"import-order-{draft.id}",
    )
    timezone = zone.text_input(
        _("Time zone"),
        draft.timezone,
        key=f"import-zone-{draft.id}",
        help=_("For times without one, for example Europe/Berlin."),
    )
    sheet = draft.sheet
    if len(draft.sheets) > 1:
        choices = ["", *draft.sheets]
        sheet = sheets.selectbox(
            _("Sheet"),
            choices,
            index=choices.index(draft.sheet),
            format_func=lambda entry: entry or _("the likeliest one"),
            key=f"import-sheet-{draft.id}",
        )
    if draft.read(day_first=orders[day_first], sheet=sheet, timezone=timezone.strip()):
        st.rerun()


def _say_order(order: DateOrderView) -> None:
    read = _orders()[order.day_first]
    reason = worded(order.reason or "", order.wording)
    if order.reason is None:
        words = _("Dates such as {example} are read {order}, though nothing in the file says so.")
        st.warning(label(words.format(example=order.example, order=read), 300))
    elif order.is_mixed:
        words = _("Dates are read {order}: {reason}. Those that cannot be are left empty.")
        st.warning(label(words.format(order=read, reason=reason), 300))
    else:
        st.caption(label(_("Dates are read {order}: {reason}.").format(order=read, reason=reason), 300))


def _problems(preview: ImportPreviewView) -> None:
    """What is wrong with which rows, by kind; what the page says of dates and columns already stands out."""
    kinds = {
        RejectKind.ROW: _("Rows left out"),
        RejectKind.CELL: _("Cells left empty"),
        RejectKind.NOTE: _("Notes"),
    }
    for kind, title in kinds.items():
        shown = [
            problem
            for problem in preview.problems
            if problem.kind is kind and not problem.examples[0].endswith(preview.dates)
        ]
        if not shown:
            continue
        with st.expander(
            f"{title}: {number(sum(problem.count for problem in shown))}", expanded=kind is RejectKind.ROW
        ):
            for problem in shown:
                examples = "".join(f"<div class='t-note'>{plain(reject_words(one))}</div>" for one in problem.rejects)
                times = counted(problem.count, "{count} time", "{count} times")
                st.html(f"<span class='t-head'>{plain(times)}</span>{examples}")
