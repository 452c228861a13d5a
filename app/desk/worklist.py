"""Page: what a knowledge manager should do today, each item with its evidence and one action."""

from __future__ import annotations

import streamlit as st

from app.desk.articles import article_text, open_article
from app.desk.parts import asked, page, person, service
from app.desk.texts import label, plain
from app.schemas.curation import ItemView, WorklistView
from kb.records.excerpt import headline
from kb.records.worklist_item import Action, ItemKind, Verdict
from models.errors import TriageError

_PAGE = 20
_INCIDENTS = 5
_POLL_SECONDS = 3
_KINDS = {
    ItemKind.GAP: "Gaps",
    ItemKind.DUPLICATE: "Duplicates",
    ItemKind.STALE: "Stale",
    ItemKind.READY: "Ready",
    ItemKind.FLAG: "Flagged",
    ItemKind.QUALITY: "Quality",
}
_DO = {
    Action.DRAFT: "Write the draft",
    Action.MERGE: "Merge",
    Action.ARCHIVE: "Archive",
    Action.VALIDATE: "Validate",
    Action.PUBLISH: "Publish to customers",
    Action.EDIT: "Open article",
}
_NOT = {
    ItemKind.GAP: "Ignore",
    ItemKind.DUPLICATE: "No duplicate",
    ItemKind.FLAG: "Settled",
    ItemKind.QUALITY: "Fine as it is",
}


def show() -> None:
    """Lay out the page."""
    page("Worklist", "What a knowledge manager should do today, what is worth most by minute of work first.")
    if "done" in st.session_state:
        st.success(label(st.session_state.pop("done"), 200))
    try:
        found = service().worklist(limit=1)
        if found.as_of is None:
            _wait()
            return
        kind = st.segmented_control(
            "ItemKind",
            list(_KINDS),
            format_func=lambda one: f"{_KINDS[one]} {found.counts[one]}",
            label_visibility="collapsed",
        )
        _items(service().worklist(kind=kind, limit=_PAGE))
    except TriageError as error:
        st.error(label(str(error), 300))


@st.fragment(run_every=_POLL_SECONDS)
def _wait() -> None:
    """Come back when everything was looked through for the first time."""
    st.info("Everything is being looked through for the first time; the list appears by itself.")
    if service().worklist(limit=1).as_of is not None:
        st.rerun()


def _items(found: WorklistView) -> None:
    st.caption(
        f"{found.total} to do; as of {found.as_of:%d %b %Y %H:%M}. Hours a year are assumed: docs/curate-knowledge.md."
    )
    if not found.items:
        st.success("Nothing to do.")
    for item in found.items:
        _item(item, polishes=found.polishes)
    if found.total > len(found.items):
        st.caption(f"{found.total - len(found.items)} more follow when these are done.")


def _item(item: ItemView, *, polishes: bool) -> None:
    with st.container(border=True):
        text, act, leave = st.columns([14, 5, 4], vertical_alignment="center")
        text.html(
            f"<span class='t-head'>{plain(item.title)}</span>"
            f"<span class='t-tag t-plain'>{item.kind} · {item.hours:,.1f} h a year</span>"
            f"<div class='t-note'>{plain(item.why)}</div>"
        )
        if act.button(_DO[item.action], key=f"do-{item.id}", type="primary", width="stretch"):
            _do(item)
        may_polish = polishes and item.action is Action.DRAFT
        if may_polish and act.button("Write it polished", key=f"polish-{item.id}", width="stretch"):
            _do(item, polish=True)
        if leave.button(_NOT.get(item.kind, "Leave it"), key=f"leave-{item.id}", width="stretch") and asked(
            lambda: service().decide(item.id, Verdict.IGNORED, by=person())
        ):
            _settle(item)
            st.rerun()
        if st.toggle("Evidence", key=f"evidence-{item.id}"):
            _evidence(item)


def _do(item: ItemView, *, polish: bool = False) -> None:
    if item.action is Action.EDIT:
        open_article(item.articles[0])
        st.switch_page(st.session_state["pages"]["knowledge"])
    try:
        done = service().do(item.id, by=person(), polish=polish)
    except TriageError as error:
        st.error(label(str(error), 300))
        return
    st.session_state["done"] = f"{_DO[item.action]}: {done.article}"
    if item.action is Action.DRAFT:
        open_article(done.article)
        st.switch_page(st.session_state["pages"]["knowledge"])
    st.rerun()


def _settle(item: ItemView) -> None:
    """A flag that is settled is closed on its article too."""
    if item.kind is ItemKind.FLAG:
        service().close_flag(item.articles[0], item.facts["flag"], by=person())


def _evidence(item: ItemView) -> None:
    if item.kind is ItemKind.GAP:
        _gap(item)
    if item.kind is ItemKind.DUPLICATE:
        for column, key in zip(st.columns(2), item.articles, strict=True):
            with column:
                article_text(service().article(key))
    for hint in item.facts.get("hints", ()):
        st.html(
            f"<div class='t-note'><b>{plain(hint['check'])}</b> {plain(hint['part'])} {plain(hint['message'])}</div>"
        )
    for number in item.incidents[:_INCIDENTS]:
        try:
            incident = service().incident(number)
        except TriageError:
            continue
        solved = f"<div class='t-note'>{plain(incident.resolution)}</div>" if incident.resolution else ""
        title = headline(incident.short_description, incident.description)
        st.html(f"<div class='t-card'><b>{plain(number)}</b> {plain(title)}{solved}</div>")


def _gap(item: ItemView) -> None:
    facts = item.facts
    words = ", ".join(f"{word['term']} ({word['share']:.0%})" for word in facts["words"])
    nearest = f" Nearest article: {facts['nearest']['article']}." if facts["nearest"] else ""
    told = f"Telling words, and the share of incidents with them: {words}.{nearest}"
    st.html(f"<div class='t-note'>{plain(told)}</div>")
    draft = facts.get("draft")
    if draft:
        parts = "".join(_quotes(name, draft[name]) for name in ("issue", "resolution") if draft[name])
        st.html(
            f"<div class='t-card'><span class='t-head'>{plain(draft['title']['text'])}</span>"
            f"<span class='t-tag t-plain'>draft, quoted from incidents</span>{parts}</div>"
        )
    with st.popover("Rename"):
        name = st.text_input("Name", item.title, key=f"name-{item.id}", max_chars=200)
        if st.button("Keep name", key=f"rename-{item.id}", disabled=not name.strip()) and asked(
            lambda: service().decide(item.id, None, name=name.strip(), by=person())
        ):
            st.rerun()


def _quotes(name: str, quotes: list[dict[str, str]]) -> str:
    """Sentences of a draft, each with the incident that it stands in."""
    lines = (
        f"<li>{plain(quote['text'])} <span class='t-note'>{plain(quote['number'])}</span></li>" for quote in quotes
    )
    return f"<h5>{name.capitalize()}</h5><ul>{''.join(lines)}</ul>"
