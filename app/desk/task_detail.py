"""A task of the knowledge manager: what it is about, its evidence, and what this person may do about it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from app.desk.article_steps import take_back
from app.desk.article_text import show_head, show_text
from app.desk.article_words import part_word, reason_word, role_word, who_can
from app.desk.language import _, day_or_age, in_sentence
from app.desk.merging import ask_which_stays
from app.desk.shell import did, go_to, link, refused, service, ticket_anchor, ticket_link, tried
from app.desk.texts import label, plain, sentence
from app.desk.visitor import person
from app.schemas.curation import ItemView
from kb.records.article_steps import Step
from kb.records.excerpt import headline
from kb.records.flag import Reason
from kb.records.worklist_item import Action, ItemKind, Verdict
from models.errors import TriageError

_INCIDENTS = 5
_STEPS = {
    Action.ARCHIVE: Step.ARCHIVE,
    Action.VALIDATE: Step.VALIDATE,
    Action.PUBLISH: Step.PUBLISH,
    Action.MERGE: Step.ARCHIVE,
}
"""What a person must be allowed to do with the article for an action; a merge archives one of the two."""


def kind_word(kind: ItemKind) -> str:
    """Return what a kind of task is called."""
    return {
        ItemKind.GAP: _("Gap"),
        ItemKind.DUPLICATE: _("Duplicate"),
        ItemKind.STALE: _("Stale"),
        ItemKind.READY: _("Ready"),
        ItemKind.FLAG: _("Flagged"),
        ItemKind.QUALITY: _("Quality"),
    }[kind]


def verdict_word(verdict: Verdict) -> str:
    """Return what was decided."""
    return {Verdict.DONE: _("done"), Verdict.IGNORED: _("dismissed"), Verdict.OPEN: _("open")}[verdict]


def show_task(item: ItemView, *, polishes: bool) -> None:
    """Show a task with its evidence and what can be done."""
    st.html(f"<h2 class='t-head'>{plain(item.title)}</h2><div class='t-note'>{plain(task_reason(item))}</div>")
    if item.ruling is not None and item.ruling.verdict is not Verdict.OPEN:
        _decided(item)
    else:
        _acts(item, polishes=polishes)
    _evidence(item)


def task_reason(item: ItemView) -> str:
    """Return why something is to be done; what the service wrote before it told that in parts stays as it is."""
    facts = item.facts
    if item.kind is ItemKind.FLAG:
        return _flag_reason(facts)
    if item.kind is ItemKind.QUALITY:
        return " ".join(map(_hint, facts["hints"]))
    return sentence(**facts["why"]) if "why" in facts else item.why


def _flag_reason(facts: Mapping[str, Any]) -> str:
    who = facts["by"] or _("somebody")
    reason = Reason(facts["reason"])
    if reason is Reason.APPROVAL:
        told = _("{name} asks for approval").format(name=who)
    else:
        told = _("{name} flagged it: {reason}").format(name=who, reason=in_sentence(reason_word(reason)))
    return f"{told}: {facts['comment']}" if facts["comment"] else told


def _hint(hint: Mapping[str, Any]) -> str:
    return sentence(hint["template"], hint["values"]) if "template" in hint else str(hint["message"])


def _decided(item: ItemView) -> None:
    ruling = item.ruling
    if ruling is None:
        return
    told = _("{verdict} by {name}, {when}").format(
        verdict=verdict_word(ruling.verdict).capitalize(),
        name=ruling.by or _("somebody"),
        when=day_or_age(ruling.at),
    )
    st.caption(label(told, 200))
    if st.button(_("Reopen"), key=f"reopen-{item.id}", help=_("Reopen task {id}").format(id=item.id)):
        before = ruling.verdict

        def reopen() -> None:
            service().decide(item.id, Verdict.OPEN, by=person())
            did(_("Reopened."), undo=lambda: service().decide(item.id, before, by=person()))

        if tried(reopen):
            st.rerun()


def _acts(item: ItemView, *, polishes: bool) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        _main_act(item, polishes=polishes)
        leave = {
            ItemKind.DUPLICATE: _("Not a duplicate"),
            ItemKind.STALE: _("Keep"),
            ItemKind.FLAG: _("Resolve flag"),
        }.get(item.kind, _("Dismiss"))
        if st.button(
            leave, key=f"leave-{item.id}", help=_("{step}: task {id}").format(step=leave, id=item.id)
        ) and tried(partial(_leave, item, leave)):
            st.rerun()
        if item.kind is ItemKind.GAP:
            _rename(item)


def _main_act(item: ItemView, *, polishes: bool) -> None:
    if item.action is Action.EDIT:
        link("articles", _("Open article {id}").format(id=item.articles[0]), article=item.articles[0])
        if item.kind is ItemKind.FLAG:
            return
        if st.button(_("Done"), key=f"done-{item.id}", type="primary") and tried(partial(_decide, item, Verdict.DONE)):
            st.rerun()
    elif item.action is Action.DRAFT:
        if st.button(_("Write the draft"), key=f"do-{item.id}", type="primary"):
            _write(item, polish=False)
        if polishes and st.button(_("Write it polished"), key=f"polish-{item.id}"):
            _write(item, polish=True)
    else:
        _act_on_article(item)


def _act_on_article(item: ItemView) -> None:
    """Offer what the task asks for with its article, or say who may do it."""
    found = service().article_steps(item.articles[-1], by=person())
    step = next((one for one in found.steps if one.step is _STEPS[item.action]), None)
    words = _action_words(item)
    if step is None:
        st.caption(_("This is settled already."))
    elif not step.allowed:
        told = _("{step}: ask a {whom}. You are a {role}.")
        asked = told.format(step=words, whom=who_can(step.roles, step.people), role=role_word(found.role))
        st.caption(label(step.lacking or asked, 300))
    elif st.button(words, key=f"do-{item.id}", type="primary"):
        if item.action is Action.MERGE:
            ask_which_stays(item.articles[0], item.articles[1], partial(_merge, item))
        elif tried(partial(_do, item, words)):
            st.rerun()


def _action_words(item: ItemView) -> str:
    key = item.articles[0]
    return {
        Action.MERGE: _("Merge…"),
        Action.ARCHIVE: _("Archive {id}").format(id=key),
        Action.VALIDATE: _("Validate {id}").format(id=key),
        Action.PUBLISH: _("Publish {id} to customers").format(id=key),
    }[item.action]


def _do(item: ItemView, words: str) -> None:
    """Do what the task asks for with its article, and offer to take it back."""
    before = service().article(item.articles[0])
    service().do(item.id, by=person())
    after = service().article(item.articles[0])

    def undo() -> None:
        take_back(before, after)
        service().decide(item.id, Verdict.OPEN, by=person())

    did(_("Done: {step}.").format(step=words), undo=undo)


def _merge(item: ItemView, kept: str, _gone: str) -> None:
    service().do(item.id, by=person(), keep=kept)


def _write(item: ItemView, *, polish: bool) -> None:
    try:
        written = service().do(item.id, by=person(), polish=polish).article
    except TriageError as error:
        refused(error)
        return

    def undo() -> None:
        service().patch_article(written, {"state": "archived", "by": person()})
        service().decide(item.id, Verdict.OPEN, by=person())

    did(_("Draft {id} written.").format(id=written), undo=undo)
    go_to("articles", article=written)


def _decide(item: ItemView, verdict: Verdict) -> None:
    service().decide(item.id, verdict, by=person())
    did(
        _("{task}: {verdict}.").format(task=item.title, verdict=verdict_word(verdict)),
        undo=lambda: service().decide(item.id, Verdict.OPEN, by=person()),
    )


def _leave(item: ItemView, words: str) -> None:
    """Dismiss a task; a flag is closed on its article instead."""
    if item.kind is not ItemKind.FLAG:
        _decide(item, Verdict.IGNORED)
        return
    key = item.articles[0]
    flag = next(one for one in service().flags(key).flags if one.id == item.facts["flag"])
    service().close_flag(key, flag.id, by=person())
    did(
        f"{words}: {key}",
        undo=lambda: service().flag_article(key, flag.reason, flag.comment, number=flag.number, by=flag.by),
    )


def _rename(item: ItemView) -> None:
    with st.popover(_("Rename"), help=_("Rename task {id}").format(id=item.id)):
        name = st.text_input(_("Name"), item.title, key=f"name-{item.id}", max_chars=200)
        if st.button(_("Save name"), key=f"rename-{item.id}", disabled=not name.strip()):
            before = item.title

            def rename() -> None:
                service().decide(item.id, None, name=name.strip(), by=person())
                did(_("Renamed."), undo=lambda: service().decide(item.id, None, name=before, by=person()))

            if tried(rename):
                st.rerun()


def _evidence(item: ItemView) -> None:
    for hint in item.facts.get("hints", ()):
        st.html(f"<div class='t-note'><b>{plain(part_word(hint['part']))}:</b> {plain(_hint(hint))}</div>")
    if item.kind is ItemKind.GAP:
        _gap(item)
    if item.kind is ItemKind.DUPLICATE:
        for column, key in zip(st.columns(2, gap="medium"), item.articles[:2], strict=True):
            with column:
                _article(key)
    elif item.articles:
        _article(item.articles[0])
    if item.incidents:
        st.header(_("Tickets"), anchor=False)
    for number in item.incidents[:_INCIDENTS]:
        _incident(number)


def _article(key: str) -> None:
    article = service().article(key)
    with st.container(border=True):
        show_head(article)
        link("articles", _("Open {id}").format(id=key), article=key)
        show_text(article)


def _incident(number: str) -> None:
    try:
        incident = service().incident(number)
    except TriageError:
        return
    with st.container(border=True, gap="small"):
        title = headline(incident.short_description, incident.description)
        solved = f"<div class='t-note'>{plain(incident.resolution)}</div>" if incident.resolution else ""
        st.html(f"<span class='t-head'>{plain(title)}</span>{solved}")
        ticket_link(number)


def _gap(item: ItemView) -> None:
    facts = item.facts
    words = ", ".join(word["term"] for word in facts["words"])
    st.html(f"<div class='t-note'>{plain(_('Distinctive words: {words}').format(words=words))}</div>")
    if facts["nearest"]:
        key = facts["nearest"]["article"]
        link("articles", _("Nearest article: {id}").format(id=key), article=key)
    draft = facts.get("draft")
    if not draft:
        return
    st.header(_("Draft, quoted from tickets"), anchor=False)
    for part in ("issue", "resolution"):
        if draft[part]:
            st.subheader(part_word(part), anchor=False)
            lines = "".join(
                f"<li>{plain(quote['text'])} {ticket_anchor(quote['number'])}</li>" for quote in draft[part]
            )
            st.html(f"<ul>{lines}</ul>")
