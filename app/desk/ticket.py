"""Page: a ticket, new or existing: what was said, its fields, and what helps, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.desk.acts import resolve, set_fields
from app.desk.assignment import show_assignment
from app.desk.field_corrections import correct_fields
from app.desk.field_form import field_form
from app.desk.help import show_help
from app.desk.language import _, date_and_time, in_sentence
from app.desk.last_answers import last_answer
from app.desk.questions import show_questions
from app.desk.security import restricted_ticket, security_banner
from app.desk.shell import did, go_to, link, page, refused, service, tried, wait_for_service
from app.desk.stage_words import state_name
from app.desk.texts import label, plain, title_of
from app.desk.ticket_draft import (
    TicketDraft,
    begin_another,
    begun_draft,
    draft_of,
    hand_in,
    hand_in_fields,
    new_ticket_draft,
    unfinished_beside,
)
from app.desk.ticket_life import show_life
from app.desk.ticket_resolution import lacks_resolution, offer_resolution, show_unused_resolution, write_resolution
from app.desk.undo import undo_acts
from app.desk.visitor import person
from app.desk.watching import watch
from app.desk.writing import writing_field
from app.schemas.incidents import IncidentView
from app.schemas.suggestions import FieldView, SuggestionView
from kb.records.sensitive_data import Secret
from kb.vocabulary.stage import FINISHED
from models.errors import NotFoundError, TriageError

_COLUMNS = 3


def show_new() -> None:
    """Lay out the page for a ticket that is not logged yet."""
    page(_("New ticket"))
    draft = new_ticket_draft(st.query_params.get("draft"))
    if draft.logged is not None:
        _begin_next(draft)
    st.query_params["draft"] = draft.number
    notice = st.container()
    conversation, fields, helping = _columns()
    with conversation:
        is_submitted = _write(draft)
    with notice:
        answer = _answer(draft)
    with conversation:
        security_banner(answer)
        _masked(answer)
        if answer is not None:
            show_questions(draft, answer, takes_answers=True)
        is_submitted |= write_resolution(draft)
    with fields:
        st.header(_("Fields"), anchor=False)
        if answer is None:
            st.caption(_("Describe the problem. Fields are suggested as you type."))
        else:
            field_form(draft, answer.fields, place="new")
        _log_button(draft, answer, is_submitted=is_submitted)
        if draft.says_something:
            offer_resolution(draft)
        _offer_others(draft)
    with helping:
        if answer is not None:
            show_help(draft, answer)
    _tell_screen_readers(answer)


def show() -> None:
    """Lay out the page for the ticket in the address."""
    number = st.query_params.get("number", "")
    try:
        found = last_answer(f"ticket {number}", lambda: service().incident(number)) if number else None
    except NotFoundError:
        found = None
    except TriageError as error:
        page(_("Ticket"))
        wait_for_service(error)
        return
    if found is None and number and restricted_ticket(number):
        return
    if found is None:
        page(_("Ticket"))
        st.warning(_("There is no ticket {number} here.").format(number=label(number)) if number else _("No ticket."))
        show_unused_resolution(begun_draft(number), None)
        return
    incident = found.value
    page(f"{label(incident.short_description or incident.description, 100)}", f"{label(incident.number)}")
    with st.container():  # which is there in any case, so that the fields below stay and keep the focus
        if found.away is not None:
            wait_for_service(found.away)
        else:
            watch(lambda: service().incident(incident.number), incident)
    workspace(incident, place="ticket", is_away=found.away is not None)


def workspace(incident: IncidentView, *, place: str, is_compact: bool = False, is_away: bool = False) -> None:
    """Show an incident that is kept: what was said, its fields, and what helps, as known while the service is away."""
    draft = draft_of(incident)
    is_finished = incident.stage in FINISHED
    answer = draft.answer if is_away else _answer(draft)
    if is_finished:
        answer = None
    is_submitted = False
    conversation, fields, helping = (st.container(), st.container(), st.container()) if is_compact else _columns()
    with conversation:
        security_banner(answer, number=incident.number)
        _said(incident)
        if answer is not None:
            show_questions(draft, answer, takes_answers=False)
        with st.container():  # so that what is opened below stays open
            if incident.stage.is_open:
                offer_resolution(draft)
                is_submitted = write_resolution(draft)
            else:
                show_unused_resolution(draft, incident.stage)
        _article_from(incident)
        if not is_compact:
            show_life(incident)
    with fields:
        st.header(_("Fields"), anchor=False)
        if incident.stage.is_open and not is_compact:
            show_assignment(incident, place=place)
        if is_finished:
            correct_fields(draft, incident.stage, place=place)
        elif answer is not None:
            field_form(draft, answer.fields, place=place)
            _save_button(draft, incident, answer, place=place, is_submitted=is_submitted)
    with helping:
        if answer is not None:
            show_help(draft, answer, may_resolve=incident.stage.is_open)
    _tell_screen_readers(answer)


def _columns() -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Return the places of conversation, fields and help; on a narrow screen the help is below the other two."""
    with st.container(key="ticket-columns"):
        conversation, fields, helping = st.columns(_COLUMNS, gap="medium")
    return conversation, fields, helping


