"""Page: open tickets in the order in which they need a person, the chosen one beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from app.desk.address import chosen_view, page_in_address, put_page_into_address, turn_pages
from app.desk.bulk_acts import act_on_many, bulk_acts_done
from app.desk.clock_words import flag_marks, risk_words, time_words
from app.desk.field_form import filter_values
from app.desk.into_view import come_into_view
from app.desk.language import _, age, counted, date_and_time, number
from app.desk.major_incident import decide, reason_words
from app.desk.major_incidents import rooms_worked_on, show_worked_on
from app.desk.own_tickets import own_tickets
from app.desk.queue_detail import show_detail
from app.desk.security import restricted_tickets
from app.desk.service_desk import no_service_desk
from app.desk.shell import has_history, link, page, service, wait_for_service
from app.desk.table import Cell, Column, Mark, Row, table
from app.desk.texts import label, plain
from app.desk.watching import watch
from app.schemas.major_incidents import MajorIncidentView
from app.schemas.major_room import MajorRoomSummary
from app.schemas.queue import QueuedIncidentView, QueueView
from kb.records.major_incident import MajorDecision
from kb.records.queue_entry import Need, QueueFlag
from models.errors import NotFoundError, TriageError

_PAGE = 25
_MOST_PROPOSED = 5

_VIEWS: dict[str, dict[str, str]] = {
    "needs": {"need": "choice"},
    "unassigned": {"flag": "unassigned"},
    "major": {"flag": "major"},
    "waiting": {"flag": "waiting"},
    "breaching": {"flag": "breaching"},
    "breached": {"flag": "breached"},
    "at_risk": {"flag": "at_risk"},
    "bounced": {"flag": "bounced"},
}


@dataclass(frozen=True, slots=True)
class _Majors:
    """The major incidents that stand above the list."""

    worked_on: list[MajorRoomSummary]
    proposed: list[MajorIncidentView]


@dataclass(slots=True)
class _Listing:
    """A page of the queue: what was `asked`, the rows in their fixed order, and what the service said last and when."""

    asked: dict[str, Any]
    rows: QueueView
    newest: QueueView
    read_at: datetime

    def read(self) -> object:
        """Read the page anew and put what changed into the rows; returns what somebody's act changes in the queue."""
        found = service().queue(limit=_PAGE, **self.asked)
        if _seen(found) == self.seen():
            return self.seen()  # so that tickets that have left the page are not read each time
        newest = {one.incident.number: one for one in found.incidents}
        self.rows = self.rows.model_copy(
            update={
                "incidents": [newest.get(one.incident.number) or _settled(one) for one in self.rows.incidents],
                "total": found.total,
            }
        )
        self.newest = found
        return self.seen()

    def seen(self) -> object:
        """Return what somebody's act changes in the queue, without what the time changes."""
        return _seen(self.newest)

    def arrived(self) -> int:
        """Return how many tickets of this page were logged since the rows were ordered."""
        listed = {one.incident.number for one in self.rows.incidents}
        return sum(
            one.waiting_since is not None and one.waiting_since > self.read_at
            for one in self.newest.incidents
            if one.incident.number not in listed
        )


def show() -> None:
    """Lay out the page."""
    page(_("Queue"))
    wanted = _filters()
    try:
        listing = _listing(wanted)
    except TriageError as error:
        wait_for_service(error)
        return
    found = listing.rows
    majors = _majors()
    watch(lambda: (listing.read(), _majors()), (listing.seen(), majors))
    show_worked_on(majors.worked_on)
    _show_proposed(majors.proposed)
    restricted_tickets()
    _missing(found)
    if not found.incidents:
        if has_history():
            st.success(_("No open ticket matches.") if wanted else _("No open tickets. Well done."))
        return
    listed, detail = st.columns([5, 4], gap="medium")
    opened = _opened(found)
    with listed:
        opened = _list(listing, opened)
    with detail:
        come_into_view("queue", opened, asked=str(st.query_params.get("ticket", "")))
        show_detail(found, opened)


