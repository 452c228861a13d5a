"""Page: who has which role with articles, and who is in which named group."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from app.desk.language import _, day
from app.desk.shell import did, page, refused, service, tried
from app.desk.table import Cell, Column, Row, table
from app.desk.texts import label
from app.desk.visitor import person
from app.schemas.curation import PeopleView, PersonView
from kb.records.life_cycle import Role
from models.errors import TriageError


def show() -> None:
    """Lay out the page."""
    page(_("People and roles"), _("A role says what a person may do with articles. Names are matched in any case."))
    try:
        found = service().people()
    except TriageError as error:
        refused(error)
        return
    everybody = _("Everybody who is not listed: {role}.").format(role=role_words()[found.everybody])
    st.caption(everybody)
    listed, form = st.columns([3, 2], gap="medium")
    with listed:
        opened = _list(found)
    with form:
        _form(found, opened)


def role_words() -> dict[Role, str]:
    """Return what each role is called."""
    return {
        Role.CANDIDATE: _("Candidate"),
        Role.CONTRIBUTOR: _("Contributor"),
        Role.PUBLISHER: _("Publisher"),
        Role.COACH: _("Coach"),
        Role.KNOWLEDGE_DOMAIN_EXPERT: _("Knowledge domain expert"),
    }


def _may(role: Role) -> str:
    return {
        Role.CANDIDATE: _("Writes drafts. Cannot validate or merge articles."),
        Role.CONTRIBUTOR: _("Writes, validates, merges and archives internal articles."),
        Role.PUBLISHER: _("As a contributor, and publishes to customers."),
        Role.COACH: _("As a contributor, and helps others to write well."),
        Role.KNOWLEDGE_DOMAIN_EXPERT: _("As a publisher, and answers for articles under compliance."),
    }[role]


def _list(found: PeopleView) -> str | None:
    """List the people; return the one who is open, whose name stands in the address."""
    if not found.people:
        st.info(_("Nobody has a role of their own yet."))
        return None
    names = [one.name for one in found.people]
    asked = str(st.query_params.get("person", ""))
    opened = asked if asked in names else None
    columns = [Column(_("Name")), Column(_("Role")), Column(_("Groups")), Column(_("Given"))]
    rows = [
        Row(
            one.name,
            one.name,
            [
                Cell(one.name),
                Cell(role_words()[one.role]),
                Cell(", ".join(one.groups)),
                Cell(_("{day} by {name}").format(day=day(one.at), name=one.by or _("unknown"))),
            ],
        )
        for one in found.people
    ]
    chosen = table(_("People"), columns, rows, key="people-rows", open_row=opened)
    if chosen.opened is not None and chosen.opened != opened:
        st.query_params["person"] = chosen.opened
        st.rerun()
    return opened


def _form(found: PeopleView, opened: str | None) -> None:
    known = {one.name: one for one in found.people}
    shown = known.get(opened or "")
    st.header(_("Role of {name}").format(name=label(opened)) if opened else _("Give a role"), anchor=False)
    name = opened or st.text_input(_("Name"), key="role-name", live="300ms", max_chars=200).strip()
    roles = list(Role)
    role = st.selectbox(
        _("Role"),
        roles,
        index=roles.index(shown.role if shown else found.everybody),
        format_func=role_words().__getitem__,
        key=f"role-of-{opened}",
    )
    st.caption(_may(role))
    listed = shown.groups if shown else []
    groups = st.multiselect(
        _("Groups"),
        sorted({group for one in found.people for group in one.groups}),
        default=listed,
        accept_new_options=True,
        key=f"groups-of-{opened}-{listed}",
        placeholder=_("choose groups, or type new ones"),
        help=_("Named groups say which restricted tickets somebody sees."),
    )
    key = " ".join(name.split()).casefold()
    before = known.get(key)
    given = groups if groups or opened else None  # of a name that was typed, none chosen leaves those there are
    is_same = before is not None and role is before.role and given in (None, before.groups)
    if st.button(_("Save role and groups"), type="primary", disabled=not name or is_same) and tried(
        partial(service().give_role, name, role, groups=given, by=person())
    ):
        did(_now(name, role, groups), undo=_back(key, before))
        st.query_params["person"] = key
        st.rerun()
    if opened is not None:
        if st.button(_("Remove role")) and tried(partial(service().take_role, opened)):
            did(_("{name} has the role of everybody now.").format(name=opened), undo=_back(opened, before))
            st.query_params.pop("person", None)
            st.rerun()
        if st.button(_("Another person"), type="tertiary"):
            st.query_params.pop("person", None)
            st.rerun()


def _now(name: str, role: Role, groups: list[str]) -> str:
    """Return the sentence that says what a person is now."""
    if not groups:
        return _("{name} is now: {role}.").format(name=name, role=role_words()[role])
    words = _("{name} is now: {role}, in {groups}.")
    return words.format(name=name, role=role_words()[role], groups=", ".join(groups))


def _back(name: str, before: PersonView | None) -> Callable[[], object]:
    """Return the call that gives a person the role and the groups that they had."""
    if before is None:
        return partial(service().take_role, name)
    return partial(service().give_role, name, before.role, groups=before.groups, by=person())
