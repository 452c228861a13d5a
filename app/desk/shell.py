"""The frame of every page: the service behind it, its head, what was done last and how to undo it, and errors."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import streamlit as st

from app.client import Client
from app.desk.dialogs import no_dialog
from app.desk.error_words import error_words
from app.desk.language import _
from app.desk.texts import label, plain
from app.desk.visitor import Keeper, browser, name_field, person
from app.desk.watching import watch
from app.environment import API_VARIABLE, KEY_VARIABLE
from app.error_codes import error_code
from models.errors import TriageError, UnavailableError

_log = logging.getLogger(__name__)
_STYLE = """
<style>
.block-container {padding: 2.6rem 2rem 2rem; max-width: none}
h1 {font-size: 1.6rem !important; padding: 0 0 .3rem !important}
.stMain h2 {font-size: 1.15rem !important; padding: .2rem 0 .2rem !important}
.stMain h3 {font-size: 1rem !important; padding: .2rem 0 !important}
.stMain [data-testid="stCaptionContainer"] {color: inherit; opacity: .85}
.stMain [data-testid="stCaptionContainer"] p, .stMain kbd {color: inherit}
.stMain kbd {opacity: 1; background: transparent}
.stMain .stSelectbox span[aria-hidden="true"] p {color: light-dark(#31333f, #fafafa)}
@media (hover: hover) {.stMain .stSelectbox:not(:hover) button[aria-label="Clear value"] {display: none}}
@media (max-width: 1200px) {
  .block-container {padding: 2.6rem 1rem 1rem}
  section[data-testid="stSidebar"]:not([aria-expanded="false"]) {width: 220px !important; min-width: 0 !important}
}
@media (max-width: 640px) {
  .block-container {padding-top: 4rem}
  .stColumn {scroll-margin-top: 4rem}
}
@media (min-width: 641px) and (max-width: 1100px) {
  .st-key-ticket-columns > div > .stHorizontalBlock {flex-wrap: wrap}
  .st-key-ticket-columns > div > .stHorizontalBlock > .stColumn {flex: 1 1 40%}
  .st-key-ticket-columns > div > .stHorizontalBlock > .stColumn:last-child {flex-basis: 100%}
}
.stMain button[data-selected="true"] p {color: light-dark(#1a5078, #a9d3f2)}
.t-note {font-size: .88rem; overflow-wrap: anywhere; opacity: .85}
a.t-note {color: light-dark(#1a5078, #a9d3f2); opacity: 1}
.t-bad {border-left: 3px solid #d64545; padding-left: .5rem}
.t-fine {border-left: 3px solid #2e9e5b; padding-left: .5rem}
.t-done {border-left: 3px solid #2e9e5b; padding-left: .6rem}
[data-testid="stLayoutWrapper"]:has(> .st-key-done-last) {position: sticky; top: 3.75rem; z-index: 90;
  background: var(--st-background-color)}
.t-head {font-weight: 600; overflow-wrap: anywhere}
.t-card {border: 1px solid var(--st-border-color, #8884); border-radius: 8px; padding: .6rem .9rem;
  margin-bottom: .4rem}
.t-tag {display: inline-block; font-size: .75rem; border-radius: 9px; padding: 0 .55rem; margin-left: .4rem;
  border: 1px solid currentColor}
.t-table {border-collapse: collapse; width: 100%; font-size: .9rem; margin-bottom: .6rem}
.t-table th {text-align: left; font-weight: 600; border-bottom: 1px solid #8886; padding: .3rem .6rem}
.t-table td {border-bottom: 1px solid #8883; padding: .3rem .6rem; overflow-wrap: break-word}
.t-scroll {overflow-x: auto}
.stMain .stButtonGroup > [role=radiogroup] {flex-wrap: wrap}
.stMain [data-testid="stPageLink"] p {color: light-dark(#1a5078, #a9d3f2); font-weight: 400}
.stMain [data-testid="stPageLink"] a:not(:hover) {background: transparent}
.stMain [data-testid="stPageLink"] a:hover p {text-decoration: underline}
.t-text {overflow-wrap: anywhere; white-space: pre-wrap}
.stMarkdownBadge {white-space: normal !important; text-overflow: clip !important}
.t-unseen {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)}
</style>
"""
_UNDO_OFFERED = timedelta(minutes=10)


@dataclass(slots=True)
class Done:
    """What was done last: the sentence that says it, the call that undoes it, and a ticket that it concerns.

    `undone` is what is said once it is undone, in whichever tab, from when on there is no `undo`.
    """

    message: str
    undo: Callable[[], object] | None
    at: datetime
    number: str | None
    undone: str


@st.cache_resource
def _latest() -> Keeper[Done]:
    """What each visitor did last, which a reload or another tab goes on from."""
    return Keeper()


@st.cache_resource
def service() -> Client:
    """Return the API that this desk is a client of."""
    return Client(os.environ.get(API_VARIABLE, "http://127.0.0.1:8000"), key=os.environ.get(KEY_VARIABLE))


def page(title: str, note: str = "") -> None:
    """Show the head of a page, the visitor's name and what was done last."""
    no_dialog()
    st.html(_STYLE)
    if st.session_state.get("signed_in"):
        st.sidebar.caption(_("Signed in as {name}").format(name=label(person() or "")))
        st.sidebar.button(_("Sign out"), on_click=st.logout)
    else:
        name_field()
    st.title(title, anchor=False)
    if note:
        st.caption(note)
    _show_done()
    if title != _("Import") and not has_history():
        start_box()


def did(
    message: str,
    *,
    undo: Callable[[], object] | None = None,
    number: str | None = None,
    undone: str | None = None,
) -> None:
    """Remember what was just done, so that the next page says it and offers to undo it.

    `undone` says what it is like once that is undone; without it the message is repeated as what was undone.
    """
    words = undone or _("Undone: “{act}”").format(act=message)
    st.session_state["done"] = done = Done(message, undo, datetime.now(UTC), number, words)
    _latest().put(_visitor(), done)


def _visitor() -> str:
    return f"{browser()} {person()}"


def _show_done() -> None:
    if "done" not in st.session_state:
        latest = _latest().get(_visitor())
        st.session_state["done"] = latest if latest is not None and latest.undo is not None else None
    done: Done | None = st.session_state["done"]
    if done is None or datetime.now(UTC) - done.at > _UNDO_OFFERED:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="done-last"):
        st.html(f"<span class='t-done' role='status'>{plain(done.message)}</span>")
        if done.number is not None:
            ticket_link(done.number)
        if (
            done.undo is not None
            and st.button(_("Undo"), key="undo", shortcut="u", icon=":material/undo:")
            and tried(done.undo)
        ):
            done.undo = None
            did(done.undone, number=done.number)
            st.rerun()
        if st.button(_("Hide"), key="hide-done", type="tertiary"):
            st.session_state["done"] = None
            _latest().drop(_visitor())
            st.rerun()


def ticket_link(number: str, words: str | None = None) -> None:
    """Show a link to a ticket."""
    link("ticket", words or number, number=number)


def ticket_anchor(number: str) -> str:
    """Return a link to a ticket as HTML, for use within a sentence."""
    return f"<a class='t-note' href='ticket?number={quote(number, safe='')}' target='_self'>{plain(number)}</a>"


def link(page_name: str, words: str, **address: Any) -> None:
    """Show a link to a page, with what it is to show in its address."""
    if "pages" in st.session_state:
        st.page_link(
            st.session_state["pages"][page_name],
            label=label(words, 120),
            query_params={name: str(value) for name, value in address.items()},
        )


def go_to(page_name: str, **address: Any) -> None:
    """Leave for another page."""
    st.switch_page(
        st.session_state["pages"][page_name],
        query_params={name: str(value) for name, value in address.items()},
    )


class _NoHistoryError(Exception):
    """The desk has no incidents."""


def has_history() -> bool:
    """Return whether this desk has incidents; a service that is away is no reason to say that it has none."""
    try:
        _see_history()
    except _NoHistoryError:
        return False
    except TriageError:
        return True
    return True


@st.cache_data(ttl="1m", show_spinner=False)
def _see_history() -> None:
    """Raise _NoHistoryError where this desk has no incidents, which is asked again each time."""
    if not service().ready().incidents:
        raise _NoHistoryError


def start_box(note: str | None = None) -> None:
    """Say where to begin on a desk that has learnt nothing."""
    usual = _("Upload resolved tickets, check the columns, import and train. Then suggestions appear on every page.")
    with st.container(border=True):
        st.header(_("Start here"), anchor=False)
        st.write(note or usual)
        link("import", _("Import and train"))


def tried(call: Callable[[], object]) -> bool:
    """Make a call; where the service refuses or is away, say so on the page and return False."""
    try:
        call()
    except TriageError as error:
        refused(error)
        return False
    return True


def refused(error: TriageError) -> None:
    """Say on the page what the service refused, or that it is away and nothing typed is lost."""
    if error_code(error).error is UnavailableError:
        _log.warning("%s", error)
        st.error(_("The service does not answer right now. What you typed is safe."))
        # A page may say this several times; a click runs the page again, whatever the key of the next button.
        st.session_state["times_away"] = times = st.session_state.get("times_away", 0) + 1
        st.button(_("Try again"), key=f"again-{times}")
        return
    st.error(label(error_words(error), 400))


def wait_for_service(error: TriageError) -> None:
    """Say on the page what the service refused; one that the service was away for runs again once it answers."""
    refused(error)
    if isinstance(error, UnavailableError):
        watch(service().ready, None)
