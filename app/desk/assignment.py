"""Assignment: who works on a ticket; it is given to somebody, or taken, in one act that can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.desk.acts import set_fields
from app.desk.field_form import values_of
from app.desk.language import _
from app.desk.shell import tried
from app.desk.shown_values import shown_values
from app.desk.texts import title_of
from app.desk.visitor import person
from app.schemas.incidents import IncidentView

_PERSON = "assigned_to"
_WANTED = "wanted_assignment"


def people_to_assign(*further: str | None) -> Sequence[str]:
    """Return whom a ticket may be given to: who works here, then those who worked on most tickets, then `further`."""
    return list(dict.fromkeys(name for name in (person(), *values_of(_PERSON), *further) if name))


def show_assignment(incident: IncidentView, *, place: str) -> None:
    """Show who works on a ticket, with a field to give it to somebody else and a button to take it.

    `place` tells the same ticket on several pages apart.
    """
    me, number = person(), incident.number
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        shown = shown_values(f"assignment-{place}-{number}")
        shown.select(
            title_of(_PERSON),
            people_to_assign(incident.assigned_to),
            incident.assigned_to,
            key=_PERSON,
            choose=partial(_want, number),
            can_be_empty=True,
            placeholder=_("nobody"),
            filter_mode="fuzzy",
            accept_new_options=True,
            width=260,
        )
        if me is None:
            st.caption(_("Enter your name on the left to take tickets."))
        elif incident.assigned_to != me and st.button(_("Assign to me"), key=f"take-{place}-{number}", shortcut="m"):
            _want(number, me)
    shown.watch()
    wanted: tuple[str, str | None] | None = st.session_state.pop(_WANTED, None)
    if wanted is not None and wanted[0] == number:
        tried(partial(_assign, incident, wanted[1]))


def _want(number: str, name: str | None) -> None:
    """Take in whom a ticket shall be given to; the run does it, since a callback can ask nothing back."""
    st.session_state[_WANTED] = (number, name)


def _assign(incident: IncidentView, name: str | None) -> None:
    number, seen = incident.number, {_PERSON: incident.assigned_to}
    name = " ".join((name or "").split()) or None
    words = _("{number} is assigned to {name}.") if name else _("{number} is assigned to nobody now.")
    set_fields(number, {_PERSON: name}, seen, words.format(number=number, name=name), done=lambda: None)
