"""Security incidents on pages: the banner that says what to do, restricting a ticket, and restricted tickets."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.dialogs import show_dialog
from app.desk.event_sentences import event_sentence
from app.desk.language import _, date_and_time
from app.desk.shell import did, page, refused, service, ticket_link, tried
from app.desk.stage_words import stage_name, state_name
from app.desk.texts import label, plain
from app.desk.ticket_life import show_clocks
from app.desk.visitor import person
from app.schemas.security import RestrictedIncidentView, SecurityProcedureView
from app.schemas.suggestions import SuggestionView
from kb.records.security import RESTRICTED, SecurityKind, Severity, Tlp
from kb.vocabulary.stage import Stage
from models.errors import NotFoundError, TriageError

_MOST_NAMES = 500
_MOST_NOTE = 10_000


def kind_words() -> dict[SecurityKind, str]:
    """Return what each kind of security incident is called."""
    return {
        SecurityKind.PHISHING: _("Phishing"),
        SecurityKind.MALWARE: _("Malware"),
        SecurityKind.LOST_DEVICE: _("Lost or stolen device"),
        SecurityKind.LEAKED_CREDENTIAL: _("Leaked password or key"),
        SecurityKind.UNAUTHORISED_ACCESS: _("Unauthorised access"),
        SecurityKind.DATA_SENT_WRONGLY: _("Data sent to the wrong people"),
        SecurityKind.SUSPICIOUS_CALL: _("Suspicious call"),
    }


def severity_words() -> dict[Severity, str]:
    """Return what each severity is called."""
    return {
        Severity.LOW: _("low severity"),
        Severity.MEDIUM: _("medium severity"),
        Severity.HIGH: _("high severity"),
        Severity.CRITICAL: _("critical severity"),
    }


def security_banner(answer: SuggestionView | None, *, number: str | None = None) -> None:
    """Say what to do, and what not, about a ticket that may be a security incident; `number` of one that is kept."""
    found = answer.security if answer is not None else None
    if found is None:
        return
    with st.container(border=True):
        words = _("This may be a security incident: {kind}.").format(kind=kind_words()[found.kind])
        st.html(f"<div class='t-head t-bad' role='alert'>{plain(words)}</div>")
        said = ""
        if found.why:
            said = _("Because it says: {words}").format(words=", ".join(found.why))
        elif not found.is_labelled:
            said = _("Because it resembles such incidents as a whole, though no single word tells of one.")
        if said:
            st.html(f"<div class='t-note'>{plain(said)}</div>")
        _procedure(found)
        if found.indicators:
            listed = _("Links and addresses in it, made harmless: {listed}").format(listed=", ".join(found.indicators))
            st.html(f"<div class='t-note'>{plain(listed)}</div>")
        if number is None:
            st.caption(_("Log the ticket, then restrict it there, so that only those who are named see it."))
        elif st.button(_("Restrict ticket"), key=f"restrict-{number}", icon=":material/lock:"):
            show_dialog(_("Who may see this ticket?"), partial(_restrict, number, found.kind, found.tlp))


def restricted_tickets() -> None:
    """List the restricted tickets that this person may see."""
    try:
        found = service().security_incidents(person=person())
    except TriageError:
        return
    for one in found.incidents:
        if one.incident.stage.is_open:
            with st.container(border=True, horizontal=True, vertical_alignment="center"):
                words = f"{kind_words()[one.kind]}: {one.incident.short_description or one.incident.description}"
                lock = _("Restricted, TLP:{tlp}").format(tlp=one.tlp.upper())
                st.html(f"<span class='t-head'>{plain(words[:200])}</span><span class='t-tag'>{plain(lock)}</span>")
                ticket_link(one.incident.number)


def restricted_ticket(number: str) -> bool:
    """Show a restricted ticket where there is one that this person may see; returns whether there is."""
    try:
        found = service().security_incident(number, person=person())
    except NotFoundError:
        return False
    except TriageError as error:
        page(_("Ticket"))
        refused(error)
        return True
    incident = found.incident
    page(label(incident.short_description or incident.description, 100), label(incident.number))
    said, doing = st.columns([4, 3], gap="medium")
    with said:
        _said(found)
    with doing:
        _seen_by(found)
        _procedure(found.procedure)
        _moves(found)
        show_clocks(found.clocks)
    return True


def _said(found: RestrictedIncidentView) -> None:
    incident = found.incident
    st.header(_("Conversation"), anchor=False)
    facts = (
        (_("Caller"), incident.caller),
        (_("State"), state_name(incident.stage, incident.state)),
        (_("Group"), incident.assignment_group),
    )
    st.html("".join(f"<div class='t-note'><b>{plain(name)}:</b> {plain(text)}</div>" for name, text in facts if text))
    st.html(f"<div class='t-text'>{plain(incident.description or incident.short_description)}</div>")
    st.header(_("Timeline"), anchor=False)
    for event in found.timeline:
        by = _(" by {name}").format(name=event.by) if event.by else ""
        told = plain(f"{date_and_time(event.happened_at)}: {event_sentence(event)}{by}")
        st.html(f"<div class='t-note'>{told}</div>")


def _seen_by(found: RestrictedIncidentView) -> None:
    words = f"{kind_words()[found.kind]}, {severity_words()[found.severity]}, TLP:{found.tlp.upper()}"
    names = ", ".join([*found.people, *([] if found.tlp is Tlp.RED else found.groups)])
    st.html(
        f"<div class='t-head t-bad' role='alert'>{plain(words)}</div>"
        f"<div class='t-note'>{plain(_('Only these see it: {names}').format(names=names))}</div>"
    )


def _procedure(found: SecurityProcedureView) -> None:
    for title, told in ((_("Do"), found.do), (_("Do not"), found.do_not)):
        if told:
            listed = "".join(f"<li>{plain(_(one))}</li>" for one in told)
            st.html(f"<div class='t-head'>{plain(title)}</div><ul>{listed}</ul>")


def _moves(found: RestrictedIncidentView) -> None:
    number = found.incident.number
    with st.container(horizontal=True, gap="small"):
        for to in found.incident.moves:
            words = _("To “{state}”").format(state=stage_name(to))
            if not st.button(words, key=f"move-{number}-{to}"):
                continue
            if to.is_open:
                _move(found, to)
            else:
                show_dialog(words, partial(_end, found, to))
    if st.button(_("Change who sees it"), key=f"change-{number}"):
        restrict = partial(_restrict, number, found.kind, found.tlp, people=found.people, groups=found.groups)
        show_dialog(_("Who may see this ticket?"), restrict)
    if st.button(_("Lift restriction"), key=f"lift-{number}", type="tertiary"):
        show_dialog(_("Lift the restriction?"), partial(_lift, number))


def _end(found: RestrictedIncidentView, to: Stage) -> None:
    """Ask once before work on a restricted ticket ends, and what was done about it."""
    note = st.text_area(_("What was done, or why"), max_chars=_MOST_NOTE)
    if st.button(_("Move"), type="primary"):
        _move(found, to, note.strip() or None)


def _move(found: RestrictedIncidentView, to: Stage, note: str | None = None) -> None:
    """Move a restricted ticket, with Undo where it can go straight back."""
    client, number, before = service(), found.incident.number, found.incident.stage

    def move() -> None:
        moved = client.move_restricted(number, to, person=person(), note=note).incident
        words = _("{number} is now “{state}”.").format(number=number, state=stage_name(to))
        back = partial(client.move_restricted, number, before, person=person())
        undone = _("Undone: {number} is “{state}” again.").format(number=number, state=stage_name(before))
        did(words, undo=back if to.is_open and before in moved.moves else None, number=number, undone=undone)

    if tried(move):
        st.rerun()


def _restrict(
    number: str, kind: SecurityKind, tlp: Tlp, *, people: list[str] | None = None, groups: list[str] | None = None
) -> None:
    kinds = kind_words()
    chosen = st.selectbox(_("Kind"), list(kinds), index=list(kinds).index(kind), format_func=kinds.__getitem__)
    marking = st.segmented_control(
        _("Marking"),
        list(RESTRICTED),
        default=tlp if tlp in RESTRICTED else Tlp.AMBER,
        format_func=lambda one: f"TLP:{one.upper()}",
        help=_("Red: named people only. Amber+strict: named people and groups. Amber: their programs too."),
    )
    named = st.text_input(_("People who see it, separated by commas"), ", ".join(people or ()), max_chars=_MOST_NAMES)
    grouped = st.text_input(_("Groups, as usual if empty"), ", ".join(groups or ()), max_chars=_MOST_NAMES)
    st.caption(_("From now on nobody else sees the ticket: not in lists, search, suggestions or exports."))
    if not st.button(_("Restrict"), type="primary"):
        return
    said = {"kind": chosen, "tlp": marking, "people": _names(named), "groups": _names(grouped) or None}
    if tried(partial(service().restrict, number, person=person(), **said)):
        did(_("Restricted {number}.").format(number=number), number=number)
        st.rerun()


def _lift(number: str) -> None:
    st.write(_("Everybody at the desk will see {number} again, and it will teach.").format(number=label(number)))
    if st.button(_("Lift restriction"), key="lift", type="primary") and tried(
        partial(service().lift_restriction, number, person=person())
    ):
        did(_("Everybody sees {number} again.").format(number=number), number=number)
        st.rerun()


def _names(text: str) -> list[str]:
    return [name for one in text.split(",") if (name := one.strip())]
