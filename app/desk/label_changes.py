"""Page: values that were renamed, merged, split or retired, together with their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, tzinfo
from functools import partial
from zoneinfo import ZoneInfo

import streamlit as st

from app.desk.address import chosen_option, chosen_view
from app.desk.language import _, counted, date_order, day
from app.desk.shell import did, has_history, page, refused, service, tried
from app.desk.table import Cell, Column, Row, table
from app.desk.texts import label, title_of
from app.desk.visitor import person
from app.schemas.label_changes import LabelChangeView
from kb.records.incident import LABELS
from models.errors import TriageError

_SAVED = "label-changes-saved"  # after each change the form begins anew


def show() -> None:
    """Lay out the page."""
    page(
        _("Label changes"),
        _("Rename, merge, split or retire a value. Older tickets are read with the new value; none is rewritten."),
    )
    try:
        changes = service().label_changes().changes
    except TriageError as error:
        refused(error)
        return
    if not has_history():
        return
    form, listed = st.columns([2, 3], gap="medium")
    with form:
        _form()
    with listed:
        st.header(_("In force"), anchor=False)
        _list(changes)


def _form() -> None:
    st.header(_("Change a value"), anchor=False)
    field = chosen_option(_("Field"), {name: title_of(name) for name in LABELS}, key="field", width=320)
    try:
        counts = {entry.value: entry.count for entry in service().field_values(field).values}
    except TriageError as error:
        refused(error)
        return
    saved = st.session_state.get(_SAVED, 0)
    acts = {"rename": _("Rename or merge"), "split": _("Split"), "retire": _("Retire")}
    act = chosen_view(_("What happened"), acts, key="change", is_labelled=True)
    old = st.selectbox(
        _("Value"), list(counts), index=None, key=f"label-old-{field}-{saved}", placeholder=_("please choose")
    )
    others = [value for value in counts if value != old]
    new: Sequence[str] = ()
    if act == "split":
        new = st.multiselect(
            _("It became"),
            others,
            key=f"label-split-{field}-{saved}",
            accept_new_options=True,
            placeholder=_("choose values, or type new names"),
        )
    elif act != "retire":
        one = st.selectbox(
            _("It is called now"),
            others,
            index=None,
            key=f"label-new-{field}-{saved}",
            placeholder=_("choose a value to merge, or type a new name"),
            accept_new_options=True,
        )
        new = [one] if one else []
    today = datetime.now(_zone()).date()
    since = st.date_input(_("Since"), today, max_value=today, key="label-since", format=date_order())
    is_whole = old is not None and (act == "retire" or len(new) >= (2 if act == "split" else 1))
    if old is not None and is_whole:
        st.caption(_effect(counts[old], new))
    if st.button(_("Save change"), type="primary", disabled=not is_whole) and old is not None:
        _save(field, old, new, since if isinstance(since, date) and since < today else None)


def _effect(count: int, new: Sequence[str]) -> str:
    """Return what a change does to history, in words."""
    tickets = counted(count, "{count} resolved ticket", "{count} resolved tickets")
    if len(new) == 1:
        return _("{tickets} will be read as {value}.").format(tickets=tickets, value=label(new[0]))
    return _("{tickets} will be read without a value, since nobody knows which.").format(tickets=tickets)


def _save(field: str, old: str, new: Sequence[str], since: date | None) -> None:
    moment = datetime.combine(since, time(), _zone()) if since is not None else None
    try:
        made = service().change_label(field, old, new, since=moment, by=person())
    except TriageError as error:
        refused(error)
        return
    did(_sentence(made), undo=partial(service().withdraw_label_change, made.id))
    st.session_state[_SAVED] = st.session_state.get(_SAVED, 0) + 1
    st.rerun()


def _sentence(change: LabelChangeView) -> str:
    field = title_of(change.field)
    if not change.new:
        return _("{field}: {old} is retired.").format(field=field, old=change.old)
    words = _("{field}: {old} became {new}.")
    return words.format(field=field, old=change.old, new=_(" and ").join(change.new))


def _list(changes: Sequence[LabelChangeView]) -> None:
    """List the changes in force; the one that is open, whose id stands in the address, can be withdrawn."""
    if not changes:
        st.info(_("No value was changed yet."))
        return
    by_id = {str(change.id): change for change in changes}
    opened = str(st.query_params.get("change", ""))
    columns = [Column(_("Change"), "wide"), Column(_("Since"), "narrow"), Column(_("Recorded"))]
    rows = [
        Row(
            key,
            _sentence(change),
            [
                Cell(_sentence(change)),
                Cell(day(change.since)),
                Cell(_("{day} by {name}").format(day=day(change.at), name=change.by or _("unknown"))),
            ],
        )
        for key, change in by_id.items()
    ]
    chosen = table(_("Label changes"), columns, rows, key="label-rows", open_row=opened if opened in by_id else None)
    if chosen.opened is not None and chosen.opened != opened:
        st.query_params["change"] = chosen.opened
        st.rerun()
    change = by_id.get(opened)
    if change is None:
        st.caption(_("Open a change to withdraw it."))
        return
    st.write(label(_sentence(change), 300))
    if st.button(_("Withdraw this change"), key=f"withdraw-{change.id}") and tried(
        partial(service().withdraw_label_change, change.id)
    ):
        again = partial(service().change_label, change.field, change.old, change.new, since=change.since, by=person())
        did(_("Withdrawn: {change}").format(change=_sentence(change)), undo=again)
        st.query_params.pop("change", None)
        st.rerun()


def _zone() -> tzinfo:
    name = st.context.timezone
    return ZoneInfo(name) if name else UTC
