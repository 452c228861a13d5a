"""Page: keys by which programs call the API."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.dialogs import show_dialog
from app.desk.language import _, counted, date_and_time, day, day_or_age
from app.desk.shell import did, page, refused, service, tried
from app.desk.table import Cell, Column, Mark, Row, table
from app.desk.texts import label
from app.schemas.keys import KeyView
from kb.records.api_key import Scope
from models.errors import TriageError

_MADE = "made-key"
_COUNT = "keys-made"  # after each key the form begins anew
_DAYS = (None, 30, 90, 365)


def show() -> None:
    """Lay out the page."""
    page(_("API keys"), _("Programs call the API with a key. Each key opens only what its scopes name."))
    _made()
    try:
        found = service().keys().keys
    except TriageError as error:
        refused(error)
        st.caption(_("Only a desk whose own key has the scope admin can manage keys."))
        return
    listed, form = st.columns([3, 2], gap="medium")
    with listed:
        opened = _list(found)
    with form:
        if opened is not None and opened.holds:
            _revoke_box(opened)
        _form(found)


def scope_words() -> dict[Scope, str]:
    """Return what each scope opens."""
    return {
        Scope.SUGGEST: _("Suggest: ask for suggestions and read"),
        Scope.WRITE: _("Write: write tickets, corrections and files"),
        Scope.KNOWLEDGE: _("Knowledge: write and publish articles"),
        Scope.ADMIN: _("Admin: everything, also settings and keys"),
    }


def _made() -> None:
    """Show the text of a key that was just created, until it is put away."""
    made: str | None = st.session_state.get(_MADE)
    if made is None:
        return
    with st.container(border=True):
        st.subheader(_("Your new key"), anchor=False)
        st.write(_("Copy it now: it is shown only once and not stored."))
        st.code(made, language=None)
        if st.button(_("I have copied the key"), type="primary"):
            del st.session_state[_MADE]
            st.rerun()


def _list(found: list[KeyView]) -> KeyView | None:
    """List the keys; return the one that is open, whose id stands in the address."""
    if not found:
        st.info(_("There are no keys yet."))
        return None
    by_id = {key.id: key for key in found}
    opened = str(st.query_params.get("key", ""))
    words = scope_words()
    columns = [Column(_("Name")), Column(_("Scopes")), Column(_("Last used")), Column(_("State"), "narrow")]
    rows = [
        Row(
            key.id,
            key.name,
            [
                Cell(key.name, sub=key.id),
                Cell(", ".join(words[scope].partition(":")[0] for scope in key.scopes), sub=_in_groups(key)),
                _last_used(key),
                Cell(_state(key), marks=[] if key.holds else [Mark(_("no longer valid"), "muted")]),
            ],
        )
        for key in found
    ]
    chosen = table(_("API keys"), columns, rows, key="key-rows", open_row=opened if opened in by_id else None)
    if chosen.opened is not None and chosen.opened != opened:
        st.query_params["key"] = chosen.opened
        st.rerun()
    return by_id.get(opened)


def _last_used(key: KeyView) -> Cell:
    if key.last_used_at is None:
        return Cell(_("never"))
    return Cell(day_or_age(key.last_used_at), hint=date_and_time(key.last_used_at))


def _in_groups(key: KeyView) -> str:
    return _("Groups: {names}").format(names=", ".join(key.groups)) if key.groups else ""


def _state(key: KeyView) -> str:
    if key.revoked_at is not None:
        return _("revoked {day}").format(day=day(key.revoked_at))
    if key.expires_at is None:
        return _("no expiry")
    words = _("until {day}") if key.holds else _("expired {day}")
    return words.format(day=day(key.expires_at))


def _form(found: list[KeyView]) -> None:
    st.header(_("Create a key"), anchor=False)
    words = scope_words()
    made = st.session_state.get(_COUNT, 0)
    name = st.text_input(
        _("Name of the person or program"), key=f"key-name-{made}", live="300ms", max_chars=200
    ).strip()
    scopes = st.multiselect(
        _("Scopes"), list(Scope), default=[Scope.SUGGEST], format_func=words.__getitem__, key="key-scopes"
    )
    days = st.selectbox(
        _("Expires"),
        _DAYS,
        format_func=lambda count: (
            counted(count, "after {count} day", "after {count} days") if count else _("never, until it is revoked")
        ),
        key="key-days",
    )
    groups = st.multiselect(
        _("Groups"),
        sorted({group for key in found for group in key.groups}),
        accept_new_options=True,
        key=f"key-groups-{made}",
        placeholder=_("choose groups, or type new ones"),
        help=_("Named groups say which restricted tickets a program may read. They stay as long as the key."),
    )
    if st.button(_("Create key"), type="primary", disabled=not name or not scopes):
        _make(name, scopes, days, groups)


def _make(name: str, scopes: list[Scope], days: int | None, groups: list[str]) -> None:
    try:
        made = service().make_key(name, scopes, days=days, groups=groups)
    except TriageError as error:
        refused(error)
        return
    st.session_state[_MADE] = made.key
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    did(_("Key created for {name}.").format(name=name))
    st.query_params["key"] = made.id
    st.rerun()


def _revoke_box(key: KeyView) -> None:
    with st.container(border=True):
        st.subheader(_("Key of {name}").format(name=label(key.name)), anchor=False)
        st.caption(_("Created {day}.").format(day=day(key.created_at)))
        if st.button(_("Revoke key {id}").format(id=key.id)):
            show_dialog(_("Revoke key"), partial(_revoke, key))


def _revoke(key: KeyView) -> None:
    """Ask once, since nothing brings a revoked key back."""
    st.write(
        _("Programs that use the key of {name} will be refused at once. This cannot be undone.").format(
            name=label(key.name)
        )
    )
    if st.button(_("Revoke for good"), type="primary") and tried(partial(service().revoke_key, key.id)):
        did(_("The key of {name} is revoked.").format(name=key.name))
        st.rerun()
