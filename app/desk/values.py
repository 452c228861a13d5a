"""Page: the values that a field may have; see, add and retire them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.desk.address import chosen_option
from app.desk.language import _, counted, number
from app.desk.shell import did, link, page, refused, service, tried
from app.desk.table import Cell, Column, Row, table
from app.desk.texts import title_of
from kb.records.incident import LABELS
from models.errors import TriageError

_MOST = 1000


def show() -> None:
    """Lay out the page."""
    page(_("Values"), _("The values that people can choose and that suggestions may use, by field."))
    field = chosen_option(_("Field"), {name: title_of(name) for name in LABELS}, key="field", width=320)
    try:
        found = service().field_values(field, limit=_MOST)
        listed = service().catalogue().fields.get(field)
    except TriageError as error:
        refused(error)
        return
    if listed is None:
        _open_list(field, [entry.value for entry in found.values])
    else:
        st.write(_("Only these values are allowed. No other one is suggested or accepted."))
    text = st.text_input(_("Search"), key="value-text", live="400ms", max_chars=200, width=320).strip().casefold()
    shown = [entry for entry in found.values if text in entry.value.casefold()]
    columns = [Column(_("Value"), "wide"), Column(_("Resolved tickets"), "narrow")]
    rows = [Row(entry.value, entry.value, [Cell(entry.value), Cell(number(entry.count))]) for entry in shown]
    if not rows:
        st.caption(_("No value matches.") if text else _("No ticket has a value in this field yet."))
    chosen = table(
        _("Values"), columns, rows, key=f"value-rows-{field}", tick_label=_("Select") if listed else None, height=420
    )
    if listed is not None:
        _add(field, listed)
        _retire(field, listed, chosen.ticked)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("To rename, merge or split a value with its history:"), width="content")
        link("labels", _("Label changes"), field=field)


def _open_list(field: str, used: Sequence[str]) -> None:
    st.write(_("Any value is allowed. These are in use."))
    words = counted(len(used), "Allow only this {count} value", "Allow only these {count} values")
    if used and st.button(words, key=f"close-{field}") and tried(partial(service().set_catalogue, field, used)):
        said = _("{field} may only have the listed values now.").format(field=title_of(field))
        did(said, undo=partial(service().set_catalogue, field, []))
        st.rerun()


def _add(field: str, listed: Sequence[str]) -> None:
    with (
        st.form(f"add-{field}", clear_on_submit=True, border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        value = st.text_input(_("New value"), max_chars=200, width=320)
        handed_in = st.form_submit_button(_("Add value"))
    value = " ".join(value.split())
    if handed_in and value in listed:
        st.info(_("This value is on the list already."))
    elif handed_in and value and tried(partial(_put, field, add=[value])):
        did(_("Added: {value}").format(value=value), undo=partial(_put, field, drop=[value]))
        st.rerun()


def _retire(field: str, listed: Sequence[str], ticked: Sequence[str]) -> None:
    if not ticked:
        st.caption(_("Tick values to retire them. Tickets keep the values that they have."))
        return
    if len(ticked) == len(listed):
        st.warning(_("Keep at least one value, or allow any value again."))
        if st.button(_("Allow any value"), key=f"open-{field}") and tried(partial(service().set_catalogue, field, [])):
            did(
                _("{field} may have any value now.").format(field=title_of(field)),
                undo=partial(service().set_catalogue, field, list(listed)),
            )
            st.rerun()
        return
    words = counted(len(ticked), "Retire {count} value", "Retire {count} values")
    if st.button(words, key=f"retire-{field}", type="primary") and tried(partial(_put, field, drop=ticked)):
        did(_("Retired: {values}").format(values=", ".join(ticked)), undo=partial(_put, field, add=list(ticked)))
        st.rerun()


def _put(field: str, *, add: Sequence[str] = (), drop: Sequence[str] = ()) -> None:
    """Change the list as it is now, so that what a colleague added meanwhile stays."""
    now = service().catalogue().fields.get(field, [])
    service().set_catalogue(field, [value for value in dict.fromkeys([*now, *add]) if value not in drop])
