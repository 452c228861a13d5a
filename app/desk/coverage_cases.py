"""The tickets behind a measure, as the address names them: `cases=known-new`, `month-2026-01`, `article-KB1`."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.desk.address import paged, turn_pages
from app.desk.language import _, counted, month, plain_day
from app.desk.shell import go_to, link, service
from app.desk.table import Cell, Column, Mark, Row, table
from app.desk.texts import label
from app.schemas.curation import CaseView
from kb.records.known import Known

_PAGE = 50


def show_cases(chosen: dict[str, Any]) -> bool:
    """Show the tickets that the address asks for among those that the filters leave; return whether it asks for any."""
    asked = st.query_params.get("cases", "")
    told = cases_asked_for(asked)
    if told is None:
        return False
    name, wanted = told
    st.header(name, anchor=False)
    with st.container(horizontal=True):
        if st.button(_("Back to the measures"), icon=":material/arrow_back:", key="cases-back"):
            for name in ("cases", "page"):
                st.query_params.pop(name, None)
            st.rerun()
        if "article" in wanted:
            link("articles", _("Open article {id}").format(id=wanted["article"]), article=wanted["article"])
    found = paged(
        "cases",
        lambda offset: service().cases(limit=_PAGE, offset=offset, **chosen, **wanted),
        lambda found: found.total,
        size=_PAGE,
        asked=(chosen, wanted),
    )
    st.caption(counted(found.total, "{count} ticket, newest first", "{count} tickets, newest first"))
    if not found.cases:
        return True
    columns = [
        Column(_("Day"), "narrow"),
        Column(_("Ticket"), "wide"),
        Column(_("Team")),
        Column(_("Articles")),
    ]
    opened = table(label(name), columns, [case_row(one) for one in found.cases], key=f"cases-{asked}").opened
    turn_pages(found.total, size=_PAGE)
    if opened is not None:
        go_to("ticket", number=opened)
    return True


def case_row(one: CaseView) -> Row:
    """Return a ticket behind a measure as a row."""
    marks = [Mark(_("reopened"), "warning")] if one.reopened else []
    return Row(
        one.number,
        one.number,
        [
            Cell(plain_day(one.day) if one.day else ""),
            Cell(one.title, sub=one.number, marks=marks),
            Cell(one.team or ""),
            Cell(", ".join(one.articles)),
        ],
    )


def cases_asked_for(asked: str) -> tuple[str, dict[str, Any]] | None:
    """Return what an address asks for: its name, and the filters of the API."""
    measures = {
        "linked-yes": (_("Tickets with a linked article"), {"linked": True}),
        "expected-no": (_("Links whose article does not fit the text"), {"expected": False}),
        "reopened-with": (_("Reopened, with an article"), {"reopened": True, "linked": True}),
        "reopened-without": (_("Reopened, without an article"), {"reopened": True, "linked": False}),
    }
    kind, _dash, value = asked.partition("-")
    if asked in measures:
        return measures[asked]
    if kind == "known" and value in set(Known):
        return known_word(Known(value)), {"known": value}
    if kind == "month" and value:
        return _("Resolved in {month}").format(month=month(value)), {"month": value}
    if kind == "article" and value:
        return _("Solved with {id}").format(id=value), {"article": value}
    return None


def known_word(known: Known) -> str:
    """Return in words how much of a ticket was known."""
    return {
        Known.KNOWN_LINKED: _("Known and linked"),
        Known.KNOWN_NOT_LINKED: _("Known, not linked"),
        Known.SOLVED_NOT_CAPTURED: _("Solved before, no article"),
        Known.NEW: _("New"),
    }[known]
