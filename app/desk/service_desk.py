"""The service desk's group, which takes what no other group is known to own."""

from __future__ import annotations

import streamlit as st

from app.desk.field_form import values_of
from app.desk.language import _
from app.desk.sign_in import settings
from app.desk.texts import label


def service_desk() -> str | None:
    """Return the group as tickets carry it; `None` where none has the name in the settings, whatever its case."""
    wanted = settings().service_desk_group.casefold()
    return next((group for group in values_of("assignment_group") if group.casefold() == wanted), None)


def no_service_desk() -> None:
    """Say why nothing can be sent to the service desk where tickets have groups and it is none of them."""
    if service_desk() is None and values_of("assignment_group"):
        words = _("The key S is off: no group is called “{group}”. The setting TRIAGE_SERVICE_DESK_GROUP names yours.")
        st.caption(label(words.format(group=settings().service_desk_group), 400))
