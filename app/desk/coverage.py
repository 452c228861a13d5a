"""Page: how well the knowledge base covers the work; each measure leads to the tickets behind it."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from app.desk.address import chosen_view
from app.desk.charts import BarValue, interval_bars, line
from app.desk.coverage_cases import known_word, show_cases
from app.desk.language import _, counted, date_order, month, number, of_ten, share
from app.desk.shell import has_history, link, page, refused, service, ticket_link
from app.desk.table import Cell, Column, Row, table
from app.desk.texts import label, plain
from app.desk.watching import watch
from app.schemas.curation import ContributionsView, MeasuresView, ShareView, TaxonomyView
from kb.records.known import Known
from models.errors import TriageError

_EXAMPLES = 3
_LEAST_A_MONTH = 5  # of fewer tickets a share says nothing


def show() -> None:
    """Lay out the page."""
    page(_("Coverage"), _("How well the knowledge base covers the work. For learning, not targets or rankings."))
    views = {
        "work": _("Known work"),
        "links": _("Articles and links"),
        "categories": _("Categories"),
        "people": _("Contributions"),
    }
    view = chosen_view(_("View"), views, key="coverage_view", usual="work")
    try:
        if view == "categories" and has_history():
            _categories(service().taxonomy())
            return
        if view == "people":
            _people(service().contributions())
            return
        found = service().measures()
        chosen = _filters(found)
        if any(chosen.values()):
            found = service().measures(**chosen)
        if not has_history():
            return
        if found.as_of is None:
            st.info(_("First analysis is running. This page updates by itself."))
            watch(lambda: service().measures().as_of, None)
            return
        if show_cases(chosen):
            return
        if view == "links":
            _links(found)
        else:
            _work(found)
    except TriageError as error:
        refused(error)


def _filters(known: MeasuresView) -> dict[str, Any]:
    """Show the filters, all of which stand in the page's address; returns what they say."""
    with st.container(horizontal=True, gap="small"):
        team, affected = (
            st.selectbox(title, values, index=None, key=key, bind="query-params", width=220, placeholder=_("any"))
            for title, values, key in ((_("Team"), known.teams, "team"), (_("Service"), known.services, "of"))
        )
        since, until = (
            st.date_input(title, value=None, key=key, bind="query-params", width=150, format=date_order())
            for title, key in ((_("From"), "since"), (_("Before"), "until"))
        )
    return {
        "team": team,
        "service": affected,
        "since": since.isoformat() if isinstance(since, date) else None,
        "until": until.isoformat() if isinstance(until, date) else None,
    }


def _work(found: MeasuresView) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.header(_("How much of the work was already known"), anchor=False)
        if any(one.value is not None for one in found.known.values()):
            count = next(iter(found.known.values())).count
            told = _("An even sample of {count} of {total} resolved tickets. The line shows the 95 % interval.")
            st.caption(told.format(count=number(count), total=number(found.incidents)))
            bars = [
                BarValue(f"known-{name}", known_word(Known(name)), one.value or 0.0, one.low, one.high)
                for name, one in found.known.items()
            ]
            _show(interval_bars(bars, _("share of the tickets"), key="known", alt=_told(bars)))
            _doors([(bar.name, bar.id) for bar in bars])
        else:
            st.info(_("No resolved tickets match."))
    with right:
        st.header(_("Tickets with an article, by month"), anchor=False)
        told = _(
            "Share of the resolved tickets of each month with a linked article, for months with {least} tickets or "
            "more. Click a month for its tickets."
        )
        st.caption(told.format(least=number(_LEAST_A_MONTH)))
        months = [
            BarValue(f"month-{one.month}", month(one.month), one.link_rate, count=one.incidents)
            for one in found.months
            if one.incidents >= _LEAST_A_MONTH
        ]
        if months:
            _show(line(months, _("share with an article"), key="months", alt=_told(months)))
            _doors([(months[-1].name, months[-1].id)])
    st.header(_("What links did"), anchor=False)
    _table(
        [
            (_("Tickets with a linked article"), found.link_rate, "linked-yes"),
            (_("Links whose article fits the text"), found.link_accuracy, "expected-no"),
            (_("Reopened, with an article"), found.reopened_with_article, "reopened-with"),
            (_("Reopened, without an article"), found.reopened_without_article, "reopened-without"),
        ]
    )
    st.download_button(
        _("Download all cases (CSV)"), lambda: service().case_table(), "cases.csv", "text/csv", on_click="ignore"
    )


def _told(bars: list[BarValue]) -> str:
    return "; ".join(f"{bar.name}: {share(bar.value)}" for bar in bars)


def _show(clicked: str | None) -> None:
    """Go to the tickets behind a bar or a point that was clicked."""
    if clicked is not None:
        st.query_params["cases"] = clicked
        st.rerun()


