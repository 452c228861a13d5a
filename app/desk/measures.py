"""Page: how well the knowledge base covers the work, what is wrong with the categories, and whom to coach."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from app.desk.charts import interval_bars, line, table
from app.desk.parts import page, service
from app.desk.texts import label, plain
from app.schemas.curation import MeasuresView, ShareView, TaxonomyView
from models.errors import TriageError

_KNOWN = {
    "known_linked": "known and linked",
    "known_not_linked": "known, not linked",
    "solved_not_captured": "solved before, not captured",
    "new": "new",
}


def show() -> None:
    """Lay out the page."""
    page("Measures", "How well the knowledge base covers the work. To learn from, never goals, never a league table.")
    try:
        found = _filtered()
        if found.as_of is None:
            st.info("Everything is being looked through for the first time; come back in a minute.")
            return
        demand, reuse, categories, coaching = st.tabs(["Demand", "Reuse and links", "Categories", "Coaching"])
        with demand:
            _demand(found)
        with reuse:
            _reuse(found)
        with categories:
            _categories(service().taxonomy())
        with coaching:
            _coaching()
    except TriageError as error:
        st.error(label(str(error), 300))


def _filtered() -> MeasuresView:
    everything = service().measures()
    team, service_, since_, until_ = st.columns([2, 2, 1, 1])
    chosen: dict[str, Any] = {
        "team": team.selectbox("Team", everything.teams, index=None, placeholder="every team"),
        "service": service_.selectbox("Service", everything.services, index=None, placeholder="every service"),
    }
    for column, name in ((since_, "since"), (until_, "until")):
        day = column.date_input(name.capitalize(), value=None, key=f"measures-{name}")
        chosen[name] = day.isoformat() if isinstance(day, date) else None
    return service().measures(**chosen) if any(chosen.values()) else everything


def _demand(found: MeasuresView) -> None:
    st.subheader("Known against new")
    if any(share.value is not None for share in found.known.values()):
        count = next(iter(found.known.values())).count
        st.caption(f"On an even sample of {count:,} of {found.incidents:,} resolved incidents, with 95 % intervals.")
        interval_bars(
            [
                {"name": _KNOWN[name], "value": share.value or 0.0, "low": share.low, "high": share.high}
                for name, share in found.known.items()
            ],
            "of the incidents",
        )
    st.subheader("Link rate by month")
    line([{"name": month.month, "value": month.link_rate} for month in found.months], "link rate")
    rate, accuracy, with_one, without = st.columns(4)
    _metric(rate, "link rate", found.link_rate)
    _metric(accuracy, "link accuracy", found.link_accuracy)
    _metric(with_one, "opened again, with article", found.reopened_with_article)
    _metric(without, "opened again, without", found.reopened_without_article)
    st.download_button("Export the cases as CSV", lambda: service().cases(), "cases.csv", "text/csv", on_click="ignore")


def _metric(column: Any, name: str, share: ShareView) -> None:
    value = "unknown" if share.value is None else f"{share.value:.0%}"
    column.metric(name, value, help=f"between {share.low:.0%} and {share.high:.0%}, of {share.count:,}")


def _reuse(found: MeasuresView) -> None:
    st.subheader("Most linked")
    table([{"article": entry.article, "title": entry.title, "links": entry.links} for entry in found.reuse[:20]])
    st.subheader("Links to look at")
    st.caption("A random sample, those first that the ticket's text would not find among its first three.")
    table(
        [
            {"incident": entry.number, "article": entry.article, "expected": "yes" if entry.expected else "no"}
            for entry in found.to_check
        ]
    )


def _categories(found: TaxonomyView) -> None:
    if not (found.unused or found.mixed or found.deserving):
        st.success("Every category is used, told apart from the others, and about one thing.")
    for unused in found.unused:
        _card(unused.category, f"not used for {unused.days} days; {unused.count} incidents before")
    for mixed in found.mixed:
        one, other = mixed.categories
        shares = f"{mixed.shares[0]:.0%} of the first look like the second, {mixed.shares[1]:.0%} the other way"
        _card(f"{one} and {other}", f"cannot be told apart: {shares}; for example {', '.join(mixed.incidents[:3])}")
    for issue in found.deserving:
        example = ", ".join(issue.incidents[:3])
        told = f"{issue.count} incidents, {issue.share:.0%} of {issue.category}; for example {example}"
        _card(issue.name, f"deserves a category of its own: {told}")


def _card(head: str, note: str) -> None:
    st.html(
        f"<div class='t-card'><span class='t-head'>{plain(head)}</span><div class='t-note'>{plain(note)}</div></div>"
    )


def _coaching() -> None:
    found = service().contributions()
    if found.days_to_publish is not None:
        st.metric("days until an article could be used", found.days_to_publish, help=f"median of {found.published}")
    st.caption("By name, not by number: to see whom to help, not who is best.")
    if not found.people:
        st.info("Nobody has given a name yet.")
        return
    table([person.model_dump() for person in found.people])
