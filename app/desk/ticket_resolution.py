"""The resolution of a ticket: written in the agent's own words, or begun from an article and edited."""

from __future__ import annotations

import streamlit as st

from app.desk.language import _
from app.desk.shell import did
from app.desk.stage_words import stage_name
from app.desk.texts import label, plain
from app.desk.ticket_draft import TicketDraft
from app.desk.writing import writing_field
from kb.vocabulary.stage import Stage

_BEGUN = "resolution_begun"


def offer_resolution(draft: TicketDraft) -> None:
    """Let the person begin to resolve the ticket without an article."""
    if not draft.is_resolving and st.button(_("Resolve in your own words"), key=f"resolve-{draft.number}"):
        draft.resolve_in_own_words()
        st.session_state[_BEGUN] = True
        st.rerun()


def write_resolution(draft: TicketDraft) -> bool:
    """Show the resolution to edit where the ticket is being resolved; returns whether it was just handed in."""
    if not draft.is_resolving:
        return False
    if draft.article is not None:
        st.subheader(_("Resolution, from {article}").format(article=label(draft.article)), anchor=False)
    draft.resolution, is_submitted = writing_field(
        _("Resolution"),
        draft.resolution,
        kept=f"{draft.number}-resolution",
        rows=5,
        edition=draft.edition,
        focus=st.session_state.pop(_BEGUN, False),
    )
    if st.button(_("Leave the ticket open"), key=f"open-{draft.number}", type="tertiary"):
        did(_("Resolution discarded."), undo=draft.leave_open())
        st.rerun()
    return is_submitted


def lacks_resolution(draft: TicketDraft) -> bool:
    """Return whether the ticket would be resolved without a word on how, and say so."""
    if not draft.is_resolving or draft.resolution.strip():
        return False
    st.error(_("The resolution is empty. Write what solved the problem; it helps with the next ticket like this one."))
    return True


def show_unused_resolution(draft: TicketDraft | None, stage: Stage | None) -> None:
    """Show the resolution that was being written when the ticket came to an end without it.

    A ticket that is not shown to the person any more has no `stage`.
    """
    if draft is None or not draft.resolution.strip():
        return
    if stage is None:
        st.warning(_("You can no longer resolve this ticket. Your text is kept here:"))
    else:
        words = _("This ticket is “{state}” now, so it cannot be resolved. Your text is kept here:")
        st.warning(label(words.format(state=stage_name(stage)), 200))
    st.html(f"<div class='t-text'>{plain(draft.resolution)}</div>")
    if st.button(_("Discard the text"), key=f"discard-{draft.number}", type="tertiary"):
        did(_("Resolution discarded."), undo=draft.leave_open())
        st.rerun()