def _doors(doors: list[tuple[str, str]]) -> None:
    """Show links to the tickets behind each bar, for those who do not click on charts."""
    with st.container(horizontal=True, gap="small"):
        for name, cases in doors:
            if st.button(
                label(name), key=f"door-{cases}", type="tertiary", icon=":material/list:", help=_("Show the tickets")
            ):
                _show(cases)


def _table(rows: list[tuple[str, ShareView, str]]) -> None:
    shown = [
        Row(
            cases,
            name,
            [
                Cell(name),
                Cell(_("unknown") if one.value is None else share(one.value)),
                Cell(
                    _("{low} to {high} of {count} tickets").format(
                        low=share(one.low), high=share(one.high), count=number(one.count)
                    )
                ),
            ],
        )
        for name, one, cases in rows
    ]
    columns = [Column(_("Measure"), "wide"), Column(_("Share"), "narrow"), Column(_("95 % interval"), "narrow")]
    st.caption(_("Open a row to see its tickets."))
    _show(table(_("What links did"), columns, shown, key="link-measures").opened)


def _links(found: MeasuresView) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.header(_("Most used articles"), anchor=False)
        st.caption(_("Open a row to see the tickets."))
        columns = [Column(_("Article"), "narrow"), Column(_("Title"), "wide"), Column(_("Tickets"), "narrow")]
        rows = [
            Row(f"article-{one.article}", one.article, [Cell(one.article), Cell(one.title), Cell(number(one.links))])
            for one in found.reuse[:20]
        ]
        _show(table(_("Most used articles"), columns, rows, key="reuse").opened)
    with right:
        st.header(_("Links to check"), anchor=False)
        st.caption(
            _("A random sample; first those whose text does not lead to the article. A reason to look, not an error.")
        )
        columns = [Column(_("Ticket"), "narrow"), Column(_("Article"), "narrow"), Column(_("Text matches article"))]
        checks = [
            Row(
                one.number,
                one.number,
                [Cell(one.number), Cell(one.article), Cell(_("yes") if one.expected else _("no"))],
            )
            for one in found.to_check
        ]
        checked = st.query_params.get("check")
        opened = table(_("Links to check"), columns, checks, key="to-check", open_row=checked).opened
        if opened is not None and opened != checked:
            st.query_params["check"] = opened
            st.rerun()
        check = next((one for one in found.to_check if one.number == checked), None)
        if check is not None:
            with st.container(horizontal=True):
                ticket_link(check.number)
                link("articles", check.article, article=check.article)


def _categories(found: TaxonomyView) -> None:
    if not (found.unused or found.mixed or found.deserving):
        st.success(_("No problems found in the categories."))
    if found.unused:
        st.header(_("Not used any more"), anchor=False)
    for unused in found.unused:
        told = counted(unused.count, "{count} ticket before", "{count} tickets before")
        days = counted(unused.days, "no ticket for {count} day", "no ticket for {count} days")
        _card(unused.category, f"{days}; {told}", [])
    if found.mixed:
        st.header(_("Hard to tell apart"), anchor=False)
    for mixed in found.mixed:
        told = _("{one} of 10 tickets in the first look like the second, {other} of 10 the other way.")
        words = told.format(one=of_ten(mixed.shares[0]), other=of_ten(mixed.shares[1]))
        _card(_(" and ").join(mixed.categories), words, mixed.incidents)
    if found.deserving:
        st.header(_("Could be their own category"), anchor=False)
    for issue in found.deserving:
        told = _("{count} tickets, {share} of 10 in {category}.")
        words = told.format(count=number(issue.count), share=of_ten(issue.share), category=issue.category)
        _card(issue.name, words, issue.incidents)


def _card(head: str, note: str, numbers: list[str]) -> None:
    with st.container(border=True, gap="small"):
        st.html(f"<span class='t-head'>{plain(head)}</span><div class='t-note'>{plain(note)}</div>")
        with st.container(horizontal=True, gap="small"):
            for one in numbers[:_EXAMPLES]:
                ticket_link(one)


def _people(found: ContributionsView) -> None:
    if found.days_to_publish is not None:
        told = _("Half of the articles could be used within {days} days ({count} articles).")
        st.write(told.format(days=number(found.days_to_publish), count=number(found.published)))
    st.caption(_("For coaching, not for ranking: in the order of names."))
    if not found.people:
        st.info(_("Nobody has given a name yet."))
        return
    columns = [
        Column(_("Person"), "wide"),
        Column(_("Written")),
        Column(_("Edited")),
        Column(_("Validated")),
        Column(_("Linked")),
        Column(_("From tickets")),
        Column(_("Flagged")),
    ]
    rows = [
        Row(
            one.person,
            one.person,
            [
                Cell(one.person),
                *(
                    Cell(number(count))
                    for count in (one.created, one.edited, one.validated, one.linked, one.captured, one.flagged)
                ),
            ],
        )
        for one in found.people
    ]
    table(_("Contributions"), columns, rows, key="people")
