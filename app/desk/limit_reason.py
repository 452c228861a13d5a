"""The reason for going beyond a limit of the board, which the person gives before it is done."""

from __future__ import annotations

import streamlit as st

from app.desk.language import _
from app.desk.texts import label
from app.desk.writing import writing_field


def limit_reason(number: str, refusal: str) -> str:
    """Show why a limit refuses an act on a ticket; returns the reason that the person gives to do it anyway."""
    st.write(label(refusal, 400))
    reason, _submitted = writing_field(_("Reason"), "", kept=f"{number}-override", limit=1000, focus=True)
    return reason.strip()