def _filters() -> dict[str, Any]:
    """Show the filters, all of which stand in the page's address; returns those that are set."""
    views = {
        "all": _("All"),
        "needs": _("To choose"),
        "mine": _("Mine"),
        "team": _("My team"),
        "unassigned": _("Unassigned"),
        "major": _("Major"),
        "waiting": _("Waiting"),
        "breaching": _("Nearly late"),
        "breached": _("Late"),
        "at_risk": _("At risk"),
        "bounced": _("Bounced"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = chosen_view(_("View"), views, key="view")
        own = own_tickets(chosen)
        group, priority, affected = (
            st.selectbox(
                title,
                filter_values(name, key=key),
                index=None,
                key=key,
                bind="query-params",
                width=150,
                placeholder=title,
                label_visibility="collapsed",
                disabled=key in own,
            )
            for key, name, title in (
                ("group", "assignment_group", _("Team")),
                ("priority", "priority", _("Priority")),
                ("service", "service", _("Service")),
            )
        )
        owner = st.text_input(
            _("Person"),
            key="owner",
            bind="query-params",
            width=130,
            max_chars=200,
            placeholder=_("Person"),
            label_visibility="collapsed",
            disabled="person" in own,
        )
        text = st.text_input(
            _("Search"),
            key="text",
            bind="query-params",
            live="400ms",
            width=170,
            max_chars=200,
            placeholder=_("Search"),
            label_visibility="collapsed",
        )
        if st.button(_("Refresh"), icon=":material/refresh:"):
            st.session_state.pop("queue", None)
            st.session_state.pop("queue_done", None)
    given = {"group": group, "priority": priority, "service": affected, "person": owner, "text": text}
    return {
        **_VIEWS.get(chosen, {}),
        **{name: value.strip() for name, value in given.items() if value and value.strip()},
        **own,
    }


def _listing(wanted: dict[str, Any]) -> _Listing:
    """Return the page of the queue in the address, whose order stays until it is asked for anew."""
    asked = {**wanted, "offset": (page_in_address() - 1) * _PAGE}
    kept: _Listing | None = st.session_state.get("queue")
    if kept is not None and kept.asked != asked and kept.asked["offset"] == asked["offset"]:
        asked["offset"] = 0  # other filters have other pages
    if kept is None or kept.asked != asked:
        found = service().queue(limit=_PAGE, **asked)
        if found.total and not found.incidents:
            asked["offset"] = (found.total - 1) // _PAGE * _PAGE
            found = service().queue(limit=_PAGE, **asked)
        if kept is not None and not _lists(found, st.query_params.get("ticket", "")):
            st.query_params.pop("ticket", None)  # the person has just left it behind
        kept = _Listing(asked, found, found, datetime.now(UTC))
        st.session_state["queue"] = kept
    put_page_into_address(kept.rows.offset // _PAGE + 1)
    return kept


def _seen(found: QueueView) -> object:
    return found.total, [one.incident for one in found.incidents]


def _settled(one: QueuedIncidentView) -> QueuedIncidentView:
    """Return a ticket that has left this page of the queue as it is now, marked as done where somebody changed it."""
    try:
        incident = service().incident(one.incident.number)
    except NotFoundError:  # restricted meanwhile: who may see it finds it above the list
        incident = one.incident.model_copy(update={"short_description": "", "description": "", "caller": None})
    if incident != one.incident:
        st.session_state.setdefault("queue_done", set()).add(incident.number)
    return one.model_copy(update={"incident": incident})


def _majors() -> _Majors:
    """Read the major incidents that stand above the list; none while the service is away."""
    try:
        proposals = service().major_incidents(limit=_MOST_PROPOSED).proposals
        return _Majors(rooms_worked_on(), [one for one in proposals if _is_undecided(one)])
    except TriageError:  # the list says so
        return _Majors([], [])


def _is_undecided(major: MajorIncidentView) -> bool:
    return major.decision is MajorDecision.OPEN and major.still_open > 0


def _show_proposed(majors: Sequence[MajorIncidentView]) -> None:
    """Show each proposed major incident that is not decided yet as one row that says what it is."""
    for major in majors:
        words = _("Possible major incident: {count} people reported “{subject}” since {since}.").format(
            count=len(major.incidents),
            subject=major.subject,
            since=date_and_time(major.since or major.proposed_at),
        )
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            why = f"<div class='t-note'>{plain(reason_words(major.reason))}</div>" if major.reason else ""
            st.html(f"<span class='t-head' role='status'>{plain(words)}</span>{why}")
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                link("major", _("Open {number}").format(number=major.lead), id=major.id)
                st.button(
                    _("Confirm"),
                    key=f"confirm-{major.id}",
                    help=_("Confirm major incident {id}").format(id=major.id),
                    on_click=decide,
                    args=(major, MajorDecision.ACCEPTED, _("Confirmed as a major incident: {subject}.")),
                )
                st.button(
                    _("Dismiss"),
                    key=f"reject-{major.id}",
                    help=_("Dismiss major incident {id}").format(id=major.id),
                    on_click=decide,
                    args=(major, MajorDecision.REJECTED, _("Dismissed, not a major incident: {subject}.")),
                )


def _lists(found: QueueView, ticket: str) -> bool:
    return any(one.incident.number == ticket for one in found.incidents)


def _missing(found: QueueView) -> None:
    """Say where the ticket in the address is not among those listed."""
    asked = st.query_params.get("ticket", "")
    if asked and not _lists(found, asked):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_("{number} is not among the tickets listed here.").format(number=label(asked)))
            link("ticket", _("Open {number}").format(number=asked), number=asked)


def _opened(found: QueueView) -> str:
    """Return the ticket whose detail is shown: the one in the address, else the first."""
    numbers = [one.incident.number for one in found.incidents]
    chosen = str(st.query_params.get("ticket", ""))
    return chosen if chosen in numbers else numbers[0]


def _list(listing: _Listing, opened: str) -> str:
    found = listing.rows
    columns = [
        Column(_("Age"), "narrow"),
        Column(_("Priority"), "narrow"),
        Column(_("Ticket"), "wide"),
        Column(_("Group")),
        Column(_("Why here")),
    ]
    rows = [_row(one) for one in found.incidents]
    chosen = table(
        _("Open tickets"),
        columns,
        rows,
        key=f"queue-rows-{bulk_acts_done()}",  # whose ticks end with the act that they were for
        open_row=opened,
        tick_label=_("Select"),
        search_label=_("Search"),
        height=620,
    )
    if chosen.opened is not None and chosen.opened != opened:
        st.query_params["ticket"] = opened = chosen.opened
        st.rerun()
    if new := listing.arrived():
        st.caption(counted(new, "{count} new ticket. Refresh shows it.", "{count} new tickets. Refresh shows them."))
    _steps(found, opened)
    act_on_many(found, chosen.ticked)
    no_service_desk()
    return opened


def _row(one: QueuedIncidentView) -> Row:
    incident = one.incident
    known = flag_marks()
    flags = [known[flag] for flag in one.flags if flag in known and flag is not QueueFlag.BREACHED]
    times = " · ".join(filter(None, (time_words(one.clock), risk_words(one.clock))))
    if incident.number in st.session_state.get("queue_done", ()):
        flags.insert(0, Mark(_("done"), "good"))
    is_pressing = QueueFlag.BREACHING in one.flags and one.need is not Need.OWNER_NOW
    subject = incident.short_description or incident.description[:120]
    who = " · ".join(filter(None, (incident.number, incident.caller)))
    return Row(
        incident.number,
        incident.number,
        [
            Cell(age(one.waiting_since) if one.waiting_since else ""),
            Cell(incident.priority or _suggested(one, "priority")),
            Cell(subject, sub=who, marks=flags),
            Cell(incident.assignment_group or _suggested(one, "assignment_group")),
            Cell(_("nearly late") if is_pressing else _need_words(one.need), sub=times),
        ],
    )


def _need_words(need: Need) -> str:
    """Return in two words what a person does next."""
    words = {
        Need.OWNER_NOW: _("assign now"),
        Need.GROUP: _("choose group"),
        Need.CHOICE: _("choose value"),
        Need.CHECK: _("check"),
        Need.CONFIRMATION: _("accept"),
    }
    return words.get(need, "")


def _suggested(one: QueuedIncidentView, name: str) -> str:
    view = one.fields.get(name)
    return f"{view.value}?" if view is not None and view.value else ""


def _steps(found: QueueView, opened: str) -> None:
    """Show where the person is in the list, and the keys that move through it."""
    numbers = [one.incident.number for one in found.incidents]
    at = numbers.index(opened)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(_("Next"), key="next", shortcut="j", disabled=at + 1 == len(numbers)):
            st.query_params["ticket"] = numbers[at + 1]
            st.rerun()
        if st.button(_("Previous"), key="previous", shortcut="k", disabled=at == 0):
            st.query_params["ticket"] = numbers[at - 1]
            st.rerun()
        st.caption(_("{at} of {total}").format(at=number(found.offset + at + 1), total=number(found.total)))
        turn_pages(found.total, size=_PAGE)
