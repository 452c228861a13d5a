"""Entries: texts that are written and handed in, such as a note or a reason, after which their fields begin anew."""

from __future__ import annotations

import streamlit as st

from app.desk.visitor import Keeper, browser
from app.desk.writing import writing_field


@st.cache_resource
def _times() -> Keeper[int]:
    """How often a browser handed a text in, by browser and the text's name."""
    return Keeper()


def entry_field(
    label: str, text: str = "", *, kept: str, rows: int = 1, limit: int = 100_000, focus: bool = False
) -> tuple[str, bool]:
    """Show a field for a text that begins with `text`; returns the same as `writing_field`."""
    edition = times_handed_in(kept)
    return writing_field(label, text, kept=kept, rows=rows, edition=edition, limit=limit, focus=focus, forgets=True)


def times_handed_in(kept: str) -> int:
    """Return how often this browser handed in the text that is kept under a name."""
    return _times().get(f"{browser()} {kept}") or 0


def hand_in_entry(*kept: str) -> None:
    """Let fields begin anew, since what was written in them was taken in."""
    for name in kept:
        _times().put(f"{browser()} {name}", times_handed_in(name) + 1)
