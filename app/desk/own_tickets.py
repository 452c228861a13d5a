"""Own tickets: the views of the queue that show what a person, or the team that they work in, has to do."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.desk.field_form import filter_values
from app.desk.language import _
from app.desk.shell import service
from app.desk.visitor import Keeper, browser, person
from models.errors import TriageError

_KEY = "team"
_WIDGET = "own-team"


@st.cache_resource
def _teams() -> Keeper[str]:
    """The teams that people chose, by person, or by browser where they gave no name."""
    return Keeper()


def own_tickets(view: str) -> dict[str, str]:
    """Return what the views "mine" and "team" narrow the queue to; where that is not known, say what to do.

    The team stands in the address, so that a link shows the same tickets to everybody.
    """
    if view != "team":
        st.query_params.pop(_KEY, None)
    if view == "mine":
        if (me := person()) is not None:
            return {"person": me}
        st.caption(_("Enter your name on the left to see your tickets."))
    if view == "team":
        if (team := _team()) is not None:
            return {"group": team}
        st.caption(_("Choose your team to see its tickets."))
    return {}


def _team() -> str | None:
    """Let the person say which team is theirs; returns the one in the address, without one there their own."""
    groups = filter_values("assignment_group", key=_KEY)
    asked = st.query_params.get(_KEY) or _own_team(groups)
    chosen = asked if asked in groups else None
    if chosen is not None:
        st.query_params[_KEY] = chosen
    st.session_state[_WIDGET] = chosen
    st.selectbox(
        _("Your team"),
        groups,
        index=None,
        key=_WIDGET,
        on_change=_keep,
        width=150,
        placeholder=_("Your team"),
        label_visibility="collapsed",
    )
    return chosen


def _keep() -> None:
    team = st.session_state[_WIDGET]
    if team is None:
        _teams().drop(_visitor())
        st.query_params.pop(_KEY, None)
    else:
        _teams().put(_visitor(), team)
        st.query_params[_KEY] = team


def _own_team(groups: Sequence[str]) -> str | None:
    """Return the team that the person chose, else the first of their named groups that tickets go to."""
    me = person()
    chosen = _teams().get(_visitor())
    if chosen is not None or me is None:
        return chosen
    try:
        named = _named_groups(" ".join(me.split()).casefold())
    except TriageError:  # the desk's key may not read who is in which group
        return None
    return next((group for group in named if group in groups), None)


@st.cache_data(ttl="1m", show_spinner=False)
def _named_groups(name: str) -> Sequence[str]:
    return next((one.groups for one in service().people().people if one.name == name), ())


def _visitor() -> str:
    return person() or browser()