def _write(draft: TicketDraft) -> bool:
    st.header(_("Conversation"), anchor=False)
    draft.caller, first = writing_field(_("Caller"), draft.caller, kept=f"{draft.number}-caller", limit=200, focus=True)
    draft.short_description, second = writing_field(
        _("Short description"), draft.short_description, kept=f"{draft.number}-short", limit=500
    )
    draft.description, third = writing_field(
        _("Description"),
        draft.description,
        kept=f"{draft.number}-text",
        rows=9,
        limit=100_000,
        edition=draft.answers,
    )
    return first or second or third


def _offer_others(draft: TicketDraft) -> None:
    """Offer a further ticket and unfinished ones; below the fields, so that Tab leads from the texts to the fields."""
    if draft.says_something and st.button(_("Start another ticket"), key="another", type="tertiary"):
        st.query_params["draft"] = begin_another().number
        st.rerun()
    for other in unfinished_beside(draft):
        title = other.short_description or other.description or other.caller
        link("new", _("Continue writing: {title}").format(title=title), draft=other.number)


def _answer(draft: TicketDraft) -> SuggestionView | None:
    try:
        return draft.ask(service())
    except TriageError as error:
        wait_for_service(error)
        return draft.answer


def _masked(answer: SuggestionView | None) -> None:
    for kind in answer.masked if answer else ():
        name = _(kind.value.replace("_", " "))
        advice = _(" Ask the caller to change it.") if isinstance(kind, Secret) else ""
        st.warning(_("This looks like a {kind}. It will not be saved.").format(kind=name) + advice)


def _log_button(draft: TicketDraft, answer: SuggestionView | None, *, is_submitted: bool) -> None:
    fields = answer.fields if answer is not None else {}
    unchecked = draft.unchecked(fields)
    pressed = st.button(
        _log_words(draft, fields, unchecked),
        key="log",
        type="primary",
        width="stretch",
        shortcut="Ctrl+Enter",
        disabled=not draft.says_something,
        wrap=True,
    )
    if not (pressed or is_submitted) or not draft.says_something or lacks_resolution(draft):
        return
    if unchecked:
        draft.checked.update(unchecked)
        st.rerun()
    if tried(partial(_log, draft, fields)):
        _begin_next(draft)


def _begin_next(draft: TicketDraft) -> None:
    """Say that a ticket is logged, and begin the next one."""
    undone = _("Undone: the ticket is cancelled, and its corrections teach nothing.")
    key = None if draft.logged is None else draft.logged.undo
    undo = None if key is None else partial(undo_acts, [key])
    did(_("Logged."), undo=undo, number=draft.number, undone=undone)
    hand_in(draft)
    st.query_params.pop("draft", None)
    st.rerun()


def _log_words(draft: TicketDraft, fields: dict[str, FieldView], unchecked: Iterable[str]) -> str:
    """Return the words of the button, which name what it will do."""
    if unchecked:
        names = ", ".join(in_sentence(title_of(name)) for name in unchecked)
        return _("Check {fields}, then log").format(fields=names)
    values = draft.values(fields)
    group, priority = values.get("assignment_group"), values.get("priority")
    if draft.article is not None:
        return _("Log and resolve with {article}").format(article=label(draft.article))
    if draft.is_resolving:
        return _("Log and resolve")
    if group is None:
        return _("Log without a group")
    if priority is None:
        return _("Log to {group}").format(group=label(group, 40))
    return _("Log to {group}, {priority}").format(group=label(group, 40), priority=label(_short_priority(priority), 12))


