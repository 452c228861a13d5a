"""Acts on many tickets of the queue: each is summed up in a dialog before it is done, and undone as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from app.desk.acts import accept_on_many, resolve_many, set_on_many
from app.desk.assignment import people_to_assign
from app.desk.dialogs import show_dialog
from app.desk.entry import entry_field, hand_in_entry
from app.desk.field_form import values_of
from app.desk.language import _, counted, number
from app.desk.shell import tried
from app.desk.texts import plain, title_of
from app.schemas.incidents import IncidentView
from app.schemas.queue import QueuedIncidentView, QueueView

_NAMED = 20
_RESOLUTION = "bulk-resolution"
_DONE = "bulk_acts_done"
_OWNER = ("assignment_group", "assigned_to")
# What a select box holds where the field is to be emptied; where it holds None, the field stays as it is.
_EMPTY = ""


def act_on_many(found: QueueView, ticked: Sequence[str]) -> None:
    """Offer what can be done to all ticked tickets at once."""
    if not ticked:
        return
    chosen = [one for one in found.incidents if one.incident.number in ticked]
    incidents = [one.incident for one in chosen]
    count = len(chosen)
    with st.container(horizontal=True, gap="small"):
        words = counted(count, "Accept what is sure on {count} ticket", "Accept what is sure on {count} tickets")
        if st.button(words, key="bulk-accept", type="primary"):
            show_dialog(_("Accept suggestions"), partial(_accept, chosen), width="large")
        words = counted(count, "Assign or change {count} ticket", "Assign or change {count} tickets")
        if st.button(words, key="bulk-change"):
            show_dialog(words, partial(_change, incidents), width="large")
        words = counted(count, "Resolve {count} ticket", "Resolve {count} tickets")
        if st.button(words, key="bulk-resolve"):
            show_dialog(words, partial(_resolve, incidents), width="large")


def _accept(chosen: Sequence[QueuedIncidentView]) -> None:
    """Say what accepting many suggestions would write, and do it once that is confirmed."""
    sure = {
        one.incident.number: {
            name: view.value
            for name, view in one.fields.items()
            if view.decision == "automatic" and view.value is not None
        }
        for one in chosen
    }
    lines = {
        key: ", ".join(f"{title_of(name)}: {value}" for name, value in values.items()) or _("nothing is sure")
        for key, values in sure.items()
    }
    _sum_up(lines)
    wanted = {key: values for key, values in sure.items() if values}
    if st.button(_("Accept"), type="primary", key="bulk-accept-now", disabled=not wanted):
        _finish(tried(partial(accept_on_many, wanted)))


def _change(incidents: Sequence[IncidentView]) -> None:
    """Ask for a group, a person and a priority, say what that would write, and do it once that is confirmed."""
    chosen = {
        "assignment_group": _value("assignment_group", values_of("assignment_group")),
        "assigned_to": _value("assigned_to", people_to_assign(), takes_new=True),
        "priority": _value("priority", values_of("priority")),
    }
    given = {name: value or None for name, value in chosen.items() if value is not None}
    wanted = {one.number: changes for one in incidents if (changes := _changes(one, given))}
    seen = {one.number: {name: getattr(one, name) for name in given} for one in incidents}
    _sum_up({key: _changes_words(changes, seen[key]) for key, changes in wanted.items()})
    if given and (same := len(incidents) - len(wanted)):
        st.caption(
            counted(same, "{count} ticket has these values already.", "{count} tickets have these values already.")
        )
    words = counted(len(wanted), "Change {count} ticket", "Change {count} tickets") if given else _("Choose a value")
    if st.button(words, type="primary", key="bulk-change-now", disabled=not wanted):
        _finish(tried(partial(set_on_many, wanted, seen)))


def _value(name: str, known: Sequence[str], *, takes_new: bool = False) -> str | None:
    """Ask for a value of a field; returns `_EMPTY` to empty it, and None to leave it as it is."""
    value: str | None = st.selectbox(
        title_of(name),
        [*known, _EMPTY],
        index=None,
        format_func=lambda value: value or _("empty"),
        key=f"bulk-{name}",
        placeholder=_("leave as it is"),
        filter_mode="fuzzy",
        accept_new_options=takes_new or not known,
    )
    return value if value is None else " ".join(value.split())


def _changes(incident: IncidentView, given: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: value for name, value in given.items() if value != (getattr(incident, name) or None)}


def _changes_words(changes: Mapping[str, str | None], before: Mapping[str, str | None]) -> str:
    words = _("{field}: {value} (now {before})")
    return ", ".join(
        words.format(field=title_of(name), value=value or _("empty"), before=before[name] or _("empty"))
        for name, value in changes.items()
    )


def _resolve(incidents: Sequence[IncidentView]) -> None:
    """Ask for a resolution, name the tickets, and resolve them with it once that is confirmed."""
    resolution, _submitted = entry_field(_("Resolution"), kept=_RESOLUTION, rows=4, focus=True)
    _sum_up({one.number: one.short_description or one.description[:120] for one in incidents})
    words = counted(len(incidents), "Resolve {count} ticket", "Resolve {count} tickets")
    if st.button(words, type="primary", key="bulk-resolve-now", disabled=not resolution.strip()):
        seen = {one.number: {name: getattr(one, name) for name in _OWNER} for one in incidents}
        is_done = tried(partial(resolve_many, seen, resolution.strip()))
        if is_done:
            hand_in_entry(_RESOLUTION)
        _finish(is_done)


def _sum_up(lines: Mapping[str, str]) -> None:
    """Say by ticket what would be done to it."""
    for key, words in list(lines.items())[:_NAMED]:
        st.html(f"<div class='t-note'><b>{plain(key)}</b> {plain(words)}</div>")
    if len(lines) > _NAMED:
        st.caption(_("and {count} more").format(count=number(len(lines) - _NAMED)))


def bulk_acts_done() -> int:
    """Return how many acts on many tickets were done since the page was opened."""
    return int(st.session_state.get(_DONE, 0))


def _finish(is_done: bool) -> None:
    """Close the dialog, order the queue anew and tick nothing where its act is done."""
    if is_done:
        st.session_state[_DONE] = bulk_acts_done() + 1
        st.session_state.pop("queue", None)
        st.rerun()
