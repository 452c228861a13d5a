"""Help beside a ticket: articles that may solve it, and similar resolved tickets; both open in a drawer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from app.desk.dialogs import show_dialog
from app.desk.language import _, counted, date_and_time
from app.desk.shell import did, link, refused, service, ticket_link, tried
from app.desk.texts import article_html, label, plain
from app.desk.ticket_draft import TicketDraft
from app.desk.visitor import person
from app.schemas.articles import ArticleView
from app.schemas.major_room import KnownMajorView
from app.schemas.suggestions import ArticleEvidence, IncidentEvidence, SuggestionView
from kb.records.article import KCS_SECTIONS
from kb.records.feedback import ARTICLES, SIMILAR_INCIDENTS
from models.errors import TriageError

_MOST_ARTICLES = 2  # so that similar tickets begin on the first screen
_MOST_INCIDENTS = 4
_EXCERPT = 160


def show_help(draft: TicketDraft, answer: SuggestionView, *, may_resolve: bool = True) -> None:
    """Show what is known about such a ticket: a major incident that it reports, then the articles."""
    if answer.major is not None:
        _known(answer.major)
    st.header(_("Articles that may help"), anchor=False)
    articles = [one for one in answer.articles if one.id not in draft.hidden]
    if not articles:
        st.caption(_("No matching article found."))
    for article in articles[:_MOST_ARTICLES]:
        _article(draft, article, may_resolve=may_resolve)
    if further := articles[_MOST_ARTICLES:]:
        with st.expander(counted(len(further), "{count} more article", "{count} more articles")):
            for article in further:
                _article(draft, article, may_resolve=may_resolve)
    _nothing_helps(draft)
    st.header(_("Similar resolved tickets"), anchor=False)
    incidents = [one for one in answer.similar_incidents if one.number not in draft.hidden][:_MOST_INCIDENTS]
    if not incidents:
        st.caption(_("No similar tickets found."))
    for incident in incidents:
        _incident(draft, incident)


def _known(major: KnownMajorView) -> None:
    """Say that a ticket reports a major incident that is known, and what helps meanwhile."""
    words = _("Known: part of a major incident.") if major.is_child else _("Known: this reports a major incident.")
    helps = _("What helps meanwhile: {workaround}").format(workaround=major.workaround) if major.workaround else ""
    due = _("Next update: {time}").format(time=date_and_time(major.next_update_at)) if major.next_update_at else ""
    note = "".join(f"<div class='t-note'>{plain(said)}</div>" for said in (helps, due) if said)
    st.html(f"<div class='t-card t-bad' role='status'><b>{plain(words)}</b>{note}</div>")
    link("major", _("See {id}: {subject}").format(id=major.id, subject=major.subject), id=major.id)


def _article(draft: TicketDraft, article: ArticleEvidence, *, may_resolve: bool) -> None:
    with st.container(border=True, gap="small"):
        st.html(
            f"<span class='t-head'>{plain(article.title)}</span>"
            f"<div class='t-note'>{plain(_short(article.excerpt))}</div>"
        )
        key = label(article.id, 40)
        with st.container(horizontal=True, gap="small"):
            if st.button(_("Show {id}").format(id=key), key=f"show-{draft.number}-{article.id}"):
                read = partial(_open, draft, article.id, may_resolve=may_resolve)
                show_dialog(_("Article"), read, position="right", width="large")
            if may_resolve and article.workaround and draft.article != article.id:
                words = _("Resolve with {article}").format(article=key)
                if st.button(words, key=f"with-{draft.number}-{article.id}") and tried(
                    lambda: _resolve(draft, service().article(article.id))
                ):
                    st.rerun()
            words = _("{id} is not relevant").format(id=key)
            if st.button(words, key=f"not-{draft.number}-{article.id}", type="tertiary"):
                _refuse(draft, ARTICLES, article.id)


def _incident(draft: TicketDraft, incident: IncidentEvidence) -> None:
    with st.container(border=True, gap="small"):
        where = " · ".join(filter(None, (incident.category, incident.assignment_group)))
        solved = incident.resolution or _("No resolution was written down.")
        st.html(
            f"<span class='t-head'>{plain(incident.short_description)}</span>"
            f"<div class='t-note'>{plain(where)}</div><div class='t-note'>{plain(_short(solved))}</div>"
        )
        with st.container(horizontal=True, gap="small"):
            key = label(incident.number, 40)
            if st.button(_("Show {id}").format(id=key), key=f"show-{draft.number}-{incident.number}"):
                show_dialog(_("Similar ticket"), partial(_read, incident.number), position="right", width="large")
            words = _("{number} is not similar").format(number=key)
            if st.button(words, key=f"apart-{draft.number}-{incident.number}", type="tertiary"):
                _refuse(draft, SIMILAR_INCIDENTS, incident.number)


def _nothing_helps(draft: TicketDraft) -> None:
    key = "no article helps"
    if key in draft.hidden:
        st.caption(_("Thanks, noted as a gap."))
    elif st.button(_("None of these help"), key=f"in-vain-{draft.number}", type="tertiary"):
        text = f"{draft.short_description}\n{draft.description}".strip()[:10_000]
        if tried(lambda: note_gap(text, number=draft.number, undone=lambda: draft.hidden.discard(key))):
            draft.hidden.add(key)
            st.rerun()


def note_gap(text: str, *, number: str | None = None, undone: Callable[[], object] | None = None) -> None:
    """Note that no article helps with a text, with Undo; `undone` is called once that is undone."""
    by = person()
    service().not_found(text, number=number, by=by)

    def undo() -> None:
        service().withdraw_not_found(text, number=number, by=by)
        if undone is not None:
            undone()

    did(_("Thanks, noted as a gap."), undo=undo)


def _resolve(draft: TicketDraft, article: ArticleView) -> None:
    """Take an article's resolution, with Undo where it replaces another one."""
    was_written = bool(draft.resolution.strip())
    undo = draft.resolve_with(article)
    if was_written:
        did(_("Resolution replaced by that of {article}.").format(article=article.id), undo=undo)