def _short_priority(priority: str) -> str:
    first = priority.strip().split(" ", 1)[0]
    return f"P{first}" if first.isdigit() else priority


def _log(draft: TicketDraft, fields: dict[str, FieldView]) -> None:
    """Write the ticket with what the person decided and the article that resolved it, once."""
    client, decisions, by = service(), draft.decisions(fields), person()
    with draft.logging:
        if draft.logged is None:  # set at once: another press ends this run wherever it next touches the page
            ticket = draft.incident(fields)
            draft.logged = client.log_incident(draft.number, ticket, decisions, article=draft.article, by=by)


def _save_button(
    draft: TicketDraft, incident: IncidentView, answer: SuggestionView, *, place: str, is_submitted: bool
) -> None:
    pending = draft.pending(answer.fields)
    unchecked = draft.unchecked(answer.fields)
    is_resolved = draft.is_resolving and incident.stage.is_open
    names = ", ".join(in_sentence(title_of(name)) for name in unchecked)
    if unchecked and is_resolved:
        words = _("Check {fields}, then resolve").format(fields=names)
    elif unchecked:
        words = _("Check {fields}, then save").format(fields=names)
    elif is_resolved and draft.article is not None:
        words = _("Resolve with {article}").format(article=label(draft.article))
    elif is_resolved:
        words = _("Resolve ticket")
    elif pending:
        words = _("Save {fields}").format(fields=", ".join(in_sentence(title_of(name)) for name in pending))
    else:
        st.caption(_("Every field is set."))
        return
    key = f"save-{place}-{draft.number}"
    pressed = st.button(words, key=key, type="primary", width="stretch", shortcut="Ctrl+Enter", wrap=True)
    if not (pressed or is_submitted) or (is_resolved and lacks_resolution(draft)):
        return
    if unchecked:
        draft.checked.update(unchecked)
        st.rerun()
    tried(partial(_resolve if is_resolved else _save, draft, pending))


def _resolve(draft: TicketDraft, pending: dict[str, str | None]) -> None:
    """Resolve the ticket with what the person decided and wrote; the draft goes only once that is kept."""
    words = _("Resolved {number} with {article}.") if draft.article is not None else _("Resolved {number}.")
    message = words.format(number=draft.number, article=draft.article)
    done = partial(hand_in, draft)
    resolve(draft.number, pending, draft.resolution, draft.article, message, seen=draft.stored, done=done)


def _save(draft: TicketDraft, pending: dict[str, str | None]) -> None:
    words = _("Saved {number}.").format(number=draft.number)
    set_fields(draft.number, pending, draft.stored, words, done=partial(hand_in_fields, draft))


def _said(incident: IncidentView) -> None:
    st.header(_("Conversation"), anchor=False)
    facts = [
        (_("Caller"), incident.caller),
        (_("State"), state_name(incident.stage, incident.state)),
        (_("Opened"), date_and_time(incident.opened_at) if incident.opened_at else None),
        (_("Resolved"), date_and_time(incident.resolved_at) if incident.resolved_at else None),
    ]
    st.html("".join(f"<div class='t-note'><b>{plain(name)}:</b> {plain(text)}</div>" for name, text in facts if text))
    st.html(f"<div class='t-text'>{plain(incident.description or incident.short_description)}</div>")
    if incident.resolution:
        st.subheader(_("Resolution"), anchor=False)
        st.html(f"<div class='t-text'>{plain(incident.resolution)}</div>")


def _article_from(incident: IncidentView) -> None:
    if not st.button(
        _("Write an article from this ticket"),
        key=f"capture-{incident.number}",
        type="tertiary",
        icon=":material/note_add:",
    ):
        return
    try:
        article = service().capture(incident.number, by=person())
    except TriageError as error:
        refused(error)
        return
    did(
        _("Draft {id} written.").format(id=article.id),
        undo=lambda: service().patch_article(article.id, {"state": "archived", "by": person()}),
    )
    go_to("articles", article=article.id)


def _tell_screen_readers(answer: SuggestionView | None) -> None:
    if answer is not None:
        clear = sum(view.value is not None for view in answer.fields.values())
        words = _("{count} fields suggested, {articles} articles found.").format(
            count=clear, articles=len(answer.articles)
        )
        st.html(f"<div class='t-unseen' role='status' aria-live='polite'>{plain(words)}</div>")
