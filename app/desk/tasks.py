"""Page: what a knowledge manager should do, best return on time first; the chosen task beside the list."""

from __future__ import annotations

import streamlit as st

from app.desk.address import chosen_view
from app.desk.into_view import come_into_view
from app.desk.language import _, counted, date_and_time, number
from app.desk.shell import has_history, page, refused, service
from app.desk.table import Cell, Column, Mark, Row, table
from app.desk.task_detail import kind_word, show_task, verdict_word
from app.desk.watching import watch
from app.schemas.curation import ItemView, WorklistView
from kb.records.worklist_item import ItemKind, Verdict
from models.errors import TriageError

_MOST = 100
_ALL = "all"


def show() -> None:
    """Lay out the page."""
    page(_("Tasks"), _("What to do for the knowledge base, best return on time first."))
    try:
        counts = service().worklist(limit=_MOST)
        if counts.as_of is None:
            if has_history():
                st.info(_("First analysis is running. This page updates by itself."))
            watch(lambda: service().worklist(limit=1).as_of, None)
            return
        kind, decided = _filters(counts)
        found = service().worklist(kind=kind, limit=_MOST, decided=decided) if kind or decided else counts
    except TriageError as error:
        refused(error)
        return
    watch(lambda: service().worklist(limit=1).counts, counts.counts)
    items = [item for item in found.items if _is_decided(item) is decided]
    if not items:
        if has_history():
            st.success(_("Nothing was decided yet.") if decided else _("Nothing to do here. Well done."))
        return
    listed, detail = st.columns([5, 6], gap="large")
    asked = st.query_params.get("item", "")
    opened = next((item for item in items if item.id == asked), items[0])
    with listed:
        _list(found, items, opened, decided=decided)
    with detail:
        come_into_view("task", opened.id, asked=asked)
        try:
            show_task(opened, polishes=found.polishes)
        except TriageError as error:
            refused(error)


def _is_decided(item: ItemView) -> bool:
    return item.ruling is not None and item.ruling.verdict is not Verdict.OPEN


def _filters(counts: WorklistView) -> tuple[ItemKind | None, bool]:
    """Show the filters, which stand in the page's address."""
    words = {_ALL: f"{_('All')} {number(sum(counts.counts.values()))}"}
    words |= {kind.value: f"{kind_word(kind)} {number(counts.counts[kind])}" for kind in ItemKind}
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        kind = chosen_view(_("Kind of task"), words, key="kind")
        decided = st.toggle(_("Decided"), key="decided", bind="query-params")
    return (None if kind == _ALL else ItemKind(kind)), decided


def _list(found: WorklistView, items: list[ItemView], opened: ItemView, *, decided: bool) -> None:
    if not decided and found.as_of is not None:
        told = counted(found.total, "{count} task, updated {{at}}.", "{count} tasks, updated {{at}}.")
        st.caption(told.format(at=date_and_time(found.as_of)) + " " + _("Hours are estimates for a year."))
    columns = [Column(_("Hours"), "narrow"), Column(_("Task"), "wide"), Column(_("Kind"), "narrow")]
    rows = [
        Row(
            item.id,
            item.title,
            [
                Cell(number(round(item.hours, 1))),
                Cell(
                    item.title,
                    marks=[Mark(verdict_word(item.ruling.verdict), "muted")] if decided and item.ruling else [],
                ),
                Cell(kind_word(item.kind)),
            ],
        )
        for item in items
    ]
    chosen = table(_("Tasks"), columns, rows, key="task-rows", open_row=opened.id, height=620).opened
    if chosen is not None and chosen != opened.id:
        st.query_params["item"] = chosen
        st.rerun()
    if found.total > _MOST:
        st.caption(_("The first {count} are shown; the others follow when these are done.").format(count=_MOST))