def _refuse(draft: TicketDraft, field: str, value: str) -> None:
    def refuse() -> None:
        made = service().feedback(
            number=draft.number,
            ticket={"number": draft.number, **draft.texts()},
            field=field,
            suggested=value,
            chosen=None,
            by=person(),
        )

        def undo() -> None:
            service().withdraw_feedback(made.id, by=person())
            draft.hidden.discard(value)

        did(_("{what} will not be shown for tickets like this.").format(what=value), undo=undo)

    if tried(refuse):
        draft.hidden.add(value)
        st.rerun()


def _open(draft: TicketDraft, key: str, *, may_resolve: bool) -> None:
    """Show an article in a drawer, which leaves the ticket where it is."""
    try:
        article = service().article(key)
    except TriageError as error:
        refused(error)
        return
    if key not in draft.opened and tried(lambda: service().opened(key, number=draft.number, by=person())):
        draft.opened.add(key)
    st.html(f"<span class='t-head'>{plain(article.title)}</span><div class='t-note'>{plain(article.id)}</div>")
    link("articles", _("Open the article's page"), article=key)
    for section in KCS_SECTIONS:
        text = getattr(article, section)
        if text.strip():
            st.subheader(_(section.replace("_", " ").capitalize()), anchor=False)
            st.html(article_html(text))
    for part in article.sections:
        st.subheader(label(part.heading) or _("More"), anchor=False)
        st.html(article_html(part.text))
    if may_resolve and st.button(_("Resolve with this"), key=f"drawer-{draft.number}-{key}", type="primary"):
        _resolve(draft, article)
        st.rerun()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"


def _read(number: str) -> None:
    """Show a similar ticket in a drawer, which leaves the ticket at work where it is."""
    try:
        incident = service().incident(number)
    except TriageError as error:
        refused(error)
        return
    where = " · ".join(filter(None, (incident.category, incident.assignment_group, incident.priority)))
    st.html(
        f"<span class='t-head'>{plain(incident.short_description)}</span>"
        f"<div class='t-note'>{plain(incident.number)} · {plain(where)}</div>"
    )
    ticket_link(number, _("Open the ticket's page"))
    for title, text in ((_("Description"), incident.description), (_("Resolution"), incident.resolution)):
        if text and text.strip():
            st.subheader(title, anchor=False)
            st.html(f"<div class='t-text'>{plain(text)}</div>")
