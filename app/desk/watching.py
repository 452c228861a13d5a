"""Watching: a page runs again when somebody else has changed what it shows."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import streamlit as st

from app.desk.dialogs import is_dialog_open
from models.errors import NotFoundError, TriageError

_SECONDS = 3


def watch(look: Callable[[], object], seen: object) -> None:
    """Run the page again once `look` returns something else than what was `seen`; a service that is away is no news.

    Something that is not there any more, or is not for this person, is.
    """
    _watch(look, seen, monotonic())


@st.fragment(run_every=_SECONDS)
def _watch(look: Callable[[], object], seen: object, laid_out: float) -> None:
    if monotonic() - laid_out < _SECONDS / 2 or is_dialog_open():
        return  # the page has only just read it, or a run would close what is open over it
    newest: object
    try:
        newest = look()
    except NotFoundError as error:
        newest = error
    except TriageError:
        return
    if newest != seen:
        st.rerun()
