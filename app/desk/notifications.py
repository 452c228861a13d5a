"""Page: who was told of what and why, what waits until when, and what failed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from app.desk.address import chosen_view
from app.desk.language import _, counted, date_and_time, day_or_age
from app.desk.shell import did, page, refused, service, ticket_link, tried
from app.desk.table import Cell, Column, Mark, Row, Tone, table
from app.desk.texts import label
from app.schemas.notifications import NotificationsView, NotificationView
from kb.records.notification import Audience, Channel, NotificationEvent, NotificationState
from models.errors import TriageError

_TONES: dict[NotificationState, Tone] = {
    NotificationState.SENT: "good",
    NotificationState.FAILED: "bad",
    NotificationState.DROPPED: "muted",
    NotificationState.WAITING: "warning",
}
_ALL = "all"
_AGAIN = (NotificationState.FAILED, NotificationState.DROPPED)


def show() -> None:
    """Lay out the page."""
    page(_("Notifications"), _("Who was told of what and why, what waits, and what failed."))
    by_state, by_number = st.columns([3, 2], gap="medium")
    with by_state:
        state = _state_filter()
    with by_number:
        number = st.text_input(_("Ticket number"), key="number", bind="query-params", max_chars=200).strip()
    try:
        found = service().notifications(status=state, number=number or None)
    except TriageError as error:
        refused(error)
        st.caption(_("Only a desk whose own key has the scope admin can read notifications."))
        return
    if not found.is_on:
        st.info(_("Nobody is told of anything: practice.yaml has no rules for notifications."))
    failed = found.counts.get(NotificationState.FAILED, 0)
    if failed and state is None:
        st.warning(counted(failed, "{count} notification failed.", "{count} notifications failed."))
    listed, detail = st.columns([3, 2], gap="medium")
    with listed:
        opened = _list(found)
    with detail:
        if opened is not None:
            _detail(opened)


def state_words() -> dict[NotificationState, str]:
    """Return what each state is called."""
    return {
        NotificationState.WAITING: _("waiting"),
        NotificationState.SENDING: _("being sent"),
        NotificationState.HANDED_OVER: _("being sent"),
        NotificationState.SENT: _("sent"),
        NotificationState.FAILED: _("failed"),
        NotificationState.DROPPED: _("dropped"),
    }


def event_words() -> dict[NotificationEvent, str]:
    """Return what each event is called."""
    return {
        NotificationEvent.REGISTERED: _("Registered"),
        NotificationEvent.ASSIGNED: _("Assigned"),
        NotificationEvent.REASSIGNED: _("Handed on"),
        NotificationEvent.WAITING: _("Waiting"),
        NotificationEvent.WAITING_LONG: _("Waiting for long"),
        NotificationEvent.RESUMED: _("Resumed"),
        NotificationEvent.ESCALATED: _("Escalated"),
        NotificationEvent.RESOLVED: _("Resolved"),
        NotificationEvent.REOPENED: _("Reopened"),
        NotificationEvent.CLOSED: _("Closed"),
        NotificationEvent.CLOCK_WARNING: _("Target nearly used up"),
        NotificationEvent.BREACHED: _("Target breached"),
        NotificationEvent.BREACH_LIKELY: _("Breach likely"),
        NotificationEvent.MAJOR_PROPOSED: _("Major incident proposed"),
        NotificationEvent.MAJOR_ACCEPTED: _("Major incident confirmed"),
        NotificationEvent.MAJOR_REJECTED: _("Major incident dismissed"),
        NotificationEvent.MAJOR_DEMOTED: _("Major incident demoted"),
    }


def _reasons() -> dict[Audience, str]:
    return {
        Audience.ASSIGNEE: _("{name} is the assignee."),
        Audience.GROUP: _("{name} belongs to the group that has the ticket."),
        Audience.TEAM_LEAD: _("{name} leads the group that has the ticket."),
        Audience.INCIDENT_MANAGER: _("{name} is an incident manager."),
        Audience.CALLER: _("{name} reported the ticket."),
        Audience.NAMED: _("The rule names {name}."),
    }


def _state_filter() -> NotificationState | None:
    words = {state.value: told for state, told in state_words().items() if state is not NotificationState.HANDED_OVER}
    chosen = chosen_view(_("State"), {_ALL: _("All"), **words}, key="status", is_labelled=True)
    return None if chosen == _ALL else NotificationState(chosen)


def _list(found: NotificationsView) -> NotificationView | None:
    """List notifications; return the one that is open, whose id stands in the address."""
    if not found.notifications:
        st.info(_("There are no such notifications."))
        return None
    by_id = {one.id: one for one in found.notifications}
    opened = str(st.query_params.get("notification", ""))
    states, events = state_words(), event_words()
    columns = [Column(_("Ticket"), "narrow"), Column(_("Event")), Column(_("To")), Column(_("State"))]
    rows = [
        Row(
            one.id,
            f"{one.number} {one.name}",
            [
                Cell(one.number, sub=day_or_age(one.created_at)),
                Cell(events[one.event]),
                Cell(one.name, sub=one.address or ""),
                Cell("", sub=_when(one), marks=[Mark(states[one.state], _TONES.get(one.state, "plain"))]),
            ],
        )
        for one in found.notifications
    ]
    chosen = table(_("Notifications"), columns, rows, key="note-rows", open_row=opened if opened in by_id else None)
    if chosen.opened is not None and chosen.opened != opened:
        st.query_params["notification"] = chosen.opened
        st.rerun()
    return by_id.get(opened)


def _when(one: NotificationView) -> str:
    if one.sent_at is not None:
        return date_and_time(one.sent_at)
    if one.state is NotificationState.WAITING and one.next_at is not None and one.next_at > datetime.now(UTC):
        return _("until {moment}").format(moment=date_and_time(one.next_at))
    return ""


def _detail(one: NotificationView) -> None:
    with st.container(border=True):
        st.subheader(event_words()[one.event], anchor=False)
        ticket_link(one.number)
        st.write(_reasons()[one.audience].format(name=label(one.name)))
        st.write(_("Rule: {rule}").format(rule=label(one.rule)))
        if one.channel is Channel.WEBHOOK:
            st.write(_("It goes to the webhooks that listen."))
        if one.step:
            st.write(_("Nobody answered the notification before."))
        if one.state is NotificationState.WAITING:
            _waiting(one)
        if one.last_error is not None:
            st.write(_("Why it was not sent: {error}").format(error=label(one.last_error, 300)))
        if one.escalate_at is not None:
            words = _("Unless somebody answers, the next are told at {moment}.")
            st.caption(words.format(moment=date_and_time(one.escalate_at)))
        if one.state in _AGAIN and st.button(_("Send again"), type="primary", key=f"again-{one.id}"):
            _send_again(one)


def _waiting(one: NotificationView) -> None:
    if one.attempts:
        words = counted(
            one.attempts, "{count} attempt failed; it is tried again.", "{count} attempts failed; it is tried again."
        )
        st.write(words)
    elif one.next_at is not None and one.next_at > datetime.now(UTC):
        st.write(
            _("It waits until {moment}: for others with which it is collected, or for working hours.").format(
                moment=date_and_time(one.next_at)
            )
        )


def _send_again(one: NotificationView) -> None:
    if tried(partial(service().retry_notification, one.id)):
        did(_("{name} is notified again.").format(name=one.name), number=one.number)
        st.rerun()
