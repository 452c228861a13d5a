"""Dialogs over a page: while one is open, the page does not run for what others did, which would close it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

_OPEN = "dialog_open"


def show_dialog(
    title: str,
    body: Callable[[], None],
    *,
    width: Literal["small", "large"] = "small",
    position: Literal["center", "right"] = "center",
) -> None:
    """Show a dialog until its act is done or the person closes it."""
    st.session_state[_OPEN] = True

    @st.dialog(title, width=width, position=position, on_dismiss="rerun")
    def dialog() -> None:
        body()

    dialog()


def no_dialog() -> None:
    """Take in that the page runs, which closes each dialog that this run does not show again."""
    st.session_state[_OPEN] = False


def is_dialog_open() -> bool:
    """Return whether a dialog is open in this browser."""
    return bool(st.session_state.get(_OPEN))
