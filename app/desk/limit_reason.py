"""The reason for going beyond a limit of the board, which the person gives before it is done."""

from __future__ import annotations

import streamlit as st

from app.desk.entry import entry_field, hand_in_entry
from app.desk.language import _
from app.desk.texts import label


def limit_reason(number: str, refusal: str) -> str:
    """Show why a limit refuses an act on a ticket; returns the reason that the person gives to do it anyway."""
    st.write(label(refusal, 400))
    reason, _submitted = entry_field(_("Reason"), kept=_name(number), limit=1000, focus=True)
    return reason.strip()


def hand_in_reason(number: str) -> None:
    """Forget the reason for an act on a ticket, since it is done."""
    hand_in_entry(_name(number))


def _name(number: str) -> str:
    return f"{number}-override"
