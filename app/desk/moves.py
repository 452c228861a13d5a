"""Moves: a ticket goes to another stage, with a reason where that is beyond a limit, and with Undo where it can."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.dialogs import show_dialog
from app.desk.language import _
from app.desk.limit_reason import hand_in_reason, limit_reason
from app.desk.limit_words import beyond_words, refusal_words
from app.desk.shell import did, refused, service
from app.desk.stage_words import stage_name
from app.desk.texts import label
from app.desk.undo import undo_acts
from app.desk.visitor import person
from app.schemas.incident_life import MovedView
from kb.records.board import OverLimitError
from kb.vocabulary.stage import FINISHED, Stage
from models.errors import TriageError

_REFUSAL = "move_refusal"


def move(number: str, before: Stage, to: Stage) -> None:
    """Move a ticket, and ask first where that cannot be undone or goes beyond a limit."""
    st.session_state.pop(_REFUSAL, None)
    if before in FINISHED:
        title = _("Close ticket") if to is Stage.CLOSED else _("Reopen ticket")
        show_dialog(title, partial(_ask, number, before, to))
    elif not _move(number, before, to):
        show_dialog(_("Beyond the limit"), partial(_ask, number, before, to))


def _move(number: str, before: Stage, to: Stage, override: str | None = None) -> bool:
    """Move a ticket; returns False where the limit asks for a reason, which is then kept as the refusal."""
    try:
        done = service().move_incident(number, to.value, by=person(), override=override)
    except OverLimitError as error:
        st.session_state[_REFUSAL] = refusal_words(error.excesses)
        return False
    except TriageError as error:
        refused(error)
    else:
        _tell(done, before, to)
    return True


def _tell(done: MovedView, before: Stage, to: Stage) -> None:
    words = _("{number} is now “{state}”.").format(number=done.number, state=stage_name(to))
    if done.exceeded:
        words = f"{words} {beyond_words(one.excess() for one in done.exceeded)}"
    hand_in_reason(done.number)
    undone = _("Undone: {number} is “{state}” again.").format(number=done.number, state=stage_name(before))
    did(
        words,
        undo=None if done.undo is None else partial(undo_acts, [done.undo]),
        number=done.number,
        undone=undone,
    )
    st.rerun()


def _ask(number: str, before: Stage, to: Stage) -> None:
    """Ask once for what counts and cannot be undone, a closing or a reopening, and for a reason to exceed a limit."""
    refusal, reason = st.session_state.get(_REFUSAL), ""
    words = _("Reopen")
    if to is Stage.CLOSED:
        words = _("Close ticket")
        st.write(_("To work on {number} again, it has to be reopened, which is counted.").format(number=label(number)))
    elif before in FINISHED:
        st.write(_("{number} will be counted as reopened. This cannot be undone.").format(number=label(number)))
    if refusal is not None:
        reason, words = limit_reason(number, refusal), _("Move anyway")
    is_ready = refusal is None or bool(reason)
    if st.button(words, type="primary", disabled=not is_ready) and not _move(number, before, to, reason or None):
        st.rerun(scope="fragment")
